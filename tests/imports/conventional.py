"""Zones as people write them, with relative names, includes and defaults, and questions about them."""

import dataclasses
import pathlib
import random
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / "differential"),
                str(pathlib.Path(__file__).resolve().parent.parent)]

import asking  # noqa: E402
from messages import AA, TYPE_NAMES, TYPES, Response, query, text_name, wire_name  # noqa: E402

QUESTION_TYPES = ["A", "AAAA", "MX", "TXT", "NS", "SOA", "CNAME", "SRV", "CAA", "PTR"]
QUESTIONS_PER_ZONE = 300


@dataclasses.dataclass
class Zone:
    apex: str
    text: str
    included: str  # the text of the file that it includes as "parts/NUMBER.inc"
    names: list


def make_zone(number, apex):
    """One zone. Its text says little in full: what is left out is for its reader to fill in."""
    rng = random.Random(number)
    lines = ["$TTL 1h", f"@ IN SOA ns1 hostmaster.{apex} ( {number + 1} 2h 30m 2w 5m ) ; timers", " NS ns1", " NS ns2.example.",
             "ns1 A 192.0.2.1"]
    names = ["", "ns1.", "missing.", "deep.missing."]
    for host in range(rng.randint(5, 25)):
        name = f"host{host}"
        lines.append(f"{name} {rng.choice(['', '60 ', '1d '])}A 192.0.2.{host + 2}")
        if rng.random() < 0.5:
            lines.append(f"    AAAA 2001:db8::{host + 1}")
        if rng.random() < 0.3:
            lines.append(f'    TXT "of {name}; in ({number})" "second string"')
        if rng.random() < 0.3:
            lines.append(f"alias{host} CNAME {rng.choice([name, name + '.' + apex, 'elsewhere.example.'])}")
            names.append(f"alias{host}.")
        names.append(name + ".")
    lines += ["@ MX 10 host0", " MX 20 mail.example.", ' CAA 0 issue "ca.example"', "*.wild A 192.0.2.250", "*.wild MX 5 host0",
              "sub NS ns.sub", "ns.sub A 192.0.2.200", "_sip._tcp SRV 0 5 5060 host0", f"$INCLUDE parts/{number}.inc",
              f"$ORIGIN below.{apex}", "one A 192.0.2.201", "two CNAME one", "@ TXT below"]
    included = f"inner A 192.0.2.{number % 200 + 1}\n TXT inner\nother.{apex} 300 IN A 192.0.2.9\n"
    names += ["wild.", "a.wild.", "b.a.wild.", "sub.", "www.sub.", "ns.sub.", "_sip._tcp.", "_tcp.", "inner.", "other.", "below.",
              "one.below.", "two.below.", "three.below."]
    return Zone(apex, "\n".join(lines) + "\n", included, [name + apex for name in names])


def make_zones(count):
    return [make_zone(number, f"z{number}.example.org." if number % 5 else f"{number}.2.0.192.in-addr.arpa.")
            for number in range(count)]


def write(zone, number, path, includes):
    """The zone to `path`, what it includes below the folder `includes`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(zone.text)
    (includes / "parts").mkdir(parents=True, exist_ok=True)
    (includes / "parts" / f"{number}.inc").write_text(zone.included)


def questions(zones):
    """Pairs of a name in wire form and a type."""
    asked = []
    for zone in zones:
        pairs = [(wire_name(name), TYPES[rtype]) for name in zone.names for rtype in QUESTION_TYPES]
        random.Random(zone.apex).shuffle(pairs)
        asked += pairs[:QUESTIONS_PER_ZONE]
    return asked


def ask(port, asked):
    queries = [query(0, name, qtype, edns=1232) for name, qtype in asked]
    return [None if octets is None else Response(octets) for octets in asking.ask_udp(port, queries)]


def differences(asked, ours, theirs, with_authority=True):
    """A text for each question that is answered differently."""
    found = []
    for (name, qtype), our, their in zip(asked, ours, theirs):
        shown = f"{text_name(name)} {TYPE_NAMES[qtype]}"
        if our is None or their is None:
            found.append(f"{shown}: {'Atlas' if our is None else 'the peer'} did not answer")
            continue
        same = our.rcode == their.rcode and not (our.flags ^ their.flags) & AA and our.answer == their.answer
        if same and with_authority:
            same = our.authority == their.authority
        if not same:
            found.append(f"{shown}\nAtlas\n{our.text()}\nthe peer\n{their.text()}")
    return found
