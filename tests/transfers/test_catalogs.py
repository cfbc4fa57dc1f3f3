"""Catalogs (RFC 9432): every server that makes one, and all that take their zones from it."""

import pathlib
import sys
import time

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import dns.message  # noqa: E402
import dns.name  # noqa: E402
import dns.query  # noqa: E402
import dns.rcode  # noqa: E402
import dns.rdatatype  # noqa: E402

import random_changes  # noqa: E402
import star  # noqa: E402
import transfer_servers  # noqa: E402
from transfer_servers import PLAIN  # noqa: E402

CATALOG = "catalog.test."
MEMBERS = [f"member{number}.test." for number in range(4)]
GROUPED, ADDED = "grouped.test.", "added.test."
# Where the catalog is taken whole, its SOA and NS stand in a file.
EMPTY = "$TTL 60\n@ SOA invalid. invalid. 1 15 5 86400 60\n@ NS invalid.\n"
ARRIVE_SECONDS = 30
PRODUCERS = [kind for kind in transfer_servers.SERVERS if "produce" in kind.catalog_roles]
CONSUMERS = [kind for kind in transfer_servers.SERVERS if "consume" in kind.catalog_roles]


class Circle:
    """A producer and its consumers."""

    def __init__(self, folder, producer, consumers):
        certificate = transfer_servers.Certificate(folder)
        self.producer = producer(folder / "producer", certificate)
        self.consumers = [kind(folder / f"consumer-{kind.name}", certificate) for kind in consumers]
        self.producer.as_primary(PLAIN, EMPTY, self.consumers, CATALOG, catalog="produce")
        for apex in MEMBERS:
            self.add(apex)
        self.add(GROUPED, group=transfer_servers.CLOSED_GROUP)
        for consumer in self.consumers:
            consumer.as_secondary(PLAIN, self.producer, CATALOG, catalog="consume")

    def add(self, apex, **more):
        self.producer.as_primary(PLAIN, random_changes.zone_text(apex), self.consumers, apex, member_of=CATALOG, **more)

    def start(self):
        for server in (self.producer, *self.consumers):
            server.start()

    def stop(self):
        for server in (self.producer, *self.consumers):
            server.stop()

    def without(self, apexes, wanted=True):
        """Consumers that do not serve these zones, or still do."""
        return [(at.name, apex) for at in self.consumers for apex in apexes if (star.serial(at, apex) is not None) != wanted]

    def wait(self, apexes, wanted=True):
        deadline = time.monotonic() + ARRIVE_SECONDS
        while (left := self.without(apexes, wanted)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left


@pytest.fixture(scope="module", name="circle", params=PRODUCERS, ids=lambda kind: kind.name)
def start_circle(request, tmp_path_factory):
    """Atlas's catalog for all, and each other's for Atlas."""
    kind = request.param
    if not kind.is_installed():
        pytest.skip(f"{kind.name} is not installed")
    consumers = CONSUMERS if kind is transfer_servers.Atlas else [transfer_servers.Atlas]
    circle = Circle(tmp_path_factory.mktemp(kind.name), kind, [one for one in consumers if one.is_installed()])
    try:
        circle.start()
        yield circle
    finally:
        circle.stop()


def test_members_are_served_by_all(circle):
    assert circle.wait([*MEMBERS, GROUPED]) == []
    for apex in MEMBERS:
        whole = star.contents(circle.producer, apex)
        for consumer in circle.consumers:
            # What may be transferred from a member there is its own matter: it is asked for.
            assert serves_all(consumer, whole), f"{apex} at {consumer.name}"


def serves_all(server, records):
    for owner, rrtype, _, rdata in records:
        response = dns.query.udp(dns.message.make_query(owner, rrtype), "127.0.0.1", port=server.port, timeout=5)
        if rdata not in [one for rrset in response.answer for one in rrset]:
            return False
    return True


def test_the_catalog_is_one_of_version_2(circle):
    records = star.contents(circle.producer, CATALOG)
    catalog = dns.name.from_text(CATALOG)
    by_type = {}
    for owner, rrtype, _, rdata in records:
        by_type.setdefault((owner.relativize(catalog).to_text(), dns.rdatatype.to_text(rrtype)), []).append(rdata.to_text())
    assert by_type["version", "TXT"] == ['"2"']
    members = {rdata.target.to_text(): owner for owner, rrtype, _, rdata in records if rrtype == dns.rdatatype.PTR}
    assert set(members) == {*MEMBERS, GROUPED}
    assert all(owner.parent() == dns.name.from_text("zones", catalog) for owner in members.values())
    if circle.producer.has_groups:
        group = dns.name.from_text("group", members[GROUPED])
        assert [rdata.to_text() for owner, _, _, rdata in records if owner == group] == [f'"{transfer_servers.CLOSED_GROUP}"']


def test_a_group_has_settings_of_its_own(circle):
    atlas = [server for server in circle.consumers if server.name == "Atlas"]
    if not atlas or not circle.producer.has_groups:
        pytest.skip("no Atlas consumes groups here")
    assert circle.wait([*MEMBERS, GROUPED]) == []
    # Without a key.
    rcodes = {
        apex: dns.query.tcp(dns.message.make_query(apex, "AXFR"), "127.0.0.1", port=atlas[0].port, timeout=5).rcode()
        for apex in (MEMBERS[0], GROUPED)
    }
    assert rcodes == {MEMBERS[0]: dns.rcode.NOERROR, GROUPED: dns.rcode.REFUSED}


def test_members_come_and_go(circle):
    circle.add(ADDED)
    gone = MEMBERS[-1]
    kept = circle.producer.held.pop(gone)
    circle.producer.reconfigure()
    assert circle.wait([ADDED]) == []
    assert circle.wait([gone], wanted=False) == []
    assert circle.without(MEMBERS[:-1]) == []
    # And comes back.
    circle.producer.held[gone] = kept
    circle.producer.reconfigure()
    assert circle.wait([gone]) == []
