"""Broken and odd packets: Atlas answers as the majority of NSD, Knot and BIND does, or as DELIBERATE says.

What is compared is whether a response comes and its RCODE; a response must also echo the id and be no longer than
512 octets.
"""

import pathlib
import socket
import struct
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402
from servers import wire_name  # noqa: E402

ZONE = """$ORIGIN broken.test.
$TTL 300
@ SOA ns admin 1 3600 600 86400 300
@ NS ns
ns A 127.0.0.1
www A 192.0.2.1
"""

WWW = wire_name("www.broken.test")
QUESTION = WWW + b"\0\x01\0\x01"


def header(flags=0, counts=(1, 0, 0, 0), ident=0x4242):
    return struct.pack("!6H", ident, flags, *counts)


def opt(data=b"", version=0, size=1232, flags=0, owner=b"\0"):
    return owner + struct.pack("!HHBBHH", 41, size, 0, version, flags, len(data)) + data


def option(code, data):
    return struct.pack("!HH", code, len(data)) + data


RR = WWW + struct.pack("!HHIH", 1, 1, 300, 4) + b"\xc0\0\x02\x01"

CASES = {
    "plain": header() + QUESTION,
    "empty": b"",
    "one octet": b"\x42",
    "eleven octets": header()[:11],
    "header alone, no question": header(counts=(0, 0, 0, 0)),
    "header alone, one question announced": header(),
    "question cut in the name": header() + QUESTION[:5],
    "question cut in the type": header() + QUESTION[:-3],
    "question cut in the class": header() + QUESTION[:-1],
    "response bit": header(0x8000) + QUESTION,
    "response bit, header alone": header(0x8000, (0, 0, 0, 0)),
    "two questions": header(counts=(2, 0, 0, 0)) + QUESTION * 2,
    "two questions announced, one there": header(counts=(2, 0, 0, 0)) + QUESTION,
    "65535 questions announced": header(counts=(65535, 0, 0, 0)) + QUESTION,
    "label of 64": header() + b"\x40" + b"a" * 64 + b"\0\0\x01\0\x01",
    "label type 10": header() + b"\x80\x01\0\0\x01\0\x01",
    "extended label type 01": header() + b"\x41\x01\0\0\x01\0\x01",
    "name of 256 octets": header() + (b"\x3f" + b"a" * 63) * 3 + b"\x3f" + b"a" * 63 + b"\0\0\x01\0\x01",
    "pointer to itself": header() + b"\xc0\x0c\0\x01\0\x01",
    "pointer forward": header() + b"\xc0\x20\0\x01\0\x01" + b"\0" * 20,
    "pointer to the header": header() + b"\xc0\x00\0\x01\0\x01",
    "octets behind the question": header() + QUESTION + b"\0\0\0",
    "answer record in a query": header(counts=(1, 1, 0, 0)) + QUESTION + RR,
    "authority record in a query": header(counts=(1, 0, 1, 0)) + QUESTION + RR,
    "additional record in a query": header(counts=(1, 0, 0, 1)) + QUESTION + RR,
    "additional record announced, none there": header(counts=(1, 0, 0, 1)) + QUESTION,
    "additional record cut": header(counts=(1, 0, 0, 1)) + QUESTION + RR[:-2],
    "TC in a query": header(0x0200) + QUESTION,
    "AA in a query": header(0x0400) + QUESTION,
    "RA in a query": header(0x0080) + QUESTION,
    "Z in a query": header(0x0040) + QUESTION,
    "AD in a query": header(0x0020) + QUESTION,
    "CD in a query": header(0x0010) + QUESTION,
    "RCODE in a query": header(0x0003) + QUESTION,
    "opcode IQUERY": header(1 << 11) + QUESTION,
    "opcode STATUS": header(2 << 11) + QUESTION,
    "opcode 3": header(3 << 11) + QUESTION,
    "opcode DSO": header(6 << 11, (0, 0, 0, 0)),
    "opcode 15": header(15 << 11) + QUESTION,
    "class CH": header() + WWW + b"\0\x01\0\x03",
    "class HS": header() + WWW + b"\0\x01\0\x04",
    "class NONE": header() + WWW + b"\0\x01\0\xfe",
    "class ANY": header() + WWW + b"\0\x01\0\xff",
    "class 0": header() + WWW + b"\0\x01\0\0",
    "type 0": header() + WWW + b"\0\0\0\x01",
    "type OPT": header() + WWW + b"\0\x29\0\x01",
    "type TSIG": header() + WWW + b"\0\xfa\0\x01",
    "type MAILB": header() + WWW + b"\0\xfd\0\x01",
    "type AXFR over UDP": header() + wire_name("broken.test") + b"\0\xfc\0\x01",
    "type IXFR over UDP": header() + wire_name("broken.test") + b"\0\xfb\0\x01",
    "name elsewhere": header() + wire_name("www.elsewhere.test") + b"\0\x01\0\x01",
    "root": header() + b"\0\0\x02\0\x01",
    "EDNS": header(counts=(1, 0, 0, 1)) + QUESTION + opt(),
    "EDNS version 1": header(counts=(1, 0, 0, 1)) + QUESTION + opt(version=1),
    "EDNS size 0": header(counts=(1, 0, 0, 1)) + QUESTION + opt(size=0),
    "EDNS all flags": header(counts=(1, 0, 0, 1)) + QUESTION + opt(flags=0xFFFF),
    "EDNS unknown option": header(counts=(1, 0, 0, 1)) + QUESTION + opt(option(65001, b"abc")),
    "EDNS option cut": header(counts=(1, 0, 0, 1)) + QUESTION + opt(b"\0\x03\0\x05ab"),
    "EDNS option header cut": header(counts=(1, 0, 0, 1)) + QUESTION + opt(b"\0\x03\0"),
    "EDNS owner not the root": header(counts=(1, 0, 0, 1)) + QUESTION + opt(owner=b"\x01a\0"),
    "EDNS twice": header(counts=(1, 0, 0, 2)) + QUESTION + opt() * 2,
    "EDNS in the authority section": header(counts=(1, 0, 1, 0)) + QUESTION + opt(),
    "EDNS cookie of 7": header(counts=(1, 0, 0, 1)) + QUESTION + opt(option(10, b"1234567")),
    "EDNS cookie of 8": header(counts=(1, 0, 0, 1)) + QUESTION + opt(option(10, b"12345678")),
    "EDNS cookie of 41": header(counts=(1, 0, 0, 1)) + QUESTION + opt(option(10, b"1" * 41)),
    "EDNS cookie with a wrong server part": header(counts=(1, 0, 0, 1)) + QUESTION + opt(option(10, b"1" * 24)),
    "EDNS NSID with data": header(counts=(1, 0, 0, 1)) + QUESTION + opt(option(3, b"x")),
    "EDNS NSID with data cut off behind": header(counts=(1, 0, 0, 1)) + QUESTION + opt(option(3, b"x"))[:-1],
    "octets behind OPT": header(counts=(1, 0, 0, 1)) + QUESTION + opt() + b"\0\0",
}

# Where Atlas leaves the majority, or there is none: the outcome and why.
DELIBERATE = {
    "EDNS cookie of 7": ("1", "RFC 7873 5.2.2 wants FORMERR; NSD and Knot do not look at cookies by default"),
    "EDNS cookie of 41": ("1", "RFC 7873 5.2.2 wants FORMERR; NSD and Knot do not look at cookies by default"),
}


def outcome(port, packet):
    """The RCODE of the response, or "none" if a later good query is answered and this one is not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        client.settimeout(5)
        client.send(packet)
        # A query behind it, with another id: its answer marks the end of waiting.
        marker = header(ident=0x0BAD) + QUESTION
        client.send(marker)
        found = "none"
        while True:
            response = client.recv(65535)
            if response[:2] == b"\x0b\xad":
                # The peers may answer out of order.
                client.settimeout(0.05)
                try:
                    response = client.recv(65535)
                except socket.timeout:
                    return found
            assert response[:2] == packet[:2], "the id is echoed"
            assert response[2] & 0x80, "it is a response"
            assert len(response) <= 1232
            found = str(response[3] & 0x0F)
            # BADVERS and BADCOOKIE have their upper bits in OPT.
            question_end = len(header()) + len(QUESTION)
            position = response.find(b"\0\0\x29", question_end if response[5] else len(header()))
            if position >= 0 and len(response) > position + 5:
                extended = response[position + 5] << 4 | response[3] & 0x0F
                found = str(extended)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    zone = tmp_path_factory.mktemp("zone") / "broken.zone"
    zone.write_text(ZONE)
    found = {}
    for kind in (*servers.PEERS, servers.Atlas):
        if not kind.is_installed():
            continue
        with servers.running(kind, {"broken.test.": zone}) as server:
            found[kind.name] = {case: outcome(server.port, packet) for case, packet in CASES.items()}
    return found


@pytest.mark.parametrize("case", CASES)
def test_broken_packet(case, outcomes):
    peers = [outcomes[kind.name][case] for kind in servers.PEERS if kind.name in outcomes]
    assert len(peers) >= 2, "at least two peers must be installed"
    ours = outcomes["Atlas"][case]
    if case in DELIBERATE:
        expected, reason = DELIBERATE[case]
        assert ours == expected, reason
        return
    majority = [value for value in set(peers) if peers.count(value) * 2 > len(peers)]
    assert majority, f"no majority among {peers}: DELIBERATE must say what Atlas does"
    assert ours == majority[0], f"the peers say {peers}"
