"""A primary and secondaries around it, with a zone for each link that both ends of it have."""

import contextlib
import pathlib
import time

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.zone

import random_changes
import transfer_servers

ARRIVE_SECONDS = 30
ASK_SECONDS = 30


class Star:
    def __init__(self, folder, primary_kind, secondary_kinds, links=transfer_servers.LINKS, before_start=None):
        folder = pathlib.Path(folder)
        certificate = transfer_servers.Certificate(folder)
        self.primary = primary_kind(folder / "primary", certificate)
        self.secondaries = [kind(folder / f"{kind.name}-{number}", certificate) for number, kind in enumerate(secondary_kinds)]
        # The zones of each secondary, by their links.
        self.links = {
            secondary: transfer_servers.links_between(primary_kind, type(secondary), links) for secondary in self.secondaries
        }
        self.zones = [link for link in links if any(link in taken for taken in self.links.values())]
        for link in self.zones:
            takers = [secondary for secondary in self.secondaries if link in self.links[secondary]]
            self.primary.as_primary(link, random_changes.zone_text(link.apex), takers)
            for secondary in takers:
                secondary.as_secondary(link, self.primary)
        for server in self.servers():
            if before_start:
                before_start(server)

    def servers(self):
        return [self.primary, *self.secondaries]

    def start(self):
        for server in self.servers():
            server.start()

    def stop(self):
        for server in self.servers():
            server.stop()

    def wait_for_arrival(self, seconds=ARRIVE_SECONDS):
        """Until every secondary has every zone as the primary has it; what is missing then, as text."""
        deadline = time.monotonic() + seconds
        missing = [(secondary, link) for secondary, taken in self.links.items() for link in taken]
        while missing and time.monotonic() < deadline:
            serials = {link: serial(self.primary, link.apex) for link in {link for _, link in missing}}
            missing = [(at, link) for at, link in missing if (got := serial(at, link.apex)) is None or got != serials[link]]
            if missing:
                time.sleep(0.05)
        return [f"{at.name} has no {link.apex} of serial {serial(self.primary, link.apex)}: {serial(at, link.apex)}" for at, link in missing]

    def differences(self, changes):
        """What copies hold that the zone does not, and the other way round; `changes` by link."""
        found = []
        for link in self.zones:
            expected = changes[link].records() if link in changes else None
            first = contents(self.primary, link.apex)
            if expected is not None and without_soa(first) != expected:
                found.append(f"{link.apex} at the primary {self.primary.name}: {differing(without_soa(first), expected)}")
            for secondary, taken in self.links.items():
                if link not in taken:
                    continue
                try:
                    copy = contents(secondary, link.apex)
                except (dns.exception.DNSException, OSError) as error:
                    found.append(f"{link.apex} at {secondary.name}: {error!r}")
                    continue
                if copy != first:
                    found.append(f"{link.apex} at {secondary.name}: {differing(copy, first)}")
        return found


def differing(found, expected, shown_max=6):
    def text(record):
        owner, rrtype, ttl, rdata = record
        return f"{owner} {ttl} {dns.rdatatype.to_text(rrtype)} {rdata.to_text()[:100]}"

    more = sorted(map(text, found - expected))[:shown_max]
    less = sorted(map(text, expected - found))[:shown_max]
    return f"beyond: {more}, missing: {less}"


@contextlib.contextmanager
def running(*words, **more):
    star = Star(*words, **more)
    try:
        star.start()
        yield star
    finally:
        star.stop()


def serial(server, apex):
    """The SOA's that a server answers with; None: it does not have the zone."""
    query = dns.message.make_query(apex, "SOA")
    try:
        response = dns.query.udp(query, "127.0.0.1", port=server.port, timeout=1)
    except (dns.exception.Timeout, OSError):
        return None
    if response.rcode() != dns.rcode.NOERROR or not response.flags & dns.flags.AA or not response.answer:
        return None
    return response.answer[0][0].serial


def client_words(server, apex):
    key = server.client_key(apex)
    return {"keyring": random_changes.KEYRING, "keyname": dns.name.from_text(key.name)} if key else {}


def records_of(messages):
    """(owner, type, TTL, rdata) of each record of a transfer, in its order."""
    return [
        (rrset.name, rrset.rdtype, rrset.ttl, rdata) for message in messages for rrset in message.answer for rdata in rrset
    ]


def transfer(server, apex, rdtype="AXFR", known=0):
    """The messages of a transfer over TCP."""
    words = {"port": server.port, "serial": known, "lifetime": 60, "relativize": False, "keyalgorithm": dns.tsig.HMAC_SHA256}
    return list(dns.query.xfr("127.0.0.1", apex, rdtype, **words, **client_words(server, apex)))


def first_message(server, apex, known):
    """Of an IXFR from a serial, whatever that is."""
    query = dns.message.make_query(apex, "IXFR")
    query.authority.append(dns.rrset.from_text(apex, 0, "IN", "SOA", f". . {known} 0 0 0 0"))
    if words := client_words(server, apex):
        query.use_tsig(**words)
    return dns.query.tcp(query, "127.0.0.1", port=server.port, timeout=ASK_SECONDS)


def contents(server, apex):
    records = records_of(transfer(server, apex))
    assert records[0][1] == records[-1][1] == dns.rdatatype.SOA
    return set(records)


def without_soa(records):
    return {record for record in records if record[1] != dns.rdatatype.SOA}


def update(server, changes):
    """The next of the changes; the server carries it out, unless it takes none: then rewrite() has to follow."""
    message = changes.next()
    if not server.takes_updates:
        return
    if not message.update:
        return
    response = dns.query.tcp(message, "127.0.0.1", port=server.port, timeout=ASK_SECONDS)
    assert response.rcode() == dns.rcode.NOERROR, f"{server.name}: {response}\n{message}"


def rewrite(server, all_changes, number):
    """Gives a server that takes no updates zone files with what the changes left."""
    for link, changes in all_changes.items():
        server.held[link.apex].path.write_text(random_changes.to_text(changes, number))
    server.reload()


def apply_ixfr(records, messages):
    """What a zone of `records` becomes by the messages of an IXFR (RFC 1995), and how many versions it went through; None versions:
    it was the whole zone, or nothing that is newer."""
    found = records_of(messages)
    if len(found) == 1:
        return set(records), 0
    if found[1][1] != dns.rdatatype.SOA or len(found) == 2:
        return set(found), None
    current = set(records)
    versions = 0
    position = 1
    while position < len(found) - 1:
        old = found[position]
        assert old in current, f"IXFR begins at a version that is not there: {old[3]}"
        position += 1
        removed = {old}
        while found[position][1] != dns.rdatatype.SOA:
            assert found[position] in current, f"IXFR deletes what is not there: {found[position]}"
            removed.add(found[position])
            position += 1
        added = {found[position]}
        position += 1
        while found[position][1] != dns.rdatatype.SOA:
            added.add(found[position])
            position += 1
        current = (current - removed) | added
        versions += 1
    assert found[0] in current
    return current, versions
