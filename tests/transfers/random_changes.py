"""Seeded random changes of a zone: as dynamic updates (RFC 2136), and what the zone holds after each."""

import random

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.update

import transfer_servers

TTLS = (60, 300, 3600, 86400)
# Nobody waits for a refresh but who missed a NOTIFY.
TIMES = "15 5 86400 300"
FIRST_TTL = 300
FIRST = [("@", "NS", "ns"), ("ns", "A", "127.0.0.1"), *((f"first{number}", "TXT", "x" * 200) for number in range(8))]
HOSTS = 40
# Names below which nothing stands, and delegations.
LEAVES = 6
CHANGES_MAX = 4
APEX_TYPES = ("TXT", "MX", "CAA", "LOC")
KEYRING = {
    dns.name.from_text(transfer_servers.CLIENT.name): dns.tsig.Key(
        transfer_servers.CLIENT.name, transfer_servers.CLIENT.secret, transfer_servers.CLIENT.algorithm
    )
}


def zone_text(apex):
    """The zone before any change."""
    lines = [f"$ORIGIN {apex}", f"$TTL {FIRST_TTL}", f"@ SOA ns admin 1 {TIMES}", *map(" ".join, FIRST)]
    return "\n".join(lines) + "\n"


def octets(rng, low, high):
    return rng.randbytes(rng.randint(low, high)).hex()


def word(rng):
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(rng.randint(1, 12)))


def address(rng):
    return f"192.0.2.{rng.randint(0, 255)}"


def address6(rng):
    return f"2001:db8::{rng.randint(0, 65535):x}"


def some_text(rng):
    return " ".join(f'"{word(rng)} {word(rng)}{rng.choice(["", "; ", chr(92) + chr(34)])}"' for _ in range(rng.randint(1, 3)))


def host(rng):
    return f"{word(rng)}.example.net."


RDATA = {
    "A": address,
    "AAAA": address6,
    "TXT": some_text,
    "MX": lambda rng: f"{rng.randint(0, 65535)} {host(rng)}",
    "SRV": lambda rng: f"{rng.randint(0, 9)} {rng.randint(0, 99)} {rng.randint(1, 65535)} {host(rng)}",
    "CAA": lambda rng: f'{rng.choice([0, 128])} issue "{word(rng)}.example"',
    "NAPTR": lambda rng: f'{rng.randint(0, 99)} 10 "u" "E2U+sip" "!^.*$!sip:{word(rng)}@example.net!" .',
    "SSHFP": lambda rng: f"4 2 {rng.randbytes(32).hex()}",
    "TLSA": lambda rng: f"3 1 1 {rng.randbytes(32).hex()}",
    "SMIMEA": lambda rng: f"3 1 1 {rng.randbytes(32).hex()}",
    "LOC": lambda rng: f"{rng.randint(0, 89)} 30 0.000 N {rng.randint(0, 179)} 10 0.000 E {rng.randint(0, 99)}.00m 1.00m 10000.00m 10.00m",
    "HINFO": lambda rng: f'"{word(rng)}" "{word(rng)}"',
    "PTR": host,
    "URI": lambda rng: f'{rng.randint(0, 9)} 1 "https://{word(rng)}.example/"',
    "EUI48": lambda rng: "-".join(f"{one:02x}" for one in rng.randbytes(6)),
    "EUI64": lambda rng: "-".join(f"{one:02x}" for one in rng.randbytes(8)),
    "OPENPGPKEY": lambda rng: "AQ" + "A" * 4 * rng.randint(5, 90) + "==",
    "CERT": lambda rng: f"1 {rng.randint(0, 65535)} 8 MTIz{'QUJD' * rng.randint(1, 9)}",
    "RP": lambda rng: f"{host(rng)} {host(rng)}",
    "AFSDB": lambda rng: f"1 {host(rng)}",
    "KX": lambda rng: f"{rng.randint(0, 99)} {host(rng)}",
    "SVCB": lambda rng: f"{rng.randint(1, 9)} {host(rng)} port={rng.randint(1, 65535)}",
    "HTTPS": lambda rng: f"1 . alpn=h2 ipv4hint={address(rng)}",
    "DHCID": lambda rng: "AAIB" + "QUJD" * rng.randint(8, 12),
    "TYPE65400": lambda rng: (lambda data: f"\\# {len(data) // 2} {data}")(octets(rng, 1, 40)),
}
SINGLE = {"CNAME": host, "DNAME": host}


class Changes:
    """One zone's. `contents` holds a set of rdata for each (owner, type); without the SOA."""

    def __init__(self, apex, seed):
        self.apex = dns.name.from_text(apex)
        self.random = random.Random(seed)
        self.ttls = {}
        self.texts = {}
        self.contents = {}
        for owner, rrtype, rdata in FIRST:
            self._put(owner, rrtype, self._rdata(rrtype, rdata), FIRST_TTL)
        self.names = [f"h{number}" for number in range(HOSTS)] + [f"deep.er.h{number}" for number in range(6)]
        self.names += ["*", "*.h1", "a.very.long.way.below", "under_score", "xn--bcher-kva", "UPPER".lower()]
        self.leaves = [f"leaf{number}" for number in range(LEAVES)]
        self.cuts = [f"cut{number}" for number in range(LEAVES)]

    def _rdata(self, rrtype, text):
        rdata = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rrtype), text, self.apex, relativize=False)
        # Not everybody reads what dnspython writes.
        self.texts[rdata] = text
        return rdata

    def _owner(self, owner):
        return self.apex if owner == "@" else dns.name.from_text(owner, self.apex)

    def _ttl(self, owner, rrtype):
        """One for each RRset that will ever be: servers differ where an update changes it."""
        return self.ttls.setdefault((owner, rrtype), self.random.choice(TTLS))

    def _put(self, owner, rrtype, rdata, ttl=None):
        if ttl is not None:
            self.ttls[owner, rrtype] = ttl
        self.contents.setdefault((owner, rrtype), set()).add(rdata)

    def continue_from(self, records):
        """What the zone holds instead; without its SOA."""
        self.contents, self.ttls = {}, {}
        for owner, rrtype, ttl, rdata in records:
            name = "@" if owner == self.apex else owner.relativize(self.apex).to_text()
            self._put(name, dns.rdatatype.to_text(rrtype), rdata, ttl)
            self.texts[rdata] = rdata.to_text()

    def records(self):
        """(owner, type, TTL, rdata) of each record but the SOA."""
        return {
            (self._owner(owner), dns.rdatatype.from_text(rrtype), self.ttls[owner, rrtype], rdata)
            for (owner, rrtype), rdatas in self.contents.items()
            for rdata in rdatas
        }

    def next(self):
        """An update that was carried out in `contents`: a message that is not signed yet."""
        update = dns.update.UpdateMessage(self.apex, keyring=KEYRING, keyname=dns.name.from_text(transfer_servers.CLIENT.name))
        for _ in range(self.random.randint(1, CHANGES_MAX)):
            self.random.choices(
                (self._add, self._add_single, self._add_cut, self._remove_record, self._remove_rrset, self._remove_name, self._replace),
                (50, 6, 4, 14, 8, 10, 8),
            )[0](update)
        return update

    def _types_at(self, owner):
        return [rrtype for at, rrtype in self.contents if at == owner]

    def _add(self, update):
        owner = self.random.choice(self.names) if self.random.random() > 0.05 else "@"
        rrtype = self.random.choice(APEX_TYPES if owner == "@" else tuple(RDATA))
        if "CNAME" in self._types_at(owner):
            return
        rdata = self._rdata(rrtype, RDATA[rrtype](self.random))
        update.add(self._owner(owner), self._ttl(owner, rrtype), rdata)
        self._put(owner, rrtype, rdata)

    def _add_single(self, update):
        rrtype = self.random.choice(tuple(SINGLE))
        owner = self.random.choice(self.leaves if rrtype == "DNAME" else self.names)
        if self._types_at(owner):
            return
        rdata = self._rdata(rrtype, SINGLE[rrtype](self.random))
        update.add(self._owner(owner), self._ttl(owner, rrtype), rdata)
        self._put(owner, rrtype, rdata)

    def _add_cut(self, update):
        """A delegation and the address of its server, which lies below it."""
        owner = self.random.choice(self.cuts)
        for at, rrtype, text in ((owner, "NS", f"ns.{owner}"), (f"ns.{owner}", "A", address(self.random))):
            rdata = self._rdata(rrtype, text)
            update.add(self._owner(at), self._ttl(at, rrtype), rdata)
            self._put(at, rrtype, rdata)

    def _some(self):
        """An RRset that may go."""
        kept = {("@", "NS"), ("ns", "A")}
        return self.random.choice(sorted(set(self.contents) - kept) or [None])

    def _remove_record(self, update):
        if some := self._some():
            rdata = self.random.choice(sorted(self.contents[some], key=lambda one: one.to_digestable()))
            update.delete(self._owner(some[0]), rdata)
            self.contents[some].discard(rdata)
            if not self.contents[some]:
                del self.contents[some]

    def _remove_rrset(self, update):
        if some := self._some():
            update.delete(self._owner(some[0]), some[1])
            del self.contents[some]

    def _remove_name(self, update):
        some = self._some()
        if some and some[0] != "@":
            update.delete(self._owner(some[0]))
            for rrtype in self._types_at(some[0]):
                del self.contents[some[0], rrtype]

    def _replace(self, update):
        some = self._some()
        if some and some[1] in RDATA:
            update.delete(self._owner(some[0]), some[1])
            self.contents[some] = set()
            for _ in range(self.random.randint(1, 5)):
                rdata = self._rdata(some[1], RDATA[some[1]](self.random))
                update.add(self._owner(some[0]), self._ttl(*some), rdata)
                self._put(*some, rdata)


def to_text(changes, serial):
    """A zone file of what the changes left."""
    lines = [f"$ORIGIN {changes.apex}", f"@ 300 IN SOA ns admin {serial} {TIMES}"]
    for (owner, rrtype), rdatas in changes.contents.items():
        lines += [f"{owner} {changes.ttls[owner, rrtype]} IN {rrtype} {changes.texts[rdata]}" for rdata in rdatas]
    return "\n".join(lines) + "\n"
