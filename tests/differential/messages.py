"""Queries as octets, and responses reduced to what can be compared."""

import struct

# RFC 1035's types, whose RDATA may hold compressed names: octets in front of the names, number of names.
COMPRESSIBLE = {2: (0, 1), 5: (0, 1), 6: (0, 2), 12: (0, 1), 15: (2, 1)}
# Types whose one name some servers write in lower case or compress all the same: octets in front of it.
NAMED = {33: 6, 39: 0, 18: 2, 36: 2}

QR, AA, TC, RD, RA, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0010
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN = range(7)

TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18,
    "SIG": 24, "KEY": 25, "AAAA": 28, "LOC": 29, "NXT": 30, "SRV": 33, "NAPTR": 35, "KX": 36, "DNAME": 39, "OPT": 41,
    "DS": 43, "SSHFP": 44, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52,
    "CDS": 59, "SVCB": 64, "HTTPS": 65, "TKEY": 249, "TSIG": 250, "MAILB": 253, "MAILA": 254, "ANY": 255,
    "URI": 256, "CAA": 257, "TYPE65280": 65280, "TYPE65281": 65281, "TYPE0": 0, "TYPE130": 130,
}
TYPE_NAMES = {number: name for name, number in TYPES.items()}


def wire_name(text):
    """Wire form of an absolute name with escapes; None if it or a label of it is too long."""
    labels, label, i = [], bytearray(), 0
    while i < len(text):
        c = text[i]
        if c == "\\":
            if text[i + 1].isdigit():
                label.append(int(text[i + 1:i + 4]))
                i += 4
            else:
                label.append(ord(text[i + 1]))
                i += 2
            continue
        if c == ".":
            if label:
                labels.append(bytes(label))
            label = bytearray()
        else:
            label.append(ord(c))
        i += 1
    if any(len(label) > 63 for label in labels) or sum(len(label) + 1 for label in labels) > 254:
        return None
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def text_name(wire):
    parts, at = [], 0
    while wire[at]:
        label = wire[at + 1:at + 1 + wire[at]]
        parts.append("".join(chr(c) if 33 <= c < 127 and c not in b'.\\"@$();' else f"\\{c:03d}" for c in label))
        at += wire[at] + 1
    return ".".join(parts) + "."


def query(ident, name, qtype, flags=0, edns=None, do=False, qclass=1):
    """`name` in wire form; `edns` is the UDP payload size, None for no EDNS."""
    message = struct.pack("!6H", ident, flags, 1, 0, 0, 1 if edns is not None else 0) + name
    message += struct.pack("!HH", qtype, qclass)
    if edns is not None:
        message += b"\0" + struct.pack("!HHIH", 41, edns, 0x8000 if do else 0, 0)
    return message


class Malformed(Exception):
    pass


def read_name(message, at):
    """The name in lower case without compression, and the offset behind it."""
    out, end, hops = [], None, 0
    while True:
        length = message[at]
        if length >= 0xC0:
            if end is None:
                end = at + 2
            at = (length & 0x3F) << 8 | message[at + 1]
            hops += 1
            if hops > 127:
                raise Malformed("compression loop")
        elif length == 0:
            return b"".join(out).lower() + b"\0", end or at + 1
        else:
            out.append(message[at:at + length + 1])
            at += length + 1


def read_rdata(message, rtype, at, size):
    layout = COMPRESSIBLE.get(rtype)
    if layout is not None:
        prefix, names = layout
        parts = [message[at:at + prefix]]
        end = at + size
        at += prefix
        for _ in range(names):
            name, at = read_name(message, at)
            parts.append(name)
        parts.append(message[at:end])
        return b"".join(parts)
    rdata = message[at:at + size]
    if rtype in NAMED:
        prefix = NAMED[rtype]
        return rdata[:prefix] + read_name(message, at + prefix)[0]
    if rtype == 46:  # RRSIG: the signer's name
        return rdata[:18] + lower_first_name(rdata[18:])
    if rtype == 47:  # NSEC: the next name
        return lower_first_name(rdata)
    return rdata


def lower_first_name(octets):
    at = 0
    while octets[at]:
        at += octets[at] + 1
    return octets[:at].lower() + octets[at:]


class Response:
    """One response; records are (owner, type, class, ttl, rdata) with names in lower case."""

    __slots__ = ("size", "flags", "rcode", "question", "answer", "authority", "additional", "edns", "order")

    def __init__(self, message):
        _, flags, questions, answers, authorities, additionals = struct.unpack_from("!6H", message)
        self.size = len(message)
        self.flags = flags & (QR | AA | TC | RD | CD)
        self.rcode = flags & 15
        self.edns = False
        at = 12
        self.question = None
        try:
            for _ in range(questions):
                name, at = read_name(message, at)
                self.question = (name, *struct.unpack_from("!HH", message, at))
                at += 4
            self.answer, at = self.read_section(message, at, answers)
            self.authority, at = self.read_section(message, at, authorities)
            self.additional, at = self.read_section(message, at, additionals)
        except (IndexError, struct.error) as error:
            raise Malformed(str(error)) from error
        if at != len(message):
            raise Malformed("octets left over")

    def read_section(self, message, at, count):
        records = set()
        unpack = struct.unpack_from
        for _ in range(count):
            owner, at = read_name(message, at)
            rtype, rclass, ttl, size = unpack("!HHIH", message, at)
            at += 10
            if rtype == 41:
                self.edns = True
                self.rcode |= ttl >> 20 & 0xFF0
            else:
                record = (owner, rtype, rclass, ttl, read_rdata(message, rtype, at, size))
                if record in records:
                    raise Malformed("a record twice")
                records.add(record)
            at += size
        return frozenset(records), at

    @property
    def truncated(self):
        return bool(self.flags & TC)

    def text(self):
        flags = " ".join(word for word, bit in (("aa", AA), ("tc", TC), ("rd", RD), ("cd", CD)) if self.flags & bit)
        lines = [f"  rcode {self.rcode} flags {flags} size {self.size}"]
        for title in ("answer", "authority", "additional"):
            for owner, rtype, _, ttl, rdata in sorted(getattr(self, title)):
                shown = rdata.hex()
                if rtype in (2, 5, 12, 39):
                    shown = text_name(rdata)
                if rtype == 46:
                    shown = f"covers {TYPE_NAMES.get(struct.unpack('!H', rdata[:2])[0])}"
                if rtype == 47:
                    shown = text_name(rdata)
                name = TYPE_NAMES.get(rtype, rtype)
                lines.append(f"    {title:<10} {text_name(owner)} {ttl} {name} {shown[:80]}")
        return "\n".join(lines)
