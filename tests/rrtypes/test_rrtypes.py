"""Every RR type, text to wire and back, beside other implementations.

Atlas speaks through rdata_tool of the build that ATLAS_BIN_DIR names; the examples are in records.txt.
"""

import collections
import concurrent.futures
import pathlib
import re
import subprocess

import pytest

import servers
import implementations

HERE = pathlib.Path(__file__).parent
REGISTRY = HERE.parent.parent / "atlas" / "dns" / "rrtypes.inc"
EXAMPLES_MIN = 3
IMPLEMENTATIONS_MIN = 2

# They exist in questions only (RFC 1035 3.2.3, RFC 1995), so that there is no RDATA to compare.
QUERY_TYPES = {"IXFR", "AXFR", "MAILB", "MAILA", "ANY"}

# Where another implementation differs from Atlas, and why. (implementation, type, text of the example) -> reason.
# "*" stands for every example of the type. An entry that no longer holds fails the test.
RFC6895 = "RFC 6895 3.1: a meta type, which no zone holds; the program takes zones only"
RFC1035_MD = "RFC 1035 3.3.4 and 3.3.5 let a master file's MD and MF be refused; Atlas shows what is there"
ONLY_NAME = "knows the mnemonic, but not the type's own format; RFC 3597's generic form is compared"
RFC6742 = "RFC 6742 2.1.2 writes groups as RFC 4291 2.2 does, without leading zeros if so wished; it wants four digits"
TTL_UNITS = "TTL units are no part of RFC 4034 3.2; Atlas takes them in every TTL"
OLDER_KEYS = "older than the key's registration: ohttp RFC 9540, dohpath RFC 9461, docpath RFC 9953"
NEW_KEYS = "1 . alpn=h2 ohttp tls-supported-groups=29,23 docpath=dns,query pvd"
DOHPATH = "1 dns.example. alpn=h2 dohpath=/dns-query{?dns}"
SIG_OF_UNKNOWN = "TYPE65280 8 1 3600 20380119031408 20380119031407 65535 Example. AQID BAUG"
ESCAPED_ALPN = (r'16 foo.example.org. alpn="f\\\\oo\\,bar,h2"', r"16 foo.example.org. alpn=f\\\092oo\092,bar,h2")
DIFFERENCES = {
    ("BIND", "MD", "*"): RFC1035_MD,
    ("BIND", "MF", "*"): RFC1035_MD,
    **{(program, meta, "*"): RFC6895 for program in ("BIND", "ldns") for meta in ("TKEY", "TSIG")},
    ("BIND", "OPT", "*"): RFC6895,
    ("dnspython", "OPT", "*"): "RFC 6891 6.1.2: OPT has no text form; its own is for people",
    ("dnspython", "TKEY", "*"): "no RFC gives TKEY a text form; Atlas writes it as BIND shows it",
    **{
        ("ldns", name, "*"): ONLY_NAME
        for name in (
            "NXT A6 SINK NINFO RKEY DSYNC HHIT BRID AVC DOA AMTRELAY RESINFO WALLET CLA IPN TA".split()
        )
    },
    ("BIND", "NXNAME", "*"): RFC6895,
    ("dnspython", "TSIG", "hmac-sha512. 281474976710655 65535 0 0 BADSIG 0"): (
        "RFC 8945 4.2: a MAC may be empty; its text wants one"
    ),
    ("dnspython", "URI", '256 16 "mailto:a@b.c?x=\\"y\\""'): "RFC 1035 5.1: its text leaves quotes unescaped",
    ("BIND", "URI", "0 65535 https://www.example.com/a=b"): "RFC 7553 4.4 shows quotes; Atlas does not insist",
    ("ldns", "URI", "0 65535 https://www.example.com/a=b"): "RFC 7553 4.4 shows quotes; Atlas does not insist",
    ("BIND", "SIG", SIG_OF_UNKNOWN): "RFC 3597 5 wants TYPE65280; it shows 65280",
    ("BIND", "NXT", "Next A TYPE127"): "RFC 3597 5 wants TYPE127; it shows 127",
    ("ldns", "WKS", "10.0.0.1 17"): "RFC 1035 3.4.2: the bitmap has variable length, and nothing forbids none",
    ("NSD", "WKS", "10.0.0.1 17"): "RFC 1035 3.4.2: the bitmap has variable length, and nothing forbids none",
    ("ldns", "NSAP-PTR", "*"): "RFC 1348: a domain name, as in PTR; it has a <character-string>",
    ("ldns", "ATMA", "*"): "ATM Forum AF-DANS-0152.000: an octet of format comes first; it has none",
    **{
        (program, "KEY", "49152 3 0"): "RFC 2535 3.1.2: no key follows these flags; it wants one"
        for program in ("ldns", "NSD", "Knot")
    },
    **{("ldns", "SVCB", text): "RFC 9460 A.1: the list has escapes of its own; it takes none" for text in ESCAPED_ALPN},
    ("NSD", "RRSIG", "A ECDSAP256SHA256 2 5400 1577836800 1049381166 2143 Example.COM. AQID BAUG"): (
        "RFC 4034 3.2 allows seconds since 1970; it takes dates only"
    ),
    ("NSD", "SPF", "v=spf1 -all"): "RFC 4408 3.1.1: several strings, as in TXT; it shows the first only",
    ("NSD", "SPF", '"a" "b"'): "RFC 4408 3.1.1: several strings, as in TXT; it shows the first only",
    ("NSD", "CAA", '128 TBS "Unknown"'): "RFC 8659 4.1 allows upper case in tags",
    ("dnspython", "NID", "0 0:1:20:300"): RFC6742,
    ("dnspython", "L64", "0 0:1:20:300"): RFC6742,
    ("Knot", "NID", "0 0:1:20:300"): RFC6742,
    ("Knot", "L64", "0 0:1:20:300"): RFC6742,
    **{
        (program, "RRSIG", "A ECDSAP256SHA256 2 1h30m 20200101000000 1049381166 2143 Example.COM. AQID BAUG"): TTL_UNITS
        for program in ("BIND", "ldns", "NSD", "Knot")
    },
    **{(program, "SVCB", NEW_KEYS): OLDER_KEYS for program in ("dnspython", "BIND", "ldns", "NSD", "Knot")},
    ("Knot", "SVCB", DOHPATH): OLDER_KEYS,
}


class Example:
    def __init__(self, line):
        self.type, self.text = line.rstrip("\n").split("\t", 1)
        self.refused = self.type.endswith("!")
        self.type = self.type.removesuffix("!")

    def __repr__(self):
        return f"{self.type} {self.text}"


EXAMPLES = [
    Example(line) for line in (HERE / "records.txt").read_text().splitlines(keepends=True) if not line.startswith("#")
]
GOOD = [example for example in EXAMPLES if not example.refused]
NUMBERS = {name: number for number, name in re.findall(r'ATLAS_RRTYPE\((\d+), \w+, "([^"]+)"\)', REGISTRY.read_text())}
TYPES = list(dict.fromkeys(example.type for example in GOOD))


def atlas(records):
    """What Atlas makes of (type, text) pairs: (wire, text) each, or None where it refuses. "=\\tHEX" is wire form."""
    lines = "".join(f"{type_}\t{text}\n" for type_, text in records)
    command = [servers.atlas_program("rdata_tool")]
    output = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60, check=True).stdout
    answers = [line.split("\t") for line in output.splitlines()]
    assert len(answers) == len(records)
    return [tuple(answer[1:3]) if answer[0] == "ok" else None for answer in answers]


def generic(wire):
    return f"\\# {len(wire) // 2} {wire}".rstrip()


def lowered(wire):
    return bytes.fromhex(wire).lower()


@pytest.fixture(scope="module")
def ours():
    """{example: (wire, text)} of the good examples."""
    return dict(zip(GOOD, atlas([(example.type, example.text) for example in GOOD]), strict=True))


def test_every_type_of_the_registry_has_three_examples():
    registered = NUMBERS.keys() - QUERY_TYPES
    counts = collections.Counter(example.type for example in GOOD)
    # NXNAME has exactly one RDATA, the empty one, which can be written in two ways.
    few = {name for name in registered if counts[name] < (2 if name == "NXNAME" else EXAMPLES_MIN)}
    assert not few
    assert len(registered) >= 92


def test_takes_the_good_examples_and_refuses_the_bad_ones(ours):
    assert [example for example, answer in ours.items() if answer is None] == []
    bad = [example for example in EXAMPLES if example.refused]
    answers = atlas([(example.type, example.text) for example in bad])
    assert [example for example, answer in zip(bad, answers, strict=True) if answer is not None] == []
    assert len(bad) > 60


def test_wire_and_text_are_each_others_inverse(ours):
    from_wire = atlas([(example.type, f"=\t{wire}") for example, (wire, _) in ours.items()])
    from_text = atlas([(example.type, text) for example, (_, text) in ours.items()])
    from_generic = atlas([(example.type, generic(wire)) for example, (wire, _) in ours.items()])
    assert from_wire == list(ours.values())
    assert from_text == list(ours.values())
    assert from_generic == list(ours.values())


def read_by(program, known, example, wire, text):
    """{what the program was given: its Reading}; a type that it does not know is given as TYPEnnn."""
    if not known:
        type_ = f"TYPE{NUMBERS.get(example.type, example.type[4:])}"
        return {"Atlas's wire": program.read(type_, generic(wire), show=True)}
    readings = {"the example": program.read(example.type, example.text, show=True)}
    if text != example.text:
        readings["Atlas's text"] = program.read(example.type, text)
    if program.shows_wire:
        readings["Atlas's wire"] = program.read(example.type, generic(wire))
    return readings


def differences_in(readings, wire):
    for what, reading in readings.items():
        if reading is None:
            yield f"refuses {what}"
        elif reading.wire is not None and reading.wire != wire:
            yield f"reads {what} as {reading.wire}, not {wire}"


@pytest.fixture(scope="module")
def compared(ours):
    """{(program, known, example): differences, in words}."""
    pairs = []
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        programs = [program for program in implementations.IMPLEMENTATIONS if program.program is not None]
        for program in programs:
            known = dict(zip(TYPES, pool.map(program.knows, TYPES), strict=True))
            pairs += [(program, known[example.type], example) for example in GOOD]
        readings = list(pool.map(lambda pair: read_by(*pair, *ours[pair[2]]), pairs))

    found, shown = {}, []
    for (program, known, example), each in zip(pairs, readings, strict=True):
        key = program.name, known, example
        found[key] = list(differences_in(each, ours[example][0]))
        text = next((reading.text for reading in each.values() if reading and reading.text is not None), None)
        if text is not None:
            shown.append((key, text, lowered if program.lowers_names else str))
    answers = atlas([(key[2].type, text) for key, text, _ in shown])
    for (key, text, comparable), answer in zip(shown, answers, strict=True):
        if answer is None or comparable(answer[0]) != comparable(ours[key[2]][0]):
            found[key].append(f"shows {text}, which Atlas reads as {answer}")
    return found


def explanation(program, example):
    return DIFFERENCES.get((program, example.type, example.text)) or DIFFERENCES.get((program, example.type, "*"))


def test_agrees_with_other_implementations(compared):
    unexplained = [
        f"{program}: {example}: {'; '.join(found)}"
        for (program, _, example), found in compared.items()
        if found and not explanation(program, example)
    ]
    assert not unexplained, "\n".join(unexplained)


def test_explained_differences_still_exist(compared):
    used = set()
    for (program, _, example), found in compared.items():
        if found:
            used |= {(program, example.type, example.text), (program, example.type, "*")}
    programs = {program for program, _, _ in compared}
    assert [key for key in DIFFERENCES if key[0] in programs and key not in used] == []


# Types that fewer than two of the programs know in the versions that Debian 12 has, and which one does. All of them
# are compared in RFC 3597's generic form besides.
KNOWN_TO_FEWER = {
    **{name: ["BIND"] for name in "ATMA A6 SINK RKEY DSYNC HHIT BRID DOA TA".split()},
    "NXNAME": ["ldns"],
    "TSIG": ["dnspython"],
    "TKEY": [],
    "CLA": [],
    "IPN": [],
}


def test_every_type_agrees_with_two_implementations(compared, capsys):
    agreeing = {type_: set() for type_ in TYPES}
    counts = collections.Counter()
    for (program, known, example), found in compared.items():
        if not found:
            counts[program, known] += 1
            if known:
                agreeing[example.type].add(program)
    with capsys.disabled():
        print()
        for program in dict.fromkeys(program for program, _, _ in compared):
            types = sum(program in programs for programs in agreeing.values())
            print(
                f"{program}: {types} of {len(TYPES)} types known; {counts[program, True]} examples agree as text and"
                f" wire, {counts[program, False]} of unknown types as TYPEnnn"
            )
    fewer = {type_: sorted(programs) for type_, programs in agreeing.items() if len(programs) < IMPLEMENTATIONS_MIN}
    assert fewer == KNOWN_TO_FEWER, str(fewer)
