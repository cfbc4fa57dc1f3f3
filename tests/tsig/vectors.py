#!/usr/bin/env python3
"""Transactions that dnspython signed, for atlas/tsig/tsig_vectors.inc: `vectors.py` prints them.

Of every algorithm a request, its response and a second message of that. HMAC has one right result, so that who makes
these octets understands them too.
"""

import dns.flags
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TSIG
import dns.rrset
import dns.tsig

ALGORITHMS = [
    dns.name.from_text("hmac-md5.sig-alg.reg.int."),
    dns.tsig.HMAC_SHA1,
    dns.tsig.HMAC_SHA224,
    dns.tsig.HMAC_SHA256,
    dns.tsig.HMAC_SHA256_128,
    dns.tsig.HMAC_SHA384,
    dns.tsig.HMAC_SHA384_192,
    dns.tsig.HMAC_SHA512,
    dns.tsig.HMAC_SHA512_256,
]
KEY_NAME = dns.name.from_text("Transfer-Key.Signers.")
FUDGE = 300
COLUMNS = 100


def messages(id_: int) -> tuple[bytes, bytes, bytes]:
    """A request, a response and a second message of that, unsigned."""
    request = dns.message.make_query("www.Zone.test.", "AAAA", use_edns=0, payload=1232, id=id_)
    response = dns.message.make_response(request)
    response.flags |= dns.flags.AA
    response.answer.append(dns.rrset.from_text("www.zone.test.", 3600, "IN", "AAAA", "2001:db8::1"))
    second = dns.message.make_response(request)
    second.question.clear()
    second.answer.append(dns.rrset.from_text("zone.test.", 300, "IN", "TXT", '"more of it"'))
    return request.to_wire(), response.to_wire(), second.to_wire()


def append_record(wire: bytes, rdata: dns.rdtypes.ANY.TSIG.TSIG) -> bytes:
    octets = rdata.to_wire()
    fixed = bytes.fromhex("00fa00ff00000000") + len(octets).to_bytes(2, "big")
    count = int.from_bytes(wire[10:12], "big") + 1
    return wire[:10] + count.to_bytes(2, "big") + wire[12:] + KEY_NAME.to_wire() + fixed + octets


def unsigned_rdata(algorithm: dns.name.Name, id_: int) -> dns.rdtypes.ANY.TSIG.TSIG:
    return dns.rdtypes.ANY.TSIG.TSIG(
        dns.rdataclass.ANY, dns.rdatatype.TSIG, algorithm, 0, FUDGE, b"", id_, dns.rcode.NOERROR, b""
    )


def transaction(number: int, algorithm: dns.name.Name) -> list[tuple[str, str]]:
    # Secrets shorter than a block, and longer; times that need more than 32 bits.
    secret = bytes((number * 37 + i * 11) % 256 for i in range(10 + 30 * number))
    time = 1_700_000_000 + number * 900_000_000
    id_ = 0x1234 + number
    key = dns.tsig.Key(KEY_NAME, secret, algorithm)
    request, response, second = messages(id_)
    rdata = unsigned_rdata(algorithm, id_)
    request_tsig, _ = dns.tsig.sign(request, key, rdata, time)
    response_tsig, context = dns.tsig.sign(response, key, rdata, time + 1, request_tsig.mac, multi=True)
    second_tsig, _ = dns.tsig.sign(second, key, rdata, time + 2, None, context, multi=True)
    return [
        ("algorithm", str(algorithm)),
        ("time", str(time)),
        ("secret", secret.hex()),
        ("request", request.hex()),
        ("signed_request", append_record(request, request_tsig).hex()),
        ("response", response.hex()),
        ("signed_response", append_record(response, response_tsig).hex()),
        ("second", second.hex()),
        ("signed_second", append_record(second, second_tsig).hex()),
    ]


def render() -> str:
    lines = ["// What dnspython signs. Made by tests/tsig/vectors.py."]
    for number, algorithm in enumerate(ALGORITHMS):
        lines.append("{")
        for member, value in transaction(number, algorithm):
            if member == "time":
                lines.append(f"    .{member} = {value},")
                continue
            lines.append(f"    .{member} =")
            pieces = [value[at : at + COLUMNS] for at in range(0, len(value), COLUMNS)]
            lines += [f'        "{piece}"' for piece in pieces]
            lines[-1] += ","
        lines.append("},")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(render(), end="")
