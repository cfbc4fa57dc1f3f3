"""A secondary whose primary is gone: it serves what it has until that expires, and comes back when the primary does."""

import json
import pathlib
import sys
import time

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import dns.edns  # noqa: E402
import dns.message  # noqa: E402
import dns.query  # noqa: E402
import dns.rcode  # noqa: E402

import control_api  # noqa: E402
import star  # noqa: E402
import transfer_servers  # noqa: E402
from transfer_servers import HMAC_SHA256 as LINK  # noqa: E402

EXPIRE_SECONDS = 4
TEXT = f"$TTL 60\n@ SOA ns admin {{serial}} 1 1 {EXPIRE_SECONDS} 60\n@ NS ns\nns A 127.0.0.1\n"
INVALID_DATA = 24  # of RFC 8914
EXPIRE_OPTION = 9


class Secondary(transfer_servers.Atlas):
    """That takes times as they are."""

    transfers = "  expire-min: 1s\n  refresh-max: 10s\n"

    def configuration(self):
        return super().configuration().replace("refresh-min: 5s", "refresh-min: 1s")


@pytest.fixture(name="pair")
def start_pair(tmp_path):
    if not transfer_servers.Knot.is_installed():
        pytest.skip("Knot is not installed")
    certificate = transfer_servers.Certificate(tmp_path)
    primary, secondary = transfer_servers.Knot(tmp_path / "primary", certificate), Secondary(tmp_path / "secondary", certificate)
    primary.as_primary(LINK, TEXT.format(serial=1), [secondary])
    secondary.as_secondary(LINK, primary)
    try:
        primary.start()
        secondary.start()
        assert wait_for(lambda: star.serial(secondary, LINK.apex) == 1)
        yield primary, secondary
    finally:
        primary.stop()
        secondary.stop()


def wait_for(is_so, seconds=20):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def ask(server):
    query = dns.message.make_query(f"ns.{LINK.apex}", "A", use_edns=True)
    return dns.query.udp(query, "127.0.0.1", port=server.port, timeout=2)


def errors(response):
    return [option.code for option in response.options if option.otype == dns.edns.EDE]


def status(secondary):
    return control_api.Api(secondary.folder / "control.sock").good("GET", f"/v1/zones/{LINK.apex}")["transfer"]


def test_a_zone_expires_and_comes_back(pair):
    primary, secondary = pair
    # As long as it is confirmed, it does not.
    time.sleep(EXPIRE_SECONDS / 2)
    assert ask(secondary).rcode() == dns.rcode.NOERROR
    primary.stop()
    stopped = time.monotonic()
    assert wait_for(lambda: ask(secondary).rcode() == dns.rcode.SERVFAIL, 3 * EXPIRE_SECONDS)
    assert time.monotonic() - stopped > EXPIRE_SECONDS / 2
    assert errors(ask(secondary)) == [INVALID_DATA]
    shown = status(secondary)
    assert shown["state"] == "expired" and shown["error"], json.dumps(shown)
    # And nobody gets it from here.
    with pytest.raises(dns.exception.DNSException):
        star.contents(secondary, LINK.apex)
    primary.start()
    assert wait_for(lambda: ask(secondary).rcode() == dns.rcode.NOERROR)
    assert wait_for(lambda: status(secondary)["state"] == "current")
    assert not errors(ask(secondary))


def test_what_it_has_survives_a_restart(pair):
    primary, secondary = pair
    primary.stop()
    secondary.stop()
    secondary.launch()
    assert wait_for(lambda: star.serial(secondary, LINK.apex) == 1, EXPIRE_SECONDS - 1)
    # The time that it was off counts.
    assert wait_for(lambda: ask(secondary).rcode() == dns.rcode.SERVFAIL, 2 * EXPIRE_SECONDS)


def test_expire_counts_down(pair):
    """RFC 7314 4: a secondary of this secondary must not keep it for longer."""
    primary, secondary = pair
    primary.stop()
    seen = []
    for _ in range(12):
        query = dns.message.make_query(LINK.apex, "SOA", use_edns=True, options=[dns.edns.GenericOption(EXPIRE_OPTION, b"")])
        response = dns.query.udp(query, "127.0.0.1", port=secondary.port, timeout=2)
        seen += [int.from_bytes(option.data, "big") for option in response.options if option.otype == EXPIRE_OPTION]
        time.sleep(0.25)
    assert seen and seen == sorted(seen, reverse=True) and EXPIRE_SECONDS >= seen[0] > seen[-1]
