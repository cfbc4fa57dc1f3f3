"""Clients that break RFC 9000, or are not who they seem to be: connections end with the error that it names, and nobody else notices."""

import os
import random
import time

import pytest
import quic_client
import raw_quic
import servers
from aioquic.quic.events import StreamDataReceived
from raw_quic import ADDRESS, QUERY, doq_client, framed, stream_frame, varints

LARGE = b"\0\0" + servers.make_query("large.a.test", 16)[2:]
LARGE_OCTETS_MIN = 60 * 200
SHORT_HEADER = 0x40
DOQ_EXCESSIVE_LOAD = 4  # RFC 9250 8.4


def asks(client, stream):
    """Whether a query on a stream is answered."""
    client.send(stream, framed(QUERY), fin=True)
    return ADDRESS in client.wait_for(StreamDataReceived, stream_id=stream).data


# Frames that end a connection, and with what.
BROKEN = {
    "of an unknown type": ([(0x3F, b"")], raw_quic.FRAME_ENCODING_ERROR),
    "of an unknown type of many octets": ([(0x3FFFFFFFFFFF, b"")], raw_quic.FRAME_ENCODING_ERROR),
    "longer than its packet": ([(raw_quic.STREAM | raw_quic.LENGTH_BIT, varints(0, 5000) + b"x")], raw_quic.FRAME_ENCODING_ERROR),
    "on a stream of the server's": ([stream_frame(1, b"x")], raw_quic.STREAM_STATE_ERROR),
    "on a stream of one direction of the server's": ([stream_frame(3, b"x")], raw_quic.STREAM_STATE_ERROR),
    "more streams than allowed": ([stream_frame(4 * 10_000, b"x")], raw_quic.STREAM_LIMIT_ERROR),
    "a reset of more streams than allowed": ([(raw_quic.RESET_STREAM, varints(40_000, 0, 0))], raw_quic.STREAM_LIMIT_ERROR),
    "more octets than a stream may": ([stream_frame(0, b"x", offset=1 << 20)], raw_quic.FLOW_CONTROL_ERROR),
    "more octets than all streams may": (
        [stream_frame(4 * number, b"x", offset=(66 << 10) - 1) for number in range(8)],
        raw_quic.FLOW_CONTROL_ERROR,
    ),
    "beyond the last offset": ([stream_frame(0, b"xx", offset=(1 << 62) - 2)], raw_quic.FLOW_CONTROL_ERROR),
    "two ends of a stream": ([stream_frame(0, b"xx", fin=True), stream_frame(0, b"xxx", fin=True)], raw_quic.FINAL_SIZE_ERROR),
    "octets behind the end": ([stream_frame(0, b"", offset=4, fin=True), stream_frame(0, b"x", offset=9)], raw_quic.FINAL_SIZE_ERROR),
    "an acknowledgement of what was not sent": ([(0x02, varints(1_000_000, 0, 0, 0))], raw_quic.PROTOCOL_VIOLATION),
    "HANDSHAKE_DONE": ([(raw_quic.HANDSHAKE_DONE, b"")], raw_quic.PROTOCOL_VIOLATION),
    "NEW_TOKEN": ([(raw_quic.NEW_TOKEN, varints(3) + b"abc")], raw_quic.PROTOCOL_VIOLATION),
    "more connection ids than allowed": (
        [(raw_quic.NEW_CONNECTION_ID, varints(number, 0) + b"\x08" + os.urandom(24)) for number in range(8, 60)],
        9,  # CONNECTION_ID_LIMIT_ERROR
    ),
    "the end of a connection id that nobody has": ([(raw_quic.RETIRE_CONNECTION_ID, varints(1000))], raw_quic.PROTOCOL_VIOLATION),
    "CRYPTO of an endless handshake": ([(raw_quic.CRYPTO, varints(1 << 20, 1000) + bytes(1000))], 0xD),  # CRYPTO_BUFFER_EXCEEDED
    "STOP_SENDING of a stream that is not there": ([(raw_quic.STOP_SENDING, varints(1, 0))], raw_quic.STREAM_STATE_ERROR),
}


@pytest.mark.parametrize("frames, code", BROKEN.values(), ids=BROKEN)
def test_a_frame(server, frames, code):
    with doq_client(server.ports["quic"]) as client:
        client.say(*frames)
        end = client.end()
    assert end.frame_type is not None and end.code == code, end


# RFC 9000 19.18 says that an end may be bothered by it.
def test_a_path_response_to_nothing(server):
    with doq_client(server.ports["quic"]) as client:
        client.say((raw_quic.PATH_RESPONSE, bytes(8)))
        assert asks(client, 0)


def test_packets_of_nothing_but_padding(server):
    with doq_client(server.ports["quic"]) as client:
        client.say(*[(0, bytes(1000))] * 5)
        assert asks(client, 0)


def test_a_flood_of_pings(server):
    """Packets that bring nothing are taken for a while."""
    before = server.counted("atlas_quic_connections_ended_total", "reason")["flood"]
    with doq_client(server.ports["quic"]) as client:
        for number in range(20_000):
            client.connection.send_ping(number)
            client.flush()
            if number % 50 == 0:
                try:
                    client.go_on(0.005)
                except quic_client.Closed:
                    break
        assert client.closed is not None
        assert (client.closed.code, client.closed.frame_type) == (DOQ_EXCESSIVE_LOAD, None)
    assert server.counted("atlas_quic_connections_ended_total", "reason")["flood"] == before + 1


@pytest.mark.parametrize("order", ["query first", "close first"])
def test_a_client_that_closes_while_it_asks(server, order):
    for _ in range(20):
        with doq_client(server.ports["quic"]) as client:
            query = stream_frame(0, framed(QUERY), fin=True)
            # CONNECTION_CLOSE of the application.
            close = (0x1D, varints(0, 0))
            client.connection.frames += [query, close] if order == "query first" else [close, query]
            client.flush()


def test_a_client_and_a_server_that_close_at_once(server):
    for _ in range(20):
        with doq_client(server.ports["quic"]) as client:
            client.connection.frames += [stream_frame(2, b"x"), (0x1D, varints(0, 0)), stream_frame(3, b"x")]
            client.flush()
            client.flush()


def packets_of_a_query(client, stream, message):
    """Datagrams that are not sent."""
    client.connection.send_stream_data(stream, framed(message), end_stream=True)
    return [datagram for datagram, _ in client.connection.datagrams_to_send(now=time.monotonic())]


def test_packets_from_a_port_that_does_not_answer(server):
    """An attacker who sees packets sends them ahead, from another address: it must not get more than three times what it sent (RFC 9000
    8.1), and the client loses nothing by it (9.3.2)."""
    with doq_client(server.ports["quic"]) as client, raw_quic.Stranger(server.ports["quic"]) as stranger:
        assert asks(client, 0)
        client.go_on(0.1)
        for stream in range(4, 36, 4):
            for datagram in packets_of_a_query(client, stream, LARGE):
                stranger.send(datagram)
            stranger.receive(0.2)
            assert stranger.got <= 3 * stranger.sent
        assert stranger.got > 0, "nobody believed that the client had moved"
        # The client goes on where it was, and gets what was asked for.
        octets = dict.fromkeys(range(4, 36, 4), b"")
        client.connection.send_ping(1)
        while any(len(answer) < LARGE_OCTETS_MIN for answer in octets.values()):
            event = client.wait_for(StreamDataReceived)
            octets[event.stream_id] += event.data
        assert asks(client, 36)


def test_a_client_that_moves(server):
    """More than once, and not too often: each port is another client to the kernel, and may be with another worker."""
    with doq_client(server.ports["quic"]) as client:
        for number in range(8):
            assert asks(client, 4 * number)
            client.move()


UPDATE = b"\0\0\x28\0" + QUERY[4:]
FORMERR, REFUSED = 1, 5


@pytest.fixture(name="ticket")
def session_ticket(server):
    return raw_quic.ticket_of(server.ports["quic"])


def test_a_query_before_the_handshake(server, ticket):
    with raw_quic.early_client(server.ports["quic"], ticket, QUERY) as client:
        assert client.shake_hands().early_data_accepted
        assert ADDRESS in client.wait_for(StreamDataReceived, stream_id=0).data


def test_nothing_is_changed_before_the_handshake(server, ticket):
    with raw_quic.early_client(server.ports["quic"], ticket, UPDATE) as client:
        assert client.shake_hands().early_data_accepted
        assert client.wait_for(StreamDataReceived, stream_id=0).data[5] & 15 == REFUSED
        client.send(4, framed(UPDATE), fin=True)
        assert client.wait_for(StreamDataReceived, stream_id=4).data[5] & 15 == FORMERR  # it is no update that could be carried out


@pytest.mark.parametrize("closed", [False, True], ids=["while the connection is open", "behind its end"])
def test_a_first_flight_that_is_sent_again(server, ticket, closed):
    """TLS takes early data once (RFC 8446 8): the query in it is not answered again."""
    client = raw_quic.early_client(server.ports["quic"], ticket, QUERY)
    assert client.shake_hands().early_data_accepted
    client.wait_for(StreamDataReceived, stream_id=0)
    if closed:
        client.close()
        time.sleep(0.5)
    asked = server.queries()["quic"]
    for _ in range(4):
        # Each port is another client to the kernel, and may be with another worker.
        with raw_quic.Stranger(server.ports["quic"]) as stranger:
            for datagram in client.sent:
                stranger.send(datagram)
            stranger.receive(0.5)
            assert stranger.got <= 3 * stranger.sent
    assert server.queries()["quic"] == asked
    if not closed:
        assert asks(client, 4)
        client.close()


def first_datagram(server):
    """An Initial packet with a whole ClientHello."""
    client = raw_quic.RawClient(server.ports["quic"], "doq")
    datagrams = [datagram for datagram, _ in client.connection.datagrams_to_send(now=time.monotonic())]
    client.socket.close()
    assert len(datagrams) == 1
    return datagrams[0]


def test_a_handshake_that_nobody_goes_on_with(server):
    """The server sends no more than three times what it got (RFC 9000 8.1), however often it tries again."""
    with raw_quic.Stranger(server.ports["quic"]) as stranger:
        stranger.send(first_datagram(server))
        stranger.receive(2)
        assert 0 < stranger.got <= 3 * stranger.sent


def test_a_version_that_nobody_knows(server):
    destination, source = os.urandom(8), os.urandom(5)
    with raw_quic.Stranger(server.ports["quic"]) as stranger:
        stranger.send(raw_quic.initial_of_version(0x1A2A3A4A, destination, source))
        [answer] = stranger.receive(0.5)
        to, of, versions = raw_quic.version_negotiation(answer)
        assert (to, of) == (source, destination) and 1 in versions
        # RFC 9000 6.1: only to datagrams that could begin a connection.
        stranger.send(raw_quic.initial_of_version(0x1A2A3A4A, destination, source, size=1199))
        assert stranger.receive(0.5) == []
        # To a Version Negotiation there is no answer.
        stranger.send(raw_quic.initial_of_version(0, destination, source))
        assert stranger.receive(0.5) == []


def test_packets_of_no_connection(server):
    """Get a stateless reset, which is shorter than they are (RFC 9000 10.3.3)."""
    with raw_quic.Stranger(server.ports["quic"]) as stranger:
        answered = 0
        for size in (0, 1, 10, 20, 21, 22, 42, 43, 44, 100, 1200):
            stranger.send(bytes([SHORT_HEADER]) + os.urandom(max(0, size - 1)))
            for answer in stranger.receive(0.1):
                answered += 1
                assert 21 <= len(answer) < size and answer[0] & 0xC0 == 0x40
        assert answered >= 2


def test_garbage_of_all_lengths(server):
    generator = random.Random(1)
    with raw_quic.Stranger(server.ports["quic"]) as stranger:
        for size in range(1500):
            octets = bytearray(generator.randbytes(size))
            if size >= 5 and size % 3 == 0:
                octets[0] |= 0xC0
                octets[1:5] = b"\0\0\0\1"
            stranger.send(octets)
        for size in (4096, 65507):
            stranger.send(generator.randbytes(size))
        stranger.receive(0.5)
        assert stranger.got <= stranger.sent


def test_a_good_datagram_with_each_octet_changed(server):
    """Authenticated or not, its header is read."""
    datagram = first_datagram(server)
    with raw_quic.Stranger(server.ports["quic"]) as stranger:
        for place in range(64):
            for change in (0x01, 0x80, 0xFF):
                changed = bytearray(datagram)
                changed[place] ^= change
                stranger.send(changed)
        for size in range(0, len(datagram), 7):
            stranger.send(datagram[:size])
        stranger.receive(1)
        assert stranger.got <= 3 * stranger.sent
