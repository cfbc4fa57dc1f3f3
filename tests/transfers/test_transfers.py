"""A few rounds of run.py, every server as primary and as secondary of Atlas: zones arrive, follow, and are equal record by record."""

import pathlib
import sys
import time

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import dns.message  # noqa: E402
import dns.query  # noqa: E402
import dns.rdatatype  # noqa: E402

import run  # noqa: E402
import random_changes  # noqa: E402
import star  # noqa: E402
import transfer_servers  # noqa: E402

UPDATES = 10  # of each zone, of which there are four to ten
VERSIONS = 6
SEED = 5
EXPIRE_OPTION = 9
NOTIFY_SECONDS = 10


@pytest.fixture(scope="module", name="around", params=transfer_servers.SERVERS, ids=lambda kind: kind.name)
def start_star(request, tmp_path_factory):
    """Atlas among all others, and each of them with Atlas."""
    kind = request.param
    others = transfer_servers.SERVERS if kind is transfer_servers.Atlas else (transfer_servers.Atlas,)
    if not kind.is_installed():
        pytest.skip(f"{kind.name} is not installed")
    with star.running(tmp_path_factory.mktemp(kind.name), kind, [other for other in others if other.is_installed()]) as started:
        yield started


def test_zones_arrive(around):
    assert around.wait_for_arrival() == []
    assert around.differences({}) == []


def test_copies_are_equal_after_random_updates(around):
    assert run.check(around, UPDATES, SEED) == []
    # They did not come as a whole each time.
    if around.primary.answers_ixfr and (given := around.primary.transfers_given("IXFR")) is not None:
        assert given > 0
    if around.primary.answers_ixfr:
        assert all(seen is None or seen > 0 for seen in (one.transfers_seen("IXFR") for one in around.secondaries))


def test_a_notify_is_enough(around):
    """Long before a refresh."""
    if not around.primary.takes_updates:
        pytest.skip(f"{around.primary.name} is given whole zones")
    before = time.monotonic()
    for link in around.zones:
        changes = random_changes.Changes(link.apex, SEED)
        changes.continue_from(star.without_soa(star.contents(around.primary, link.apex)))
        star.update(around.primary, changes)
    late = around.wait_for_arrival(NOTIFY_SECONDS)
    # PowerDNS's transfers of several zones lock each other out of its SQLite now and then: one comes at its refresh.
    assert [one for one in late if not one.startswith("PowerDNS")] == [], f"after {time.monotonic() - before} s"
    assert around.wait_for_arrival() == []


def test_ixfr_leads_from_each_version_to_the_last(around):
    """The primary's own answers; those of peers show that the test reads IXFR as they do."""
    primary, link = around.primary, around.zones[0]
    if not primary.answers_ixfr:
        pytest.skip(f"{primary.name} answers IXFR with the whole zone")
    changes = random_changes.Changes(link.apex, SEED)
    changes.continue_from(star.without_soa(star.contents(primary, link.apex)))
    versions = []
    for number in range(VERSIONS):
        versions.append((star.serial(primary, link.apex), star.contents(primary, link.apex)))
        if primary.takes_updates:
            star.update(primary, changes)
        else:
            changes.next()
            star.rewrite(primary, {link: changes}, 10_000 + number)
            wait_for_serial(primary, link.apex, 10_000 + number)
    last = star.contents(primary, link.apex)
    for serial, version in versions:
        reached, steps = star.apply_ixfr(version, star.transfer(primary, link.apex, "IXFR", serial))
        assert reached == last, f"IXFR from {serial}"
        # Condensed or not.
        assert steps is not None and steps <= VERSIONS
    # Who has the last, or one that is to come, gets its SOA alone.
    serial = star.serial(primary, link.apex)
    for known in (serial, serial + 7):
        assert star.records_of([star.first_message(primary, link.apex, known)]) == [one for one in last if one[1] == dns.rdatatype.SOA]


def wait_for_serial(server, apex, serial, seconds=10):
    deadline = time.monotonic() + seconds
    while star.serial(server, apex) != serial:
        assert time.monotonic() < deadline, f"{server.name} has not {apex} of serial {serial}"
        time.sleep(0.05)


def test_expire_is_answered(around):
    """RFC 7314: a primary says its SOA's, a secondary what is left of that."""
    asked = [server for server in around.servers() if server.answers_expire]
    if not asked:
        pytest.skip(f"{around.primary.name} does not answer EXPIRE")
    for server in asked:
        apex = (around.zones if server is around.primary else around.links[server])[0].apex
        query = dns.message.make_query(apex, "SOA", use_edns=True, options=[dns.edns.GenericOption(EXPIRE_OPTION, b"")])
        response = dns.query.udp(query, "127.0.0.1", port=server.port, timeout=5)
        values = [int.from_bytes(option.data, "big") for option in response.options if option.otype == EXPIRE_OPTION]
        assert len(values) == 1, f"{server.name}: {response}"
        if server is around.primary:
            assert values[0] == 86400
        else:
            assert 86400 - 600 <= values[0] <= 86400
