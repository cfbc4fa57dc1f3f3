"""A client of QUIC on a socket: aioquic makes and reads the datagrams, this carries them.

    with quic_client.Client(server.ports["quic"], "doq", server.certificate.authority) as client:
        client.shake_hands()
        client.connection.send_stream_data(0, octets, end_stream=True)
        event = client.wait_for(StreamDataReceived)

Everything that does not come in time is an OSError, and so is the end of a connection, unless it is waited for.
"""

import contextlib
import socket
import ssl
import time

from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted

SECONDS = 20
DATAGRAM_OCTETS_MAX = 65535
NAME = "dns.test"


class Closed(OSError):
    """The connection has ended: `code` is the error code of it, `frame_type` None if the application's, `reason` a text."""

    def __init__(self, event):
        super().__init__(f"the connection was closed, code {event.error_code:#x}, {event.reason_phrase!r}")
        self.code, self.frame_type, self.reason = event.error_code, event.frame_type, event.reason_phrase


class Client:
    def __init__(self, port, protocol, authority=None, make=QuicConnection, seconds=SECONDS, **settings):
        """`protocol` is that of ALPN. Certificates must come from the authority, if there is one. `make` makes the connection of its
        configuration, of which `settings` are a part."""
        configuration = QuicConfiguration(is_client=True, alpn_protocols=[protocol], server_name=NAME, **settings)
        configuration.verify_mode = ssl.CERT_NONE if authority is None else ssl.CERT_REQUIRED
        if authority is not None:
            configuration.load_verify_locations(str(authority))
        self.seconds = seconds
        self.address = ("127.0.0.1", port)
        self.connection = make(configuration=configuration)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(self.address)
        self.sent = []  # datagrams, as long as record is true
        self.record = False
        self.events = []  # that came and nobody waited for
        self.closed = None  # how, once the connection has ended
        self.connection.connect(self.address, now=time.monotonic())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def flush(self):
        """Sends what is to be sent."""
        for datagram, _ in self.connection.datagrams_to_send(now=time.monotonic()):
            if self.record:
                self.sent.append(datagram)
            self.socket.send(datagram)

    def step(self, seconds_max):
        """Sends, waits for datagrams or the next timer, and returns the events that have come of it."""
        self.flush()
        now = time.monotonic()
        timer = self.connection.get_timer()
        until = now + seconds_max if timer is None else min(timer, now + seconds_max)
        self.socket.settimeout(max(1e-6, until - now))
        try:
            datagram = self.socket.recv(DATAGRAM_OCTETS_MAX)
            self.socket.settimeout(0)
            while True:
                self.connection.receive_datagram(datagram, self.address, now=time.monotonic())
                datagram = self.socket.recv(DATAGRAM_OCTETS_MAX)
        except (TimeoutError, BlockingIOError):
            pass
        # What ICMP says is believed by nobody (RFC 9000 10, last paragraph).
        except ConnectionRefusedError:
            time.sleep(0.01)
        now = time.monotonic()
        if (timer := self.connection.get_timer()) is not None and timer <= now:
            self.connection.handle_timer(now=now)
        events = []
        while (event := self.connection.next_event()) is not None:
            events.append(event)
        return events

    def receive(self, seconds=None):
        """The events of the next step that has some. The end of the connection is one that is raised."""
        deadline = time.monotonic() + (seconds or self.seconds)
        while True:
            events, self.events = self.events, []
            self.raise_end(events)
            if events:
                return events
            if (left := deadline - time.monotonic()) <= 0:
                raise TimeoutError(f"nothing has come in {seconds or self.seconds} s")
            self.events = self.step(left)

    def wait_for(self, kind, seconds=None, **fields):
        """The next event of a class, with these values of its fields. Those before are gone."""
        deadline = time.monotonic() + (seconds or self.seconds)
        while True:
            events = self.receive(max(1e-3, deadline - time.monotonic()))
            for number, event in enumerate(events):
                if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items()):
                    self.events = events[number + 1 :] + self.events
                    return event

    def move(self):
        """To another port, as NAT has it."""
        self.socket.close()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(self.address)

    def shake_hands(self):
        return self.wait_for(HandshakeCompleted)

    def go_on(self, seconds):
        """Whatever comes is taken, for so long. Raises if the connection ends."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            events = self.step(left)
            self.raise_end(events)
            self.events += events

    def raise_end(self, events):
        for event in events:
            if isinstance(event, ConnectionTerminated):
                self.closed = Closed(event)
        if self.closed is not None:
            raise self.closed

    def end(self, seconds=None):
        """How the server closes the connection, or has closed it."""
        with contextlib.suppress(Closed):
            self.wait_for(ConnectionTerminated, seconds)
        return self.closed

    def close(self):
        self.connection.close()
        with contextlib.suppress(OSError):
            self.flush()
        self.socket.close()
