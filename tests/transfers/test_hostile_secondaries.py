"""Clients that take zones, or try to, beyond measure: quotas hold, and queries are answered meanwhile."""

import contextlib
import pathlib
import sys
import time

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import dns.flags  # noqa: E402
import dns.message  # noqa: E402
import dns.name  # noqa: E402
import dns.query  # noqa: E402
import dns.rcode  # noqa: E402
import dns.rdatatype  # noqa: E402
import dns.rrset  # noqa: E402
import dns.tsig  # noqa: E402

import asker  # noqa: E402
import hostile_secondaries as hostile  # noqa: E402
import process_costs  # noqa: E402
import random_changes  # noqa: E402
import servers  # noqa: E402
import star  # noqa: E402
import transfer_servers  # noqa: E402

LINK = transfer_servers.HMAC_SHA256
RECORDS, FEW_RECORDS = 30_000, 2_000
SMALL = "small.test."
OUT_MAX, OUT_PER_CLIENT_MAX, OUT_SECONDS_MAX = 30, 10, 5
ANSWERS_MIN = 10
SLOWEST_SECONDS_MAX = 0.25
GROWTH_OCTETS_MAX = 64 << 20


class Atlas(transfer_servers.Atlas):
    transfers = f"""  out-max: {OUT_MAX}
  out-per-client-max: {OUT_PER_CLIENT_MAX}
  out-time-max: {OUT_SECONDS_MAX}s
"""
    sections = "tcp:\n  connections-per-client-max: 3000\n  connections-max: 6000\n  idle: 2s\n"


@pytest.fixture(scope="module", name="primary")
def start_primary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("primary")
    server = Atlas(folder / "primary", transfer_servers.Certificate(folder))
    for apex, records in ((LINK.apex, RECORDS), (SMALL, FEW_RECORDS)):
        many = "".join(f"h{number} TXT {'x' * 60}\n" for number in range(records))
        server.as_primary(LINK, random_changes.zone_text(apex) + many, apex=apex)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def asked_meanwhile(primary):
    """Queries are answered in the block, none too late, and memory stays where it was."""
    costs = process_costs.Costs(primary.process.pid)
    with asker.Asker(primary.port, f"ns.{LINK.apex}") as asking:
        yield
        deadline = time.monotonic() + 5
        while asking.answered <= ANSWERS_MIN and time.monotonic() < deadline:
            time.sleep(0.05)
    assert asking.answered > ANSWERS_MIN and asking.lost == 0
    if not servers.has_sanitizer():
        assert asking.slowest < SLOWEST_SECONDS_MAX
        assert costs.growth_octets() < GROWTH_OCTETS_MAX


def is_served(primary):
    """Whether one who asks for the zone gets it."""
    return len(star.contents(primary, LINK.apex)) > RECORDS


def test_many_questions_at_once(primary):
    with asked_meanwhile(primary):
        seen = hostile.many_at_once(primary.port, LINK.apex, 2000, 60)
    assert sum(seen.values()) == 2000 and seen["unfinished"] == 0, seen
    # Some are served, and those beyond the quota are told.
    assert seen["whole"] >= OUT_PER_CLIENT_MAX and seen["turned away"] > 0, seen
    assert is_served(primary)


def test_readers_that_never_read(primary):
    with contextlib.ExitStack() as stack:
        with asked_meanwhile(primary):
            for _ in range(3 * OUT_PER_CLIENT_MAX):
                client = stack.enter_context(hostile.connect(primary.port, buffer_octets=4096))
                client.sendall(hostile.axfr_query(LINK.apex))
            time.sleep(1)
            # Their quota is full; another client's is not.
            other = stack.enter_context(hostile.connect(primary.port, "127.0.0.2"))
            other.sendall(hostile.axfr_query(LINK.apex))
            messages = hostile.read_messages(other, lambda wire, found: len(found[1]) > 1 and hostile.ends_with_soa(wire))
            assert hostile.is_whole(messages[1])
        # They are sent away in the end, and the first client is served again.
        time.sleep(OUT_SECONDS_MAX + 1)
        assert is_served(primary)


def test_disconnects_in_the_middle(primary):
    with asked_meanwhile(primary):
        for number in range(150):
            client = hostile.connect(primary.port, buffer_octets=4096)
            client.sendall(hostile.axfr_query(LINK.apex))
            if number % 3:
                client.recv(100)
            hostile.reset(client)
    time.sleep(0.5)
    assert is_served(primary)


def test_pipelined_questions(primary):
    """All on one connection: each is answered, whole or with an RCODE."""
    wanted = 12
    with asked_meanwhile(primary), hostile.connect(primary.port) as client:
        client.sendall(b"".join(hostile.axfr_query(SMALL, number) for number in range(1, wanted + 1)))
        done = set()

        def is_last(wire, found):
            number = int.from_bytes(wire[:2], "big")
            if wire[3] & 0x0F or (len(found[number]) > 1 and hostile.ends_with_soa(wire)):
                done.add(number)
            return len(done) == wanted

        messages = hostile.read_messages(client, is_last)
    assert len(done) == wanted
    whole = [number for number, wires in messages.items() if hostile.is_whole(wires)]
    assert len(whole) >= OUT_PER_CLIENT_MAX
    assert all(len(messages[number]) == 1 and messages[number][0][3] & 0x0F for number in set(messages) - set(whole))


def ask(primary, query, transport=dns.query.tcp):
    return transport(query, "127.0.0.1", port=primary.port, timeout=5)


def signed(query, key=None):
    if key:
        query.use_tsig(key)
    else:
        query.use_tsig(random_changes.KEYRING)
    return query


def test_axfr_over_udp_is_not_answered(primary):
    response = ask(primary, signed(dns.message.make_query(LINK.apex, "AXFR")), dns.query.udp)
    assert response.rcode() in (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.REFUSED) and not response.answer


@pytest.mark.parametrize("rrtype", ["AXFR", "IXFR"])
def test_who_has_no_key_is_refused(primary, rrtype):
    query = dns.message.make_query(LINK.apex, rrtype)
    if rrtype == "IXFR":
        query.authority.append(dns.rrset.from_text(LINK.apex, 0, "IN", "SOA", ". . 1 0 0 0 0"))
    response = ask(primary, query)
    assert response.rcode() == dns.rcode.REFUSED and not response.answer


@pytest.mark.parametrize("name, secret, error", [(None, "AAAA" * 8, dns.rcode.BADSIG), ("nobody.", "AAAA" * 8, dns.rcode.BADKEY)])
def test_a_bad_signature_is_told(primary, name, secret, error):
    own = transfer_servers.CLIENT
    query = signed(dns.message.make_query(LINK.apex, "AXFR"), dns.tsig.Key(name or own.name, secret, own.algorithm))
    with hostile.connect(primary.port) as client:
        wire = query.to_wire()
        client.sendall(len(wire).to_bytes(2, "big") + wire)
        messages = hostile.read_messages(client, lambda *_: True)
    wires = messages[query.id]
    response = dns.message.from_wire(wires[0], keyring=False)
    assert response.rcode() == dns.rcode.NOTAUTH and not response.answer
    assert response.tsig[0].error == error


def test_serials_from_the_future_get_the_soa(primary):
    for known in (star.serial(primary, LINK.apex) + 1000, star.serial(primary, LINK.apex) + 2**31 - 1):
        response = star.first_message(primary, LINK.apex, known)
        assert [rrset.rdtype for rrset in response.answer] == [dns.rdatatype.SOA] and len(response.answer[0]) == 1


def test_ixfr_over_udp_fits_or_says_the_serial(primary):
    """RFC 1995 2: the client comes again over TCP."""
    query = signed(dns.message.make_query(LINK.apex, "IXFR"))
    query.tsig = None
    query = dns.message.make_query(LINK.apex, "IXFR")
    query.authority.append(dns.rrset.from_text(LINK.apex, 0, "IN", "SOA", ". . 4000000000 0 0 0 0"))
    response = ask(primary, signed(query), dns.query.udp)
    assert response.rcode() == dns.rcode.NOERROR
    assert len(response.answer) == 1 and response.answer[0].rdtype == dns.rdatatype.SOA and len(response.answer[0]) == 1


def test_ixfr_without_a_serial_is_malformed(primary):
    response = ask(primary, signed(dns.message.make_query(LINK.apex, "IXFR")))
    assert response.rcode() == dns.rcode.FORMERR and not response.answer


@pytest.mark.parametrize("name", ["example.net.", f"below.{LINK.apex}", "."])
def test_what_is_no_zone_here_is_not_given(primary, name):
    response = ask(primary, signed(dns.message.make_query(name, "AXFR")))
    assert response.rcode() in (dns.rcode.NOTAUTH, dns.rcode.REFUSED) and not response.answer
