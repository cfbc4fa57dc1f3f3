"""Cases of dynamic update: what is sent, and what becomes of the zone.

A table is text. A case is a block of lines, ended by an empty one:

    # title
    text LINE                  one more line of the zone; KEY, rule, key, unsigned, tcp, from as below
    yxdomain NAME              the name is in use              yxrrset NAME TYPE [RDATA]   there is such an RRset
    nxdomain NAME              it is not                       nxrrset NAME TYPE           there is none
    add NAME TTL TYPE RDATA    delete NAME [TYPE [RDATA]]
    raw SECTION NAME TYPE CLASS TTL HEX      a record as it is; SECTION: prereq or update, HEX: - for none
    zone NAME TYPE CLASS       instead of the zone section that is right, many; zone - for an empty one
    cut N                      octets missing at the end       append HEX                  octets behind the end
    rule TEXT                  of the zone's update-policy (many); without any: grant k zonesub ANY
    key NAME                   that signs, instead of k        unsigned                    nobody signs
    tcp                        over TCP                        from ADDRESS                from there
    apex NAME                  of the zone, instead of one of the case's own
    = NOERROR 11               what Atlas makes of it: RCODE, and the serial where it is NOERROR
    = +RECORD, = -RECORD       what comes and goes, without the SOA
    BIND = ...                 where a peer makes something else of it; and
    BIND: REASON               why; alone: the peer is not asked
"""

import dataclasses
import time

import dns.flags
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TSIG
import dns.tsig
import dns.zone

ALGORITHM = "hmac-sha256"
SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiB1cGRhdGVzLiAuIC4="
DEFAULT_KEY = "k."
DEFAULT_RULE = "grant k zonesub ANY"
UPDATE = 5

ZONE = """$TTL 300
@ SOA ns admin 10 3600 600 86400 300
@ NS ns
@ NS ns.elsewhere.net.
@ MX 10 mail
@ TXT "apex"
ns A 192.0.2.53
www A 192.0.2.1
www A 192.0.2.2
www TXT "web"
mail AAAA 2001:db8::25
alias CNAME www
d DNAME elsewhere.net.
sub NS ns.sub
sub DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ns.sub A 192.0.2.54
a.b.deep TXT "deep"
wks TYPE11 \\# 9 c00002010600000040
wks TYPE11 \\# 12 c000020111000000000000 04
srv SRV 0 0 80 www
host PTR www
*.wild TXT "wild"
"""

# Their names are compared without case.
NAME_TYPES = {"NS", "CNAME", "DNAME", "PTR", "MX", "SRV"}


@dataclasses.dataclass
class Case:
    title: str
    apex: str
    lines: list = dataclasses.field(default_factory=list)  # of what is sent
    text: str = ZONE
    rules: list = dataclasses.field(default_factory=list)
    key: str | None = DEFAULT_KEY
    tcp: bool = False
    source: str = "127.0.0.1"
    outcome: list = dataclasses.field(default_factory=list)
    others: dict = dataclasses.field(default_factory=dict)  # peer: what it makes of it
    reasons: dict = dataclasses.field(default_factory=dict)

    def is_for(self, peer):
        return peer not in self.reasons or peer in self.others

    def wanted(self, peer):
        return self.others.get(peer, self.outcome)

    def is_malformed(self):
        """Nobody signs what cannot be read."""
        return any(line.startswith(("cut ", "append ")) for line in self.lines)

    def message(self):
        return _message(self)


def read(table, prefix):
    """The cases of a table; zones that name no apex are PREFIX1.test. and so on."""
    cases = []
    for block in filter(None, (block.strip() for block in table.split("\n\n"))):
        title, *lines = block.splitlines()
        assert title.startswith("# "), title
        case = Case(title[2:], f"{prefix}{len(cases) + 1}.test.")
        for line in lines:
            _read_line(case, line)
        case.rules = case.rules or [DEFAULT_RULE]
        assert case.reasons.keys() >= case.others.keys(), title
        cases.append(case)
    titles = [case.title for case in cases]
    assert len(set(titles)) == len(titles), "two cases have one title"
    return cases


def _read_line(case, line):
    word, _, rest = line.partition(" ")
    if word == "=":
        case.outcome.append(rest)
    elif rest.startswith("= "):
        case.others.setdefault(word, []).append(rest[2:])
    elif word.endswith(":"):
        case.reasons[word[:-1]] = rest
    elif word == "text":
        case.text += rest + "\n"
    elif word == "rule":
        case.rules.append(rest)
    elif word == "key":
        case.key = rest
    elif word == "unsigned":
        case.key = None
    elif word == "tcp":
        case.tcp = True
    elif word == "from":
        case.source = rest
    elif word == "apex":
        case.apex = rest
    else:
        case.lines.append(line)


class _Sections:
    """Of the message of a case, in wire form."""

    def __init__(self, case):
        self.origin = dns.name.from_text(case.apex)
        self.zones, self.prerequisites, self.updates = [], [], []
        self.zone_is_given = False
        self.cut, self.behind = 0, b""
        for line in case.lines:
            self._read(line)
        if not self.zone_is_given:
            self.zones.append(self.origin.to_wire() + b"\0\6\0\1")

    def _read(self, line):
        verb, *words = line.split(" ")
        if verb == "zone":
            self.zone_is_given = True
            if words != ["-"]:
                self.zones.append(self._name(words[0]) + self._type(words[1]) + self._class(words[2]))
        elif verb == "cut":
            self.cut = int(words[0])
        elif verb == "append":
            self.behind = bytes.fromhex(words[0])
        elif verb == "raw":
            section, name, type_, class_, ttl, rdata = words
            octets = b"" if rdata == "-" else bytes.fromhex(rdata)
            self._add(self.prerequisites if section == "prereq" else self.updates, name, type_, class_, int(ttl), octets)
        elif verb == "add":
            name, ttl, type_, *rdata = words
            self._add(self.updates, name, type_, "IN", int(ttl), self._rdata(type_, rdata))
        else:
            name, type_, rdata = words[0], words[1] if len(words) > 1 else "ANY", words[2:]
            class_ = {
                "yxdomain": "ANY",
                "nxdomain": "NONE",
                "yxrrset": "IN" if rdata else "ANY",
                "nxrrset": "NONE",
                "delete": "NONE" if rdata else "ANY",
            }[verb]
            section = self.updates if verb == "delete" else self.prerequisites
            self._add(section, name, type_, class_, 0, self._rdata(type_, rdata) if rdata else b"")

    def _add(self, section, name, type_, class_, ttl, rdata):
        head = self._name(name) + self._type(type_) + self._class(class_)
        section.append(head + ttl.to_bytes(4, "big") + len(rdata).to_bytes(2, "big") + rdata)

    def _name(self, text):
        return dns.name.from_text(text, self.origin).to_wire()

    @staticmethod
    def _type(text):
        return int(dns.rdatatype.from_text(text)).to_bytes(2, "big")

    @staticmethod
    def _class(text):
        return int(dns.rdataclass.from_text(text)).to_bytes(2, "big")

    def _rdata(self, type_, words):
        return dns.rdata.from_text("IN", type_, " ".join(words), self.origin, relativize=False).to_wire()


def _message(case):
    sections = _Sections(case)
    parts = [sections.zones, sections.prerequisites, sections.updates, []]
    head = b"\x30\x39" + (UPDATE << 11).to_bytes(2, "big") + b"".join(len(part).to_bytes(2, "big") for part in parts)
    wire = head + b"".join(b"".join(part) for part in parts)
    return wire[: len(wire) - sections.cut] + sections.behind


def signed(wire, key_name):
    """With a TSIG of the key."""
    key = dns.tsig.Key(key_name, SECRET, ALGORITHM)
    template = dns.rdtypes.ANY.TSIG.TSIG(
        dns.rdataclass.ANY, dns.rdatatype.TSIG, key.algorithm, 0, 300, b"", int.from_bytes(wire[:2], "big"), 0, b""
    )
    tsig, _ = dns.tsig.sign(wire, key, template, int(time.time()))
    rdata = tsig.to_wire()
    count = int.from_bytes(wire[10:12], "big") + 1
    record = key.name.to_wire() + b"\0\xfa\0\xff\0\0\0\0" + len(rdata).to_bytes(2, "big") + rdata
    return wire[:10] + count.to_bytes(2, "big") + wire[12:] + record


def records_of(records, apex):
    """The records of a zone as lines with relative names, and its serial."""
    lines, serial = set(), None
    for name, ttl, rdata in records:
        type_ = dns.rdatatype.to_text(rdata.rdtype)
        if type_ == "SOA":
            serial = rdata.serial
            continue
        text = rdata.to_text(origin=dns.name.from_text(apex), relativize=True)
        owner = name.relativize(dns.name.from_text(apex)).to_text().lower()
        lines.add(f"{owner} {ttl} {type_} {text.lower() if type_ in NAME_TYPES else text}")
    return lines, serial


def outcome_of(case, rcode, records):
    """As a case says it, from what an implementation answered and the records that its zone has then."""
    before, _ = records_of(dns.zone.from_text(case.text, case.apex, relativize=False).iterate_rdatas(), case.apex)
    after, serial = records_of(records, case.apex)
    changes = [f"-{line}" for line in sorted(before - after)] + [f"+{line}" for line in sorted(after - before)]
    return [f"{rcode} {serial}" if rcode == "NOERROR" else rcode, *changes]
