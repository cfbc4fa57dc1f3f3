"""Clients that break RFC 9114 and 9204: a request or the connection ends with the error that they name, and nobody else notices."""

import contextlib

import pylsqpack
import pytest
import quic_client
import raw_quic
from aioquic.buffer import Buffer
from aioquic.h3.connection import ErrorCode, FrameType
from aioquic.quic.events import StopSendingReceived, StreamDataReceived, StreamReset
from raw_quic import ADDRESS, QUERY, varints

CONTROL, ENCODER, DECODER, NEXT = 2, 6, 10, 14  # streams of one direction
PUSH_STREAM, GREASE = 1, 0x21
HTTP2_PRIORITY, HTTP2_PING, HTTP2_WINDOW_UPDATE, HTTP2_CONTINUATION = 2, 6, 8, 9
CONTENT_TYPE = (b"content-type", b"application/dns-message")


def frame(kind, octets=b"", length=None):
    return varints(kind, len(octets) if length is None else length) + octets


def section(fields):
    return pylsqpack.Encoder().encode(0, fields)[1]


def headers(*fields, method=b"POST", path=b"/dns-query"):
    head = [(b":method", method), (b":scheme", b"https"), (b":authority", b"dns.test"), (b":path", path)]
    return frame(FrameType.HEADERS, section([*head, *fields]))


SETTINGS = frame(FrameType.SETTINGS)
REQUEST = headers(CONTENT_TYPE) + frame(FrameType.DATA, QUERY)


def connected(server, control=b"\0" + SETTINGS):
    """With its streams of one direction open."""
    client = raw_quic.RawClient(server.ports["http3"], "h3")
    client.shake_hands()
    for stream, octets in ((CONTROL, control), (ENCODER, b"\2"), (DECODER, b"\3")):
        client.send(stream, octets)
    return client


def response(client, stream):
    """(status, content) of a stream that ends; otherwise an error's code."""
    octets = b""
    while True:
        for event in client.receive():
            if getattr(event, "stream_id", None) != stream:
                continue
            if isinstance(event, StreamReset):
                return ErrorCode(event.error_code), b""
            if isinstance(event, StreamDataReceived):
                octets += event.data
                if event.end_stream:
                    return parsed(octets, stream)


def parsed(octets, stream):
    buffer, status, content = Buffer(data=octets), None, b""
    while not buffer.eof():
        kind, payload = buffer.pull_uint_var(), buffer.pull_bytes(buffer.pull_uint_var())
        if kind == FrameType.HEADERS:
            status = int(dict(pylsqpack.Decoder(0, 0).feed_header(stream, payload)[1])[b":status"])
        elif kind == FrameType.DATA:
            content += payload
    return status, content


def asks(client, stream):
    client.send(stream, REQUEST, fin=True)
    status, content = response(client, stream)
    return status == 200 and ADDRESS in content


# Streams, what is sent on them behind the beginning of a connection, and the error of the connection.
BROKEN = {
    "DATA before HEADERS": (0, frame(FrameType.DATA, QUERY), ErrorCode.H3_FRAME_UNEXPECTED),
    "SETTINGS in a request": (0, SETTINGS, ErrorCode.H3_FRAME_UNEXPECTED),
    "GOAWAY in a request": (0, frame(FrameType.GOAWAY, b"\0"), ErrorCode.H3_FRAME_UNEXPECTED),
    "PUSH_PROMISE in a request": (0, frame(FrameType.PUSH_PROMISE, b"\0" + section([])), ErrorCode.H3_FRAME_UNEXPECTED),
    "PRIORITY of HTTP/2 in a request": (0, frame(HTTP2_PRIORITY, bytes(5)), ErrorCode.H3_FRAME_UNEXPECTED),
    "PING of HTTP/2 in a request": (0, REQUEST + frame(HTTP2_PING, bytes(8)), ErrorCode.H3_FRAME_UNEXPECTED),
    "SETTINGS twice": (CONTROL, SETTINGS, ErrorCode.H3_FRAME_UNEXPECTED),
    "DATA on the control stream": (CONTROL, frame(FrameType.DATA, b"x"), ErrorCode.H3_FRAME_UNEXPECTED),
    "HEADERS on the control stream": (CONTROL, REQUEST, ErrorCode.H3_FRAME_UNEXPECTED),
    "PUSH_PROMISE on the control stream": (CONTROL, frame(FrameType.PUSH_PROMISE, b"\0"), ErrorCode.H3_FRAME_UNEXPECTED),
    "WINDOW_UPDATE of HTTP/2": (CONTROL, frame(HTTP2_WINDOW_UPDATE, bytes(4)), ErrorCode.H3_FRAME_UNEXPECTED),
    "CONTINUATION of HTTP/2": (CONTROL, frame(HTTP2_CONTINUATION), ErrorCode.H3_FRAME_UNEXPECTED),
    "a smaller MAX_PUSH_ID": (
        CONTROL,
        frame(FrameType.MAX_PUSH_ID, b"\5") + frame(FrameType.MAX_PUSH_ID, b"\4"),
        ErrorCode.H3_ID_ERROR,
    ),
    "a GOAWAY that takes back another": (
        CONTROL,
        frame(FrameType.GOAWAY, b"\0") + frame(FrameType.GOAWAY, b"\4"),
        ErrorCode.H3_ID_ERROR,
    ),
    "CANCEL_PUSH of nothing": (CONTROL, frame(FrameType.CANCEL_PUSH, b"\5"), ErrorCode.H3_ID_ERROR),
    "a GOAWAY of two numbers": (CONTROL, frame(FrameType.GOAWAY, b"\0\0"), ErrorCode.H3_FRAME_ERROR),
    "an insertion without a table": (ENCODER, b"\xc0\x01x", ErrorCode.QPACK_ENCODER_STREAM_ERROR),
    "a table larger than allowed": (ENCODER, b"\x3f\xe1\x1f", ErrorCode.QPACK_ENCODER_STREAM_ERROR),
    "an acknowledgement of no section": (DECODER, b"\x80", ErrorCode.QPACK_DECODER_STREAM_ERROR),
    "an increment of nothing": (DECODER, b"\x01", ErrorCode.QPACK_DECODER_STREAM_ERROR),
    "garbage instead of fields": (0, frame(FrameType.HEADERS, b"\xff" * 20), ErrorCode.QPACK_DECOMPRESSION_FAILED),
    "a field of the dynamic table": (0, frame(FrameType.HEADERS, b"\x02\0\x80"), ErrorCode.QPACK_DECOMPRESSION_FAILED),
    "a field that the static table has not": (0, frame(FrameType.HEADERS, b"\0\0\xff\xff\x03"), ErrorCode.QPACK_DECOMPRESSION_FAILED),
    "fields that are cut short": (0, frame(FrameType.HEADERS, b"\0\0\x50\x05x"), ErrorCode.QPACK_DECOMPRESSION_FAILED),
}


@pytest.mark.parametrize("stream, octets, code", BROKEN.values(), ids=BROKEN)
def test_a_stream_that_breaks_the_protocol(server, stream, octets, code):
    with connected(server) as client:
        client.send(stream, octets)
        end = client.end()
    assert end.frame_type is None and ErrorCode(end.code) == code, end


# Of the control stream alone.
BEGINNINGS = {
    "not with SETTINGS": (frame(FrameType.GOAWAY, b"\0"), ErrorCode.H3_MISSING_SETTINGS),
    "with an unknown frame": (frame(GREASE, b"x"), ErrorCode.H3_MISSING_SETTINGS),
    "a setting of HTTP/2": (frame(FrameType.SETTINGS, varints(4, 65535)), ErrorCode.H3_SETTINGS_ERROR),
    "a setting twice": (frame(FrameType.SETTINGS, varints(6, 1000, 6, 1000)), ErrorCode.H3_SETTINGS_ERROR),
    "a setting without a value": (frame(FrameType.SETTINGS, varints(6)), ErrorCode.H3_FRAME_ERROR),
}


@pytest.mark.parametrize("octets, code", BEGINNINGS.values(), ids=BEGINNINGS)
def test_how_the_control_stream_begins(server, octets, code):
    with connected(server, b"\0" + octets) as client:
        end = client.end()
    assert end.frame_type is None and ErrorCode(end.code) == code, end


# On connections that have no more than these streams of one direction.
STREAMS = {
    "a second control stream": ([b"\0" + SETTINGS, b"\0" + SETTINGS], ErrorCode.H3_STREAM_CREATION_ERROR),
    "a second encoder": ([b"\2", b"\2"], ErrorCode.H3_STREAM_CREATION_ERROR),
    "a second decoder": ([b"\3", b"\3"], ErrorCode.H3_STREAM_CREATION_ERROR),
    "pushes": ([b"\0" + SETTINGS, varints(PUSH_STREAM, 0)], ErrorCode.H3_STREAM_CREATION_ERROR),
}


@pytest.mark.parametrize("streams, code", STREAMS.values(), ids=STREAMS)
def test_streams_of_one_direction(server, streams, code):
    with raw_quic.RawClient(server.ports["http3"], "h3") as client:
        client.shake_hands()
        for number, octets in enumerate(streams):
            client.send(CONTROL + 4 * number, octets)
        end = client.end()
    assert end.frame_type is None and ErrorCode(end.code) == code, end


def test_more_streams_of_one_direction_than_there_are_uses(server):
    with connected(server) as client:
        client.say(raw_quic.stream_frame(NEXT, varints(GREASE)))
        end = client.end()
    assert end.frame_type is not None and end.code == raw_quic.STREAM_LIMIT_ERROR, end


@pytest.mark.parametrize("stream", [CONTROL, ENCODER, DECODER])
@pytest.mark.parametrize("how", ["end", "reset"])
def test_a_stream_that_must_not_end(server, stream, how):
    with connected(server) as client:
        if how == "end":
            client.send(stream, b"", fin=True)
        else:
            client.connection.reset_stream(stream, ErrorCode.H3_NO_ERROR)
        end = client.end()
    assert end.frame_type is None and end.code == ErrorCode.H3_CLOSED_CRITICAL_STREAM, end


def test_what_nobody_knows_is_ignored(server):
    with raw_quic.RawClient(server.ports["http3"], "h3") as client:
        client.shake_hands()
        client.send(CONTROL, b"\0" + frame(FrameType.SETTINGS, varints(GREASE, 7)) + frame(GREASE, b"anything"))
        client.send(ENCODER, varints(GREASE) + b"anything")
        client.send(0, frame(GREASE, b"x") + headers(CONTENT_TYPE) + frame(GREASE) + frame(FrameType.DATA, QUERY) + frame(GREASE), fin=True)
        status, content = response(client, 0)
        assert status == 200 and ADDRESS in content


GOOD = [(b":method", b"POST"), (b":scheme", b"https"), (b":authority", b"dns.test"), (b":path", b"/dns-query"), CONTENT_TYPE]


def request(fields, content=frame(FrameType.DATA, QUERY)):
    return frame(FrameType.HEADERS, section(fields)) + content


# Requests, and what comes of them: a status or an error of the stream. The connection goes on.
REQUESTS = {
    "nothing": (b"", ErrorCode.H3_REQUEST_INCOMPLETE),
    "no method": (request(GOOD[1:]), ErrorCode.H3_MESSAGE_ERROR),
    "no path": (request([*GOOD[:3], CONTENT_TYPE]), ErrorCode.H3_MESSAGE_ERROR),
    "a path twice": (request([*GOOD[:4], (b":path", b"/"), CONTENT_TYPE]), ErrorCode.H3_MESSAGE_ERROR),
    "a pseudo field behind others": (request([*GOOD[:3], CONTENT_TYPE, GOOD[3]]), ErrorCode.H3_MESSAGE_ERROR),
    "a pseudo field of responses": (request([*GOOD, (b":status", b"200")][::-1]), ErrorCode.H3_MESSAGE_ERROR),
    "a name with capitals": (request([*GOOD, (b"Accept", b"*/*")]), ErrorCode.H3_MESSAGE_ERROR),
    "a field of connections": (request([*GOOD, (b"connection", b"close")]), ErrorCode.H3_MESSAGE_ERROR),
    "a line's end in a value": (request([*GOOD, (b"x", b"a\r\nb: c")]), ErrorCode.H3_MESSAGE_ERROR),
    "another length than it says": (request([*GOOD, (b"content-length", b"5")]), ErrorCode.H3_MESSAGE_ERROR),
    "a longer one": (request([*GOOD, (b"content-length", b"500")]), ErrorCode.H3_MESSAGE_ERROR),
    "a field section too large": (request([*GOOD, (b"x", b"y" * 20_000)]), 431),
    "too many fields": (request([*GOOD, *[(b"x", b"y")] * 200]), 431),
    "a target too long": (headers(method=b"GET", path=b"/" + b"y" * 9000), 414),
    "a message too large": (request(GOOD, frame(FrameType.DATA, bytes(65_536))), 413),
    "CONNECT": (request([(b":method", b"CONNECT"), (b":authority", b"dns.test:53")]), 501),
    "another path": (headers(method=b"GET", path=b"/elsewhere"), 404),
    "another method": (headers(CONTENT_TYPE, method=b"DELETE"), 405),
    "another type": (headers((b"content-type", b"text/plain")) + frame(FrameType.DATA, QUERY), 415),
    "no query": (headers(method=b"GET"), 400),
    "not in base64": (headers(method=b"GET", path=b"/dns-query?dns=*"), 400),
}


@pytest.mark.parametrize("octets, expected", REQUESTS.values(), ids=REQUESTS)
def test_a_request(server, octets, expected):
    with connected(server) as client:
        client.send(0, octets, fin=True)
        got, _ = response(client, 0)
        assert got == expected
        assert asks(client, 4)


def test_a_frame_that_the_stream_ends_in(server):
    with connected(server) as client:
        client.send(0, headers(CONTENT_TYPE) + frame(FrameType.DATA, QUERY, length=1000), fin=True)
        assert client.end().code == ErrorCode.H3_FRAME_ERROR


@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_a_body_too_large(server, method):
    """It is not read to its end, whatever it is for."""
    with connected(server) as client:
        client.send(0, headers(CONTENT_TYPE, method=method) + varints(FrameType.DATA, 1 << 30) + bytes(2 << 20))
        stopped = None
        while stopped is None:
            for event in client.receive():
                if getattr(event, "stream_id", None) == 0 and isinstance(event, StopSendingReceived):
                    stopped = event.error_code
        assert asks(client, 4)


def test_requests_that_are_taken_back_over_and_over(server):
    """As CVE-2023-44487 has it for HTTP/2."""
    with connected(server) as client:
        taken_back = 0
        with contextlib.suppress(quic_client.Closed):
            while taken_back < 20_000:
                for _ in range(50):
                    stream = client.connection.get_next_available_stream_id()
                    client.send(stream, headers(CONTENT_TYPE))
                    client.connection.reset_stream(stream, ErrorCode.H3_REQUEST_CANCELLED)
                    client.flush()
                    taken_back += 1
                client.go_on(0.01)
        assert client.closed is not None, "the server takes it for ever"
        assert client.closed.frame_type is None and client.closed.code == ErrorCode.H3_EXCESSIVE_LOAD
