"""Clients of QUIC that say what they must not: aioquic, with frames of our own in its packets, and packets that nobody's library makes."""

import socket

import quic_client
import servers
from aioquic.buffer import Buffer, encode_uint_var
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicPacketType
from aioquic.quic.packet_builder import QuicPacketBuilderStop
from aioquic.tls import Epoch

# RFC 9000 20.1.
INTERNAL_ERROR, FLOW_CONTROL_ERROR, STREAM_LIMIT_ERROR, STREAM_STATE_ERROR, FINAL_SIZE_ERROR = 1, 3, 4, 5, 6
FRAME_ENCODING_ERROR, PROTOCOL_VIOLATION, INVALID_TOKEN = 7, 0xA, 0xB
# RFC 9000 19.
RESET_STREAM, STOP_SENDING, CRYPTO, NEW_TOKEN, STREAM, MAX_DATA = 0x04, 0x05, 0x06, 0x07, 0x08, 0x10
NEW_CONNECTION_ID, RETIRE_CONNECTION_ID, PATH_RESPONSE, HANDSHAKE_DONE = 0x18, 0x19, 0x1B, 0x1E
LENGTH_BIT, OFFSET_BIT, FIN_BIT = 2, 4, 1

INITIAL_OCTETS = 1200

# A query of DoQ, and what its answer has in it.
QUERY = b"\0\0" + servers.make_query("www.a.test")[2:]
ADDRESS = bytes([192, 0, 2, 1])


def varints(*numbers):
    return b"".join(map(encode_uint_var, numbers))


def stream_frame(stream, octets, offset=0, fin=False):
    """A type and what comes behind it, as all frames here."""
    return STREAM | OFFSET_BIT | LENGTH_BIT | fin * FIN_BIT, varints(stream, offset, len(octets)) + octets


class RawConnection(QuicConnection):
    """Sends `frames`, pairs of a type and octets, ahead of its own as soon as it can send anything but its handshake."""

    def __init__(self, **words):
        super().__init__(**words)
        self.frames = []

    def _write_application(self, builder, network_path, now):
        crypto = self._cryptos[Epoch.ONE_RTT]
        if crypto.send.is_valid():
            in_packet = False
            while self.frames:
                kind, octets = self.frames[0]
                if not in_packet:
                    builder.start_packet(QuicPacketType.ONE_RTT, crypto)
                    in_packet = True
                try:
                    buffer = builder.start_frame(kind, capacity=8 + len(octets))
                except QuicPacketBuilderStop:
                    # The packet is full, or what is on its way must be acknowledged first.
                    if builder.packet_is_empty:
                        raise
                    in_packet = False
                    continue
                buffer.push_bytes(octets)
                del self.frames[0]
        super()._write_application(builder, network_path, now)


class RawClient(quic_client.Client):
    def __init__(self, port, protocol, keep_ticket=None, **settings):
        def make(**words):
            return RawConnection(session_ticket_handler=keep_ticket, **words)

        super().__init__(port, protocol, make=make, **settings)

    def say(self, *frames):
        self.connection.frames += frames
        self.flush()

    def send(self, stream, octets, fin=False):
        """On a stream, as libraries do it."""
        self.connection.send_stream_data(stream, octets, end_stream=fin)
        self.flush()


def framed(message, length=None):
    """As it is on a stream of DoQ."""
    return (len(message) if length is None else length).to_bytes(2, "big") + message


def doq_client(port, **settings):
    client = RawClient(port, "doq", **settings)
    client.shake_hands()
    return client


def ticket_of(port):
    """Of a session that can be resumed, with early data."""
    tickets = []
    with doq_client(port, keep_ticket=tickets.append) as client:
        while not tickets:
            client.receive()
    assert tickets[0].max_early_data_size == 0xFFFFFFFF
    return tickets[0]


def early_client(port, ticket, message):
    """Has sent a message before its handshake; `sent` are the datagrams."""
    client = RawClient(port, "doq", session_ticket=ticket)
    client.record = True
    client.send(0, framed(message), fin=True)
    client.record = False
    return client


def initial_of_version(version, destination, source, size=INITIAL_OCTETS):
    """A datagram that looks like the Initial packet of a version, with octets that mean nothing."""
    head = b"\xc0" + version.to_bytes(4, "big") + bytes([len(destination)]) + destination + bytes([len(source)]) + source
    return (head + b"\0" + varints(size)).ljust(size, b"\x55")


def version_negotiation(datagram):
    """(destination, source, versions) of one, None if the datagram is none (RFC 9000 17.2.1)."""
    buffer = Buffer(data=datagram)
    if not buffer.pull_uint8() & 0x80 or buffer.pull_uint32() != 0:
        return None
    destination = buffer.pull_bytes(buffer.pull_uint8())
    source = buffer.pull_bytes(buffer.pull_uint8())
    return destination, source, [buffer.pull_uint32() for _ in range((buffer.capacity - buffer.tell()) // 4)]


def is_retry(datagram):
    return datagram[0] & 0xF0 == 0xF0 and datagram[1:5] == b"\0\0\0\1"


class Stranger:
    """A socket that nobody knows. Counts the octets that it sent and got."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.sent = self.got = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, datagram):
        self.sent += len(datagram)
        self.socket.send(datagram)

    def receive(self, seconds):
        """Datagrams, until none has come for so long."""
        datagrams = []
        self.socket.settimeout(seconds)
        try:
            while True:
                datagrams.append(self.socket.recv(65535))
        except TimeoutError:
            self.got += sum(map(len, datagrams))
            return datagrams
