"""Zones that their primaries sign: each update brings new signatures, that of the SOA always; copies are equal, record by record."""

import pathlib
import sys
import time

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import dns.flags  # noqa: E402
import dns.message  # noqa: E402
import dns.query  # noqa: E402
import dns.rdatatype  # noqa: E402

import run  # noqa: E402
import star  # noqa: E402
import transfer_servers  # noqa: E402

UPDATES = 25
SEED = 3
SETTLE_SECONDS = 20


class Knot(transfer_servers.Knot):
    """Signs with NSEC."""

    policy = ""

    def zone_section(self, zone):
        text = super().zone_section(zone)
        if zone.primary is None:
            text += f"    dnssec-signing: on\n{self.policy and '    dnssec-policy: own' + chr(10)}"
        return text

    def command(self):
        command = super().command()
        config = pathlib.Path(command[-1])
        config.write_text(config.read_text().replace("template:\n", f"{self.policy}template:\n", 1))
        return command


class KnotNsec3(Knot):
    policy = "policy:\n  - id: own\n    nsec3: on\n    nsec3-iterations: 0\n"


class Bind(transfer_servers.Bind):
    def zone_statement(self, zone):
        text = super().zone_statement(zone)
        return text.replace("type primary; ", "type primary; dnssec-policy default; inline-signing yes; ")


@pytest.fixture(scope="module", name="around", params=[Knot, KnotNsec3, Bind], ids=lambda kind: kind.__name__)
def start_star(request, tmp_path_factory):
    if not request.param.is_installed():
        pytest.skip(f"{request.param.name} is not installed")
    links = (transfer_servers.PLAIN, transfer_servers.HMAC_SHA256)
    folder = tmp_path_factory.mktemp(request.param.__name__)
    with star.running(folder, request.param, [transfer_servers.Atlas], links=links) as started:
        yield started


def settled_differences(around):
    """Once nothing changes any more: some sign a while after they have answered."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (found := around.wait_for_arrival() + around.differences({})) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def signatures_of_soa(server, apex):
    query = dns.message.make_query(apex, "SOA", want_dnssec=True)
    response = dns.query.tcp(query, "127.0.0.1", port=server.port, timeout=5)
    assert response.flags & dns.flags.AA
    return {rdata for rrset in response.answer if rrset.rdtype == dns.rdatatype.RRSIG for rdata in rrset}


def test_copies_follow_their_signatures(around):
    assert settled_differences(around) == []
    run.change(around, UPDATES, SEED)
    assert settled_differences(around) == []
    assert around.secondaries[0].transfers_seen("IXFR") != 0
    for link in around.zones:
        expected = signatures_of_soa(around.primary, link.apex)
        assert expected
        assert signatures_of_soa(around.secondaries[0], link.apex) == expected
