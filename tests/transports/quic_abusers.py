"""Clients that abuse QUIC listeners, as those of abusers.py do TCP's."""

import contextlib
import os
import random
import time

import raw_quic
from abusers import SECONDS_MAX
from aioquic.h3.connection import ErrorCode, FrameType
from raw_quic import varints

SILENT_CONNECTIONS = 30
SLOW_CONNECTIONS = 10
HELLOS = 20
DATAGRAMS = 300
STREAMS = 2000
STREAMS_AT_ONCE = 50
DOQ_REQUEST_CANCELLED = 3

FRAMED = raw_quic.framed(raw_quic.QUERY)
# POST https://dns.test/dns-query with content-type application/dns-message: indexed and literal fields (RFC 9204 4.5).
FIELDS = b"\0\0\xd4\xd7\x50\x08dns.test\x51\x0a/dns-query\x5f\x1d\x17application/dns-message"
HEADERS = varints(FrameType.HEADERS, len(FIELDS)) + FIELDS
CONTROL = varints(0, FrameType.SETTINGS, 0)


def doq(ports):
    return raw_quic.doq_client(ports["quic"], seconds=SECONDS_MAX)


def http3(ports):
    client = raw_quic.RawClient(ports["http3"], "h3", seconds=SECONDS_MAX)
    client.shake_hands()
    client.send(2, CONTROL)
    return client


def either(ports):
    return random.choice((doq, http3))(ports)


def quic_handshakes(ports):
    with either(ports):
        pass


def quic_hellos(ports):
    """Handshakes that nobody goes on with, each from a port of its own."""
    for _ in range(HELLOS):
        client = raw_quic.RawClient(ports[random.choice(("quic", "http3"))], random.choice(("doq", "h3", "other")))
        client.flush()
        client.socket.close()


def quic_initials(ports):
    """What looks like the beginning of a connection."""
    with raw_quic.Stranger(ports[random.choice(("quic", "http3"))]) as stranger:
        for _ in range(DATAGRAMS):
            version = random.choice((1, 1, 1, 0x6B3343CF, random.getrandbits(32)))
            stranger.send(raw_quic.initial_of_version(version, os.urandom(8), os.urandom(8)))


def quic_silent(ports):
    with contextlib.ExitStack() as stack:
        for _ in range(SILENT_CONNECTIONS):
            stack.enter_context(either(ports))
        time.sleep(SECONDS_MAX)


def quic_slow(ports):
    """Queries that come octet by octet."""
    with contextlib.ExitStack() as stack:
        clients = [(stack.enter_context(doq(ports)), FRAMED) for _ in range(SLOW_CONNECTIONS)]
        clients += [(stack.enter_context(http3(ports)), HEADERS) for _ in range(SLOW_CONNECTIONS)]
        end = time.monotonic() + SECONDS_MAX
        for place in range(len(FRAMED) - 1):
            for client, octets in clients:
                client.send(0, octets[place : place + 1])
                client.go_on(0.005)
            if time.monotonic() > end:
                return


def over_and_over(client, octets, code):
    """Opens streams as fast as the server lets, and takes each back."""
    with client:
        for _ in range(STREAMS // STREAMS_AT_ONCE):
            for _ in range(STREAMS_AT_ONCE):
                stream = client.connection.get_next_available_stream_id()
                client.send(stream, octets)
                client.connection.reset_stream(stream, code)
                client.flush()
            client.go_on(0.01)


def doq_rapid_reset(ports):
    over_and_over(doq(ports), FRAMED, DOQ_REQUEST_CANCELLED)


def http3_rapid_reset(ports):
    over_and_over(http3(ports), HEADERS, ErrorCode.H3_REQUEST_CANCELLED)


def quic_pings(ports):
    with either(ports) as client:
        for number in range(10 * DATAGRAMS):
            client.connection.send_ping(number)
            client.flush()
            if number % STREAMS_AT_ONCE == 0:
                client.go_on(0.005)


def quic_garbage(ports):
    """In datagrams, and on streams behind a handshake."""
    if random.randrange(2):
        with raw_quic.Stranger(ports[random.choice(("quic", "http3"))]) as stranger:
            for _ in range(DATAGRAMS):
                octets = bytearray(os.urandom(random.randrange(1, 1500)))
                octets[0] |= 0x40
                stranger.send(octets)
        return
    with either(ports) as client:
        client.send(random.choice((0, 2, 6)), os.urandom(random.randrange(1, 20_000)), fin=bool(random.randrange(2)))
        client.end(1)


def quic_frames(ports):
    """That are unknown, forbidden or cut short."""
    with either(ports) as client:
        kind = random.choice((0x3F, raw_quic.HANDSHAKE_DONE, raw_quic.RESET_STREAM, raw_quic.NEW_CONNECTION_ID, random.getrandbits(6)))
        client.say((kind, os.urandom(random.randrange(40))))
        client.end(1)


def quic_moving(ports):
    """Whose packets come from ports that answer nothing."""
    with doq(ports) as client:
        client.go_on(0.1)
        for _ in range(30):
            stream = client.connection.get_next_available_stream_id()
            client.connection.send_stream_data(stream, FRAMED, end_stream=True)
            with raw_quic.Stranger(ports["quic"]) as stranger:
                for datagram, _ in client.connection.datagrams_to_send(now=time.monotonic()):
                    stranger.send(datagram)
            client.go_on(0.02)


def quic_unacknowledged(ports):
    """Answers that nobody acknowledges."""
    with doq(ports) as client:
        for _ in range(100):
            client.connection.send_stream_data(client.connection.get_next_available_stream_id(), FRAMED, end_stream=True)
        client.flush()
        time.sleep(1)
        client.socket.close()
        # No goodbye either.
        client.connection.close = lambda: None


def http3_uploads(ports):
    """That are never whole."""
    with http3(ports) as client:
        for number in range(STREAMS_AT_ONCE):
            client.send(4 * number, HEADERS + varints(FrameType.DATA, 60_000) + bytes(1000))
        client.go_on(0.5)


ALL = (
    quic_handshakes, quic_hellos, quic_initials, quic_silent, quic_slow, doq_rapid_reset, http3_rapid_reset, quic_pings, quic_garbage,
    quic_frames, quic_moving, quic_unacknowledged, http3_uploads,
)  # fmt: skip
