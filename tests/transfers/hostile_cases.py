"""What a primary can do wrong. Whatever it is, the last good version stays, and the next good one is taken."""

import asyncio
import dataclasses
import struct
from collections.abc import Callable

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.tsig

from hostile_primary import BAD, GOOD, KEY, Zone, rrset, soa_response

# What never ends goes on for so long; the secondary has to have given up before.
ENDLESS_SECONDS = 30


@dataclasses.dataclass
class Case:
    name: str
    misbehave: Callable
    answer: Callable | None = None  # of questions that are no transfers
    signed: bool = False
    # Whether it may be taken after all: what is wrong with it is left out, or only warned of.
    may_be_taken: bool = False

    @property
    def apex(self):
        return f"{self.name}.test."


CASES = []


def case(**more):
    def add(misbehave):
        CASES.append(Case(misbehave.__name__.replace("_", "-"), misbehave, **more))
        return misbehave

    return add


async def endless(exchange, *wires):
    """Sends messages in turn as long as somebody takes them."""
    loop = asyncio.get_running_loop()
    end = loop.time() + ENDLESS_SECONDS
    while loop.time() < end:
        for wire in wires:
            await exchange.send_wire(wire)
        # Others have to send, too.
        await asyncio.sleep(0.002)


@case()
async def axfr_without_an_end(exchange):
    zone = exchange.zone
    await exchange.send(exchange.message([zone.soa(BAD), *zone.body(BAD)]))
    parts = [[rrset(zone.name(f"e{part}-{one}"), "TXT", "x" * 200) for one in range(100)] for part in range(5)]
    await endless(exchange, *(exchange.message(part).to_wire(max_size=65535) for part in parts))


@case()
async def the_same_record_without_an_end(exchange):
    zone = exchange.zone
    await exchange.send(exchange.message([zone.soa(BAD), *zone.body(BAD)]))
    again = exchange.message([rrset(zone.name("again"), "A", "192.0.2.1")] * 400).to_wire(max_size=65535)
    await endless(exchange, again)


@case()
async def messages_without_records(exchange):
    await exchange.send(exchange.message([exchange.zone.soa(BAD), *exchange.zone.body(BAD)]))
    empty = exchange.message().to_wire()
    await endless(exchange, empty)


@case()
async def empty_from_the_beginning(exchange):
    empty = exchange.message().to_wire()
    await endless(exchange, empty)


@case()
async def messages_of_no_octets(exchange):
    await endless(exchange, b"")


@case(may_be_taken=True)
async def records_of_another_zone(exchange):
    zone = exchange.zone
    strange = rrset("www.example.net.", "A", "192.0.2.66")
    await exchange.send_all([zone.soa(BAD), *zone.body(BAD), strange, zone.soa(BAD)])


@case(may_be_taken=True)
async def records_above_the_zone(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *zone.body(BAD), rrset("test.", "NS", "ns.example.net."), zone.soa(BAD)])


@case()
async def records_of_another_class(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *zone.body(BAD), rrset(zone.name("chaos"), "TXT", "x", rdclass="CH"), zone.soa(BAD)])


@case()
async def types_that_no_zone_has(exchange):
    zone = exchange.zone
    wire = bytearray(exchange.message([zone.soa(BAD), *zone.body(BAD)]).to_wire(max_size=65535))
    # A record of type ANY.
    wire += b"\xc0\x0c" + struct.pack("!HHIH", 255, 1, 300, 4) + b"\0\0\0\0"
    wire[6:8] = (int.from_bytes(wire[6:8], "big") + 1).to_bytes(2, "big")
    await exchange.send_wire(bytes(wire))
    await exchange.send(exchange.message([zone.soa(BAD)]))


@case()
async def a_serial_that_is_lower(exchange):
    await exchange.send_all(exchange.zone.all(GOOD - 1))


@case()
async def a_serial_half_a_circle_away(exchange):
    await exchange.send_all(exchange.zone.all((GOOD + 2**31) % 2**32))


@case()
async def another_serial_at_the_end(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *zone.body(BAD), zone.soa(BAD + 1)])


@case()
async def no_soa_at_the_end(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *zone.body(BAD)])


@case()
async def no_soa_at_the_end_and_no_end(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *zone.body(BAD)])
    await asyncio.sleep(ENDLESS_SECONDS)


@case()
async def no_soa_at_the_beginning(exchange):
    await exchange.send_all([*exchange.zone.body(BAD), exchange.zone.soa(BAD)])


@case(may_be_taken=True)
async def no_name_servers(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *zone.body(BAD)[1:], zone.soa(BAD)])


@case(may_be_taken=True)
async def an_alias_with_other_data(exchange):
    zone = exchange.zone
    both = [rrset(zone.name("both"), "CNAME", "h1.example.net."), rrset(zone.name("both"), "A", "192.0.2.1")]
    await exchange.send_all([zone.soa(BAD), *zone.body(BAD), *both, zone.soa(BAD)])


@case(may_be_taken=True)
async def records_after_the_end(exchange):
    zone = exchange.zone
    await exchange.send_all([*zone.all(BAD), rrset(zone.name("late"), "A", "192.0.2.1")], a_message=100)


def steps(zone, *serials):
    """Of an IXFR that changes the mark, from each serial to the next."""
    found = []
    for old, new in zip(serials, serials[1:]):
        marks = [rrset(zone.name("mark"), "TXT", f"serial-{serial}") for serial in (old, new)]
        found += [zone.soa(old), marks[0], zone.soa(new), marks[1]]
    return found


@case()
async def ixfr_that_loops(exchange):
    zone = exchange.zone
    await exchange.send(exchange.message([zone.soa(BAD)]))
    loop = exchange.message(steps(zone, GOOD, 2, 3) + steps(zone, 3, GOOD)).to_wire(max_size=65535)
    await endless(exchange, loop)


@case()
async def ixfr_whose_steps_do_not_follow(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *steps(zone, GOOD, 2), *steps(zone, 3, BAD), zone.soa(BAD)])


@case()
async def ixfr_from_another_version(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *steps(zone, 7, BAD), zone.soa(BAD)])


@case()
async def ixfr_that_deletes_what_is_not_there(exchange):
    zone = exchange.zone
    nothing = rrset(zone.name("nothing"), "A", "192.0.2.1")
    await exchange.send_all([zone.soa(BAD), zone.soa(GOOD), nothing, zone.soa(BAD), zone.soa(BAD)])


@case()
async def ixfr_that_does_not_reach_its_end(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *steps(zone, GOOD, 2), zone.soa(BAD)])


@case()
async def ixfr_that_deletes_the_soa(exchange):
    zone = exchange.zone
    # An empty step: it would leave the old version with the new serial, twice.
    await exchange.send_all([zone.soa(BAD), zone.soa(GOOD), zone.soa(GOOD), zone.soa(BAD), zone.soa(BAD)])


@case()
async def ixfr_with_steps_backwards(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *steps(zone, GOOD, 10, 5, BAD), zone.soa(BAD)])


@case()
async def ixfr_that_breaks_off(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), zone.soa(GOOD), rrset(zone.name("mark"), "TXT", f"serial-{GOOD}")])


@case()
async def more_than_is_allowed(exchange):
    zone = exchange.zone
    await exchange.send(exchange.message([zone.soa(BAD), *zone.body(BAD)]))
    many = exchange.message([rrset(zone.name(f"m{number}"), "TXT", "x" * 220) for number in range(100)]).to_wire(max_size=65535)
    for _ in range(400):
        await exchange.send_wire(many)
    await exchange.send(exchange.message([zone.soa(BAD)]))


@case(signed=True)
async def a_bad_signature_on_the_third(exchange):
    parts = exchange.zone.all(BAD)
    for number, first in enumerate(range(0, len(parts), 8)):
        wire = bytearray(exchange.wire(exchange.message(parts[first : first + 8])))
        if number == 2:
            # The last octet of the MAC: behind it come ID, error and the length of other data.
            wire[-7] ^= 1
        await exchange.send_wire(bytes(wire))


@case(signed=True)
async def no_signature_at_the_end(exchange):
    parts = exchange.zone.all(BAD)
    await exchange.send(exchange.message(parts[:10]))
    await exchange.send(exchange.message(parts[10:]), signed=False)


@case(signed=True)
async def too_many_without_a_signature(exchange):
    zone = exchange.zone
    await exchange.send(exchange.message([zone.soa(BAD), *zone.body(BAD)]))
    for number in range(120):
        await exchange.send(exchange.message([rrset(zone.name(f"u{number}"), "A", "192.0.2.1")]), signed=False)
    await exchange.send(exchange.message([zone.soa(BAD)]))


@case(signed=True)
async def no_signature_at_all(exchange):
    for message in [exchange.message(exchange.zone.all(BAD))]:
        await exchange.send(message, signed=False)


@case(signed=True)
async def another_key(exchange):
    message = exchange.message(exchange.zone.all(BAD))
    message.use_tsig(dns.tsig.Key("other.key.", KEY.secret, "hmac-sha256"))
    message.request_mac = exchange.query.mac
    await exchange.send_wire(message.to_wire(max_size=65535, multi=True))


@case(signed=True)
async def a_signature_for_another_question(exchange):
    message = exchange.message(exchange.zone.all(BAD))
    message.use_tsig(KEY)
    message.request_mac = b"\0" * 32
    await exchange.send_wire(message.to_wire(max_size=65535, multi=True))


@case()
async def a_connection_cut_in_a_message(exchange):
    zone = exchange.zone
    await exchange.send_all([zone.soa(BAD), *zone.body(BAD)])
    wire = exchange.message([zone.soa(BAD)]).to_wire()
    await exchange.send_raw((len(wire) + 400).to_bytes(2, "big") + wire)


@case()
async def an_octet_a_second(exchange):
    wire = exchange.message(exchange.zone.all(BAD)).to_wire(max_size=65535)
    for octet in len(wire).to_bytes(2, "big") + wire:
        await exchange.send_raw(bytes([octet]))
        await asyncio.sleep(1)


@case()
async def another_id_in_the_second(exchange):
    parts = exchange.zone.all(BAD)
    await exchange.send(exchange.message(parts[:10]))
    second = exchange.message(parts[10:])
    second.id ^= 0x1234
    await exchange.send(second)


@case()
async def another_question(exchange):
    message = exchange.message(exchange.zone.all(BAD))
    message.question = [rrset("example.net.", "A", "192.0.2.1")]
    message.question = dns.message.make_query("example.net.", "AXFR").question
    await exchange.send(message)


@case()
async def an_rcode_in_the_middle(exchange):
    zone = exchange.zone
    await exchange.send(exchange.message([zone.soa(BAD), *zone.body(BAD)]))
    await exchange.send(exchange.message([zone.soa(BAD)], dns.rcode.SERVFAIL))


@case()
async def refused(exchange):
    await exchange.send(exchange.message(rcode=dns.rcode.REFUSED))
    return "go on"


@case()
async def truncated_over_tcp(exchange):
    message = exchange.message(exchange.zone.all(BAD))
    message.flags |= dns.flags.TC
    await exchange.send(message)


@case()
async def no_response_bit(exchange):
    message = exchange.message(exchange.zone.all(BAD))
    message.flags &= ~dns.flags.QR
    await exchange.send(message)


@case()
async def a_name_that_points_to_itself(exchange):
    await exchange.send_wire(with_owner(exchange, lambda position: bytes([0xC0 | position >> 8, position & 255])))


@case()
async def a_name_that_points_ahead(exchange):
    await exchange.send_wire(with_owner(exchange, lambda position: bytes([0xC0 | (position + 40) >> 8, (position + 40) & 255])))


def with_owner(exchange, owner_at):
    """The zone, with one more record of such an owner in front of the last SOA."""
    zone = exchange.zone
    wire = bytearray(exchange.message([zone.soa(BAD), *zone.body(BAD)]).to_wire(max_size=65535))
    wire += owner_at(len(wire)) + struct.pack("!HHIH", 1, 1, 300, 4) + b"\xc0\0\2\1"
    wire[6:8] = (int.from_bytes(wire[6:8], "big") + 1).to_bytes(2, "big")
    return bytes(wire)


@case()
async def rdata_that_is_too_long(exchange):
    zone = exchange.zone
    wire = bytearray(exchange.message([zone.soa(BAD), *zone.body(BAD)]).to_wire(max_size=65535))
    wire += b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4000) + b"\xc0\0\2\1"
    wire[6:8] = (int.from_bytes(wire[6:8], "big") + 1).to_bytes(2, "big")
    await exchange.send_wire(bytes(wire))


@case()
async def counts_that_are_too_high(exchange):
    wire = bytearray(exchange.message(exchange.zone.all(BAD)).to_wire(max_size=65535))
    wire[6:8] = b"\xff\xff"
    await exchange.send_wire(bytes(wire))


@case()
async def noise(exchange):
    await exchange.send_raw(bytes(range(256)) * 40)


@case()
async def no_answer_over_tcp(exchange):
    await asyncio.sleep(ENDLESS_SECONDS)


@case()
async def a_connection_that_is_closed_at_once(exchange):
    pass


def says_nothing(zone, query):
    return None


def of_another_zone(zone, query):
    return soa_response(Zone("example.net."), query, BAD)


def with_two_serials(zone, query):
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    response.answer = [zone.soa(BAD), rrset(zone.name("other"), "SOA", f". . {BAD + 9} 1 1 1 1")]
    return response.to_wire()


def without_authority(zone, query):
    response = dns.message.make_response(query)
    response.answer = [zone.soa(BAD)]
    return response.to_wire()


def always_truncated(zone, query):
    response = dns.message.make_response(query)
    response.flags |= dns.flags.TC | dns.flags.AA
    return response.to_wire()


def with_another_id(zone, query):
    wire = bytearray(soa_response(zone, query, BAD))
    wire[0] ^= 0x55
    return bytes(wire)


async def close(exchange):
    pass


for answer in (says_nothing, of_another_zone, with_two_serials, without_authority, always_truncated, with_another_id):
    CASES.append(Case(f"soa-{answer.__name__.replace('_', '-')}", close, answer))
