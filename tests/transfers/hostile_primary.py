"""A primary that is good at first, misbehaves when it is told to, and is good again.

It has a zone and a port for each case. While a case misbehaves, questions for the SOA are answered with a serial that is newer than what
it gave, unless they are what is wrong; what it does with AXFR and IXFR, hostile_cases.py says.
"""

import asyncio
import collections
import contextlib
import socket
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig

import transfer_servers

SIGNED = transfer_servers.Link("hostile", "hmac-sha256")
KEY = dns.tsig.Key(SIGNED.key.name, SIGNED.key.secret, SIGNED.key.algorithm)
KEYRING = {KEY.name: KEY}
GOOD, BAD, GOOD_AGAIN = 1, 20, 40  # serials
RECORDS = 30


class Zone:
    """One case's: its contents follow from the serial."""

    def __init__(self, apex):
        self.apex = dns.name.from_text(apex)

    def soa(self, serial):
        return rrset(self.apex, "SOA", f"ns.{self.apex} admin.{self.apex} {serial} 30 10 86400 60")

    def body(self, serial):
        hosts = [rrset(self.name(f"h{number}"), "A", f"192.0.2.{number}") for number in range(RECORDS)]
        mark = rrset(self.name("mark"), "TXT", f"serial-{serial}")
        return [rrset(self.apex, "NS", f"ns.{self.apex}"), rrset(self.name("ns"), "A", "127.0.0.1"), mark, *hosts]

    def all(self, serial):
        return [self.soa(serial), *self.body(serial), self.soa(serial)]

    def name(self, text):
        return dns.name.from_text(text, self.apex)


def rrset(owner, rrtype, text, ttl=300, rdclass="IN"):
    return dns.rrset.from_text(owner, ttl, rdclass, rrtype, text)


class Exchange:
    """A question over TCP, and what is sent for it."""

    def __init__(self, zone, query, writer):
        self.zone = zone
        self.query = query
        self.writer = writer
        self.tsig = None  # of the message that was signed last

    @property
    def is_ixfr(self):
        return self.query.question[0].rdtype == dns.rdatatype.IXFR

    def message(self, rrsets=(), rcode=dns.rcode.NOERROR):
        response = dns.message.make_response(self.query)
        # What is added to its wire form stands behind the answers.
        response.use_edns(False)
        response.flags |= dns.flags.AA
        response.set_rcode(rcode)
        response.answer = list(rrsets)
        return response

    def wire(self, message, signed=True):
        if not self.query.had_tsig or not signed:
            message.tsig = None
            return message.to_wire(max_size=65535)
        if self.tsig is None:
            message.use_tsig(KEY, fudge=300)
            message.request_mac = self.query.mac
            wire = message.to_wire(max_size=65535, multi=True, tsig_ctx=None)
        else:
            message.use_tsig(KEY, fudge=300)
            wire = message.to_wire(max_size=65535, multi=True, tsig_ctx=self.tsig)
        self.tsig = message.tsig_ctx
        return wire

    async def send(self, message, signed=True):
        await self.send_wire(self.wire(message, signed))

    async def send_wire(self, wire):
        await self.send_raw(len(wire).to_bytes(2, "big") + wire)

    async def send_raw(self, octets):
        self.writer.write(octets)
        await self.writer.drain()

    async def send_all(self, rrsets, a_message=8):
        """In several messages."""
        for first in range(0, len(rrsets), a_message):
            await self.send(self.message(rrsets[first : first + a_message]))


class Hostile:
    """One case under way: what transfer_servers takes for a primary. `case.misbehave(exchange)` sends what it wants."""

    def __init__(self, case, port):
        self.case = case
        self.port = port
        self.zone = Zone(case.apex)
        self.serial = GOOD
        self.is_bad = False
        self.transfers_asked = 0  # while it misbehaved
        self.questions = 0

    def port_for(self, link):
        return self.port

    async def start(self):
        loop = asyncio.get_running_loop()
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        await loop.create_datagram_endpoint(lambda: Datagrams(self), local_addr=("127.0.0.1", self.port))

    async def serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            try:
                while True:
                    length = int.from_bytes(await reader.readexactly(2), "big")
                    wire = await reader.readexactly(length)
                    if not await self.answer(wire, writer):
                        break
            finally:
                writer.close()

    async def answer(self, wire, writer):
        """Whether the connection goes on."""
        exchange = Exchange(self.zone, dns.message.from_wire(wire, keyring=KEYRING), writer)
        if exchange.query.question[0].rdtype not in (dns.rdatatype.AXFR, dns.rdatatype.IXFR):
            if (response := self.datagram(wire)) is not None:
                await exchange.send_wire(response)
            return True
        if not self.is_bad:
            await exchange.send_all(self.zone.all(self.serial))
            return True
        self.transfers_asked += 1
        return await self.case.misbehave(exchange) == "go on"

    def datagram(self, wire):
        """The response to a question that is no transfer, over UDP or TCP."""
        self.questions += 1
        query = dns.message.from_wire(wire, keyring=KEYRING)
        if self.is_bad and self.case.answer is not None:
            return self.case.answer(self.zone, query)
        return soa_response(self.zone, query, BAD if self.is_bad else self.serial)


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, hostile):
        self.hostile = hostile

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        with contextlib.suppress(dns.exception.DNSException):
            if (response := self.hostile.datagram(data)) is not None:
                self.transport.sendto(response, address)


def soa_response(zone, query, serial):
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    if query.question[0].rdtype == dns.rdatatype.SOA:
        response.answer = [zone.soa(serial)]
    if query.had_tsig:
        response.use_tsig(KEY, fudge=300)
        response.request_mac = query.mac
    return response.to_wire()


class Primaries:
    """All of them, on a thread of their own."""

    def __init__(self, hostiles):
        self.hostiles = hostiles
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        for hostile in self.hostiles:
            asyncio.run_coroutine_threadsafe(hostile.start(), self.loop).result(10)
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def end(self):
        for hostile in self.hostiles:
            hostile.server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def notify(hostile, port, serial, source="127.0.0.1"):
    """NOTIFY (RFC 1996) of a serial, from the primary's address; nobody waits for the answer."""
    message = make_notify(hostile.zone, serial)
    if hostile.case.signed:
        message.use_tsig(KEY)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        sender.sendto(message.to_wire(), ("127.0.0.1", port))


def flood(hostile, port, source, per_second, seconds):
    """Sends NOTIFYs, each of another serial, at a rate; how many were answered, by RCODE."""
    wires = [make_notify(hostile.zone, GOOD_AGAIN + number % 50).to_wire() for number in range(100)]
    rcodes = collections.Counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        sender.bind((source, 0))
        sender.connect(("127.0.0.1", port))
        sender.setblocking(False)
        begun = time.monotonic()
        sent = 0
        while (now := time.monotonic()) < begun + seconds:
            while sent < (now - begun) * per_second:
                with contextlib.suppress(BlockingIOError):
                    sender.send(wires[sent % len(wires)])
                sent += 1
            with contextlib.suppress(BlockingIOError):
                while True:
                    rcodes[dns.rcode.to_text(sender.recv(512)[3] & 0x0F)] += 1
            time.sleep(0.001)
    return sent, rcodes


def make_notify(zone, serial):
    message = dns.message.make_query(zone.apex, "SOA", flags=dns.flags.AA)
    message.set_opcode(dns.opcode.NOTIFY)
    message.answer = [zone.soa(serial)]
    return message


def wait_until(is_so, seconds):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
