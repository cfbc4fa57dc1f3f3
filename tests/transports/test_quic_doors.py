"""What a server says to clients that it does not know yet, or any more."""

import contextlib
import time

import pytest
import raw_quic
import servers
from aioquic.quic.events import StreamDataReceived
from conftest import Abused
from raw_quic import ADDRESS, QUERY, doq_client, framed


class Suspicious(Abused):
    """Every client must show first that it receives what is sent to its address."""

    quic = "{always-validate: true, connections-per-client-max: 2000}"


@pytest.fixture(scope="module", name="suspicious")
def start_suspicious(zones):
    with servers.running(Suspicious, zones) as server:
        yield server


def first_datagram(client):
    [(datagram, _)] = client.connection.datagrams_to_send(now=time.monotonic())
    return datagram


def answers_to(client, datagram, seconds=1):
    """What another port gets for it."""
    with raw_quic.Stranger(client.address[1]) as stranger:
        stranger.send(datagram)
        answers = stranger.receive(seconds)
        assert stranger.got <= stranger.sent
        return answers


def test_a_retry_is_answered(suspicious):
    with raw_quic.RawClient(suspicious.ports["quic"], "doq") as client:
        [retry] = answers_to(client, first_datagram(client))
        assert raw_quic.is_retry(retry)
    with doq_client(suspicious.ports["quic"]) as client:
        assert client.connection._retry_count == 1
        client.send(0, framed(QUERY), fin=True)
        assert ADDRESS in client.wait_for(StreamDataReceived, stream_id=0).data


def datagram_behind_retry(client):
    """The Initial packet with the token of a Retry, which is not sent."""
    client.flush()
    client.socket.settimeout(5)
    client.connection.receive_datagram(client.socket.recv(65535), client.address, now=time.monotonic())
    assert client.connection._retry_count == 1
    return first_datagram(client)


def test_a_token_from_another_address(suspicious):
    """It is refused at once, with less than it came with (RFC 9000 8.1.3)."""
    with raw_quic.RawClient(suspicious.ports["quic"], "doq") as client:
        datagram = datagram_behind_retry(client)
        before = suspicious.counted("atlas_quic_handshakes_total", "kind")
        [answer] = answers_to(client, datagram)
        assert not raw_quic.is_retry(answer)
        assert suspicious.counted("atlas_quic_handshakes_total", "kind") == before


def test_a_token_that_is_not_of_the_server(suspicious):
    with raw_quic.RawClient(suspicious.ports["quic"], "doq") as client:
        client.flush()
        client.socket.settimeout(5)
        client.connection.receive_datagram(client.socket.recv(65535), client.address, now=time.monotonic())
        token = bytearray(client.connection._peer_token)
        token[-1] ^= 1
        client.connection._peer_token = bytes(token)
        end = client.end()
        assert end.code == raw_quic.INVALID_TOKEN


def test_a_client_that_does_not_answer_a_retry_costs_nothing(suspicious):
    with raw_quic.RawClient(suspicious.ports["quic"], "doq") as client:
        datagram = first_datagram(client)
        before = suspicious.count("atlas_quic_connections_accepted_total")
        for _ in range(200):
            assert all(map(raw_quic.is_retry, answers_to(client, datagram, 0.01)))
        assert suspicious.count("atlas_quic_connections_accepted_total") == before


def test_a_client_of_a_server_that_was_restarted(zones, tmp_path):
    """Learns at once that its connection is gone (RFC 9000 10.3): the secret of the tokens outlives the server."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.running(Abused, zones, tmp_path))
        with doq_client(server.ports["quic"]) as client:
            client.go_on(0.1)
            tokens = [client.connection._peer_cid.stateless_reset_token]
            tokens += [known.stateless_reset_token for known in client.connection._peer_cid_available]
            server.process.kill()
            server.process.wait()
            server.start()
            client.send(0, framed(QUERY), fin=True)
            client.socket.settimeout(5)
            reset = client.socket.recv(65535)
            assert reset[-16:] in tokens and len(reset) >= 21


def test_a_server_that_stops_says_so(zones, tmp_path):
    with servers.running(Abused, zones, tmp_path) as server, doq_client(server.ports["quic"]) as client:
        client.send(0, framed(QUERY), fin=True)
        assert ADDRESS in client.wait_for(StreamDataReceived, stream_id=0).data
        server.stop()
        end = client.end(5)
        assert (end.code, end.frame_type) == (0, None)  # DOQ_NO_ERROR


def test_a_first_flight_that_is_sent_again_for_long(zones, tmp_path):
    """Over all the time in which its age is believed, and over whatever a TLS library divides that time into."""
    with servers.running(Abused, zones, tmp_path) as server:
        port = server.ports["quic"]
        ticket = raw_quic.ticket_of(port)
        time.sleep(7)
        with raw_quic.early_client(port, ticket, QUERY) as client:
            assert client.shake_hands().early_data_accepted
            client.wait_for(StreamDataReceived, stream_id=0)
        time.sleep(0.5)
        asked = server.queries()["quic"]
        deadline = time.monotonic() + 11
        while time.monotonic() < deadline:
            with raw_quic.Stranger(port) as stranger:
                for datagram in client.sent:
                    stranger.send(datagram)
                stranger.receive(0.3)
            assert server.queries()["quic"] == asked
