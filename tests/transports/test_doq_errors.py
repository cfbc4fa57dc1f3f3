"""Clients that break RFC 9250: the connection ends with the error that it names, and nobody else notices."""

import contextlib

import pytest
import quic_client
import raw_quic
import servers
from aioquic.quic.events import StreamDataReceived, StreamReset
from raw_quic import ADDRESS, QUERY, doq_client, framed

# RFC 9250 8.4.
DOQ_PROTOCOL_ERROR, DOQ_REQUEST_CANCELLED, DOQ_EXCESSIVE_LOAD = 2, 3, 4

KEEPALIVE = QUERY[:11] + b"\1" + QUERY[12:] + b"\0\0\x29\x04\xd0\0\0\0\0\0\x04\0\x0b\0\0"
LARGE = b"\0\0" + servers.make_query("large.a.test", 16)[2:]


# What the client sends on a stream, and what the server counts.
BROKEN = {
    "a message of no octets": (framed(b""), "message"),
    "less than a header": (framed(bytes(11)), "message"),
    "a response": (framed(QUERY[:2] + b"\x80" + QUERY[3:]), "message"),
    "two messages": (framed(QUERY) + framed(QUERY), "long"),
    "octets behind the message": (framed(QUERY) + b"\0", "long"),
    "an id": (framed(b"\0\1" + QUERY[2:]), "message-id"),
    "the end before the message is whole": (framed(QUERY[:-1], len(QUERY)), "short"),
    "the end before the length is whole": (b"\0", "short"),
    "the end and no octets": (b"", "short"),
    "the option of keepalive": (framed(KEEPALIVE), "keepalive"),
}


@pytest.mark.parametrize("octets, reason", BROKEN.values(), ids=BROKEN)
# In one piece, and octet by octet.
@pytest.mark.parametrize("step", [65535, 1])
def test_a_stream_that_breaks_the_protocol(server, octets, reason, step):
    before = server.counted("atlas_doq_errors_total", "reason")[reason]
    with doq_client(server.ports["quic"]) as client:
        with contextlib.suppress(quic_client.Closed):
            for begin in range(0, len(octets), step):
                client.send(0, octets[begin : begin + step])
                if step < len(octets):
                    client.go_on(0.005)
            client.send(0, b"", fin=True)
        end = client.end()
    assert (end.code, end.frame_type) == (DOQ_PROTOCOL_ERROR, None), end
    assert server.counted("atlas_doq_errors_total", "reason")[reason] == before + 1


def test_a_message_is_refused_once_it_is_too_long(server):
    # The end of the stream is not waited for.
    with doq_client(server.ports["quic"]) as client:
        client.send(0, framed(QUERY) + b"\0")
        assert client.end().code == DOQ_PROTOCOL_ERROR


def test_the_end_may_come_behind_the_query(server):
    with doq_client(server.ports["quic"]) as client:
        client.send(0, framed(QUERY))
        client.go_on(0.1)
        # RFC 9250 4.2: the end is a part of the query.
        assert not [event for event in client.events if isinstance(event, StreamDataReceived)]
        client.send(0, b"", fin=True)
        assert ADDRESS in client.wait_for(StreamDataReceived, stream_id=0).data


def test_what_was_asked_before_is_lost_with_the_connection(server):
    with doq_client(server.ports["quic"]) as client:
        for number in range(50):
            client.connection.send_stream_data(4 * number, framed(QUERY), end_stream=True)
        client.send(200, framed(b"\0\1" + QUERY[2:]), fin=True)
        assert client.end().code == DOQ_PROTOCOL_ERROR


def test_a_stream_of_one_direction(server):
    # None is allowed (RFC 9250 5.2 has no use for one), so that QUIC refuses it.
    with doq_client(server.ports["quic"]) as client:
        client.say(raw_quic.stream_frame(2, framed(QUERY), fin=True))
        assert client.end().code == raw_quic.STREAM_LIMIT_ERROR


def test_a_query_that_is_taken_back(server):
    with doq_client(server.ports["quic"]) as client:
        client.send(0, framed(QUERY, 2 * len(QUERY)))
        client.connection.reset_stream(0, DOQ_REQUEST_CANCELLED)
        assert client.wait_for(StreamReset, stream_id=0).error_code == DOQ_REQUEST_CANCELLED
        # The connection is as before.
        client.send(4, framed(QUERY), fin=True)
        assert ADDRESS in client.wait_for(StreamDataReceived, stream_id=4).data


def test_an_answer_that_nobody_wants(server):
    with doq_client(server.ports["quic"]) as client:
        client.connection.send_stream_data(0, framed(LARGE), end_stream=True)
        client.say((raw_quic.STOP_SENDING, raw_quic.varints(0, DOQ_REQUEST_CANCELLED)))
        client.wait_for(StreamReset, stream_id=0)
        client.send(4, framed(QUERY), fin=True)
        assert ADDRESS in client.wait_for(StreamDataReceived, stream_id=4).data


@pytest.mark.parametrize("whole", [False, True], ids=["before the query is whole", "behind a whole query"])
def test_queries_that_are_taken_back_over_and_over(server, whole):
    """As CVE-2023-44487 has it for HTTP/2. Streams are opened as fast as the server allows more."""
    before = server.counted("atlas_quic_connections_ended_total", "reason")["flood"]
    with doq_client(server.ports["quic"]) as client:
        taken_back = 0
        with contextlib.suppress(quic_client.Closed):
            while taken_back < 20_000:
                for _ in range(50):
                    stream = client.connection.get_next_available_stream_id()
                    client.connection.send_stream_data(stream, framed(QUERY)[: None if whole else 10], end_stream=whole)
                    client.flush()
                    client.connection.reset_stream(stream, DOQ_REQUEST_CANCELLED)
                    client.flush()
                    taken_back += 1
                client.go_on(0.01)
    assert client.closed is not None, "the server takes it for ever"
    assert (client.closed.code, client.closed.frame_type) == (DOQ_EXCESSIVE_LOAD, None)
    assert server.counted("atlas_quic_connections_ended_total", "reason")["flood"] == before + 1
