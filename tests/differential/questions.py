"""Questions about the names of a zone, the names beside them and the names below them."""

import dataclasses
import random

from messages import CD, RD, TYPES, query, wire_name
from zones import LABELS, child, parent

COMMON = ["A", "A", "A", "AAAA", "NS", "NS", "SOA", "MX", "TXT", "CNAME", "DNAME", "DS", "DS", "ANY", "SRV", "SVCB",
          "HTTPS", "NAPTR", "NSEC", "RRSIG", "PTR", "TYPE65280"]
RARE = ["NSEC3", "NSEC3PARAM", "DNSKEY", "TYPE65281", "CDS", "CAA", "HINFO", "RP", "LOC", "TLSA", "AFSDB", "KX", "URI",
        "KEY", "SIG", "NXT", "MAILA", "MAILB", "TKEY", "TSIG", "OPT", "TYPE0", "TYPE130"]


@dataclasses.dataclass
class Question:
    zone: int
    name: bytes
    qtype: int
    tcp: bool
    limit: int  # most octets that a UDP response may have
    edns: bool
    do: bool
    wire: bytes


def mixed_case(rng, name):
    return "".join(c.upper() if rng.random() < 0.5 else c for c in name) if "\\" not in name else name


def name_near(rng, zone):
    name = rng.choice(zone.names)
    roll = rng.random()
    if roll < 0.45:
        pass
    elif roll < 0.62:
        name = child(rng.choice(LABELS), name)
    elif roll < 0.70:
        name = child(rng.choice(LABELS), child(rng.choice(LABELS), name))
    elif roll < 0.80 and name != zone.apex:
        name = child(rng.choice(LABELS), parent(name))
    elif roll < 0.84:
        name = child("*", name)
    elif roll < 0.87:
        name = child("a", child("*", name))
    elif roll < 0.92 and name != zone.apex and "\\" not in name:
        # Canonically just before or behind a name that is there.
        name = rng.choice([name[0] + "0" + name[1:], name.replace(".", r"\000.", 1), "!" + name])
    elif roll < 0.94:
        name = child(".".join("lmnopqrstu"), name)
    elif roll < 0.95:
        name = child(".".join("q" * 60 for _ in range(2)), name)
    elif roll < 0.955:
        name = parent(zone.apex)
    if rng.random() < 0.1:
        name = mixed_case(rng, name)
    return name


def make_questions(seed, zones, count):
    rng = random.Random(seed)
    questions = []
    while len(questions) < count:
        number = rng.randrange(len(zones))
        wire = wire_name(name_near(rng, zones[number]))
        if wire is None:
            continue
        qtype = TYPES[rng.choice(RARE) if rng.random() < 0.12 else rng.choice(COMMON)]
        tcp = rng.random() < 0.15
        edns = rng.choice([None, 512, 600, 1232, 1232, 1232, 4096, 0])
        do = edns is not None and rng.random() < 0.65
        flags = (RD if rng.random() < 0.3 else 0) | (CD if rng.random() < 0.1 else 0)
        limit = 512 if edns is None else min(1232, max(512, edns))
        questions.append(Question(number, wire, qtype, tcp, limit, edns is not None, do,
                                  query(0, wire, qtype, flags, edns, do)))
    return questions
