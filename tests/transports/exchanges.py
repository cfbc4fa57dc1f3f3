"""Questions over each transport, as octets, on connections that are kept and have many of them on their way.

Certificates are verified. Another transport is a class with put(), flush() and get(), and a line in TRANSPORTS.
"""

import base64
import contextlib
import socket
import ssl

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import quic_client
from aioquic.h3.connection import H3Connection, ProtocolError
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.events import StopSendingReceived, StreamDataReceived, StreamReset

SECONDS = 20
WINDOW = 32  # questions on their way at once; what they take fits the buffers of sockets, so that neither side waits for the other
DNS_MESSAGE = "application/dns-message"
RECEIVED_OCTETS_MAX = 65535


class Exchange:
    """One connection. What cannot be understood or comes not in time is an OSError, and ends it."""

    def ask(self, query):
        answers = {}
        self.ask_all([query], answers)
        if isinstance(answers[0], str):
            raise OSError(answers[0])
        return answers[0]

    def ask_all(self, queries, answers):
        """Fills answers[place in queries]: octets, or a text where the transport says that there is no answer. What is there already
        is not asked. The queries that are on their way at once differ in id."""
        places = [place for place in range(len(queries)) if place not in answers]
        sent = 0
        waiting = set()
        while sent < len(places) or waiting:
            for place in places[sent : sent + WINDOW - len(waiting)]:
                self.put(place, queries[place])
                waiting.add(place)
                sent += 1
            self.flush()
            for place, answer in self.get():
                waiting.remove(place)
                answers[place] = answer

    def put(self, place, query):
        """Takes a query."""
        raise NotImplementedError

    def flush(self):
        """Sends what was taken."""

    def get(self):
        """Waits for answers: (place of the query, octets or text) of at least one, or none when something else has come."""
        raise NotImplementedError

    def close(self):
        raise NotImplementedError


class Udp(Exchange):
    """Without what TCP would say: a truncated answer is asked for again over TCP by the caller."""

    def __init__(self, server):
        self.places = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(SECONDS)
        self.socket.connect(("127.0.0.1", server.ports["udp"]))

    def put(self, place, query):
        self.places[query[:2]] = place
        self.socket.send(query)

    def get(self):
        answer = self.socket.recv(RECEIVED_OCTETS_MAX)
        # An answer to a question that was given up on comes late.
        place = self.places.pop(answer[:2], None)
        return [] if place is None else [(place, answer)]

    def close(self):
        self.socket.close()


class Stream(Exchange):
    """A connection of octets, over TLS with a context for it."""

    def __init__(self, server, transport, context=None):
        self.socket = socket.create_connection(("127.0.0.1", server.ports[transport]), SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname="dns.test")
        self.outgoing, self.incoming = bytearray(), bytearray()

    def flush(self):
        self.socket.sendall(self.outgoing)
        self.outgoing.clear()

    def receive(self):
        octets = self.socket.recv(RECEIVED_OCTETS_MAX)
        if not octets:
            raise OSError("the server closed the connection")
        return octets

    def take(self, count):
        """The next octets of the incoming ones, which are waited for."""
        while len(self.incoming) < count:
            self.incoming += self.receive()
        octets = bytes(self.incoming[:count])
        del self.incoming[:count]
        return octets

    def close(self):
        self.socket.close()


class Tcp(Stream):
    """DNS over TCP; over TLS with a context. Answers may come in another order (RFC 7766 7)."""

    def __init__(self, server, transport="tcp", context=None):
        super().__init__(server, transport, context)
        self.places = {}

    def put(self, place, query):
        self.places[query[:2]] = place
        self.outgoing += len(query).to_bytes(2, "big") + query

    def get(self):
        answer = self.take(int.from_bytes(self.take(2), "big"))
        if answer[:2] not in self.places:
            raise OSError("an answer to no question")
        return [(self.places.pop(answer[:2]), answer)]


def http_request(path, place, query):
    """Of one question, with POST and GET in turns: method, path, fields, content."""
    fields = [("accept", DNS_MESSAGE)]
    if place % 2 == 0:
        return "POST", path, [*fields, ("content-type", DNS_MESSAGE), ("content-length", str(len(query)))], query
    return "GET", f"{path}?dns={base64.urlsafe_b64encode(query).rstrip(b'=').decode()}", fields, b""


def http_answer(status, content_type, content):
    """The message in a response, or a text."""
    if (status, content_type) != ("200", DNS_MESSAGE):
        return f"HTTP status {status}, {content_type}: {bytes(content[:200])}"
    return bytes(content)


class Http1(Stream):
    """DNS over HTTPS with HTTP/1.1: requests are sent before responses came, which come in order (RFC 9112 9.3.2)."""

    PATH = "/dns-query"

    def __init__(self, server):
        super().__init__(server, "https", tls_context(server, "http/1.1"))
        self.places = []

    def put(self, place, query):
        method, path, fields, content = http_request(self.PATH, place, query)
        lines = [f"{method} {path} HTTP/1.1", "host: dns.test", *(f"{name}: {value}" for name, value in fields), "", ""]
        self.outgoing += "\r\n".join(lines).encode() + content
        self.places.append(place)

    def get(self):
        while (end := self.incoming.find(b"\r\n\r\n")) < 0:
            self.incoming += self.receive()
        first, *lines = self.take(end + 4).decode().split("\r\n")[:-2]
        version, status, *_ = first.split(" ")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if version != "HTTP/1.1" or "content-length" not in fields:
            raise OSError(f"a response that is none: {first} {fields}")
        content = self.take(int(fields["content-length"]))
        return [(self.places.pop(0), http_answer(status, fields.get("content-type"), content))]


class Http2(Stream):
    """DNS over HTTPS with HTTP/2: a stream for each request (RFC 9113)."""

    PATH = "/dns-query"

    def __init__(self, server):
        super().__init__(server, "https", tls_context(server, "h2"))
        if self.socket.selected_alpn_protocol() != "h2":
            raise OSError("the server does not speak HTTP/2")
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.connection.initiate_connection()
        # By stream: the place of its query, fields of the response, content.
        self.streams = {}

    def put(self, place, query):
        method, path, fields, content = http_request(self.PATH, place, query)
        stream = self.connection.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https"), (":authority", "dns.test"), (":path", path), *fields]
        try:
            self.connection.send_headers(stream, head, end_stream=not content)
            if content:
                self.connection.send_data(stream, content, end_stream=True)
        except h2.exceptions.ProtocolError as error:
            raise OSError(f"HTTP/2: {error!r}") from error
        self.streams[stream] = (place, {}, bytearray())

    def flush(self):
        self.socket.sendall(self.connection.data_to_send())

    def get(self):
        try:
            events = self.connection.receive_data(self.receive())
        except h2.exceptions.ProtocolError as error:
            raise OSError(f"HTTP/2: {error!r}") from error
        answers = []
        for event in events:
            if isinstance(event, h2.events.ConnectionTerminated):
                raise OSError(f"the server said GOAWAY, {event.error_code}")
            stream = getattr(event, "stream_id", None)
            if stream not in self.streams:
                continue
            place, fields, content = self.streams[stream]
            if isinstance(event, h2.events.ResponseReceived):
                fields.update(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                content += event.data
                self.connection.acknowledge_received_data(event.flow_controlled_length, stream)
            elif isinstance(event, h2.events.StreamEnded):
                answers.append((place, http_answer(fields.get(":status"), fields.get("content-type"), content)))
                del self.streams[stream]
            elif isinstance(event, h2.events.StreamReset):
                answers.append((place, f"the server reset the stream, {event.error_code}"))
                del self.streams[stream]
        return answers


class Quic(Exchange):
    """A connection of QUIC: a stream for each question."""

    def __init__(self, server, transport, protocol):
        self.client = quic_client.Client(server.ports[transport], protocol, server.certificate.authority)
        self.quic = self.client.connection
        self.streams = {}
        try:
            self.client.shake_hands()
        except OSError:
            self.client.close()
            raise

    def flush(self):
        self.client.flush()

    def get(self):
        answers = []
        for event in self.client.receive():
            if isinstance(event, (StreamReset, StopSendingReceived)) and event.stream_id in self.streams:
                answers.append((self.streams.pop(event.stream_id)[0], f"the server gave the stream up, {event.error_code:#x}"))
            else:
                answers += self.take(event)
        return answers

    def take(self, event):
        """Answers, as get() has them, that are whole with an event of QUIC."""
        raise NotImplementedError

    def close(self):
        self.client.close()


class Doq(Quic):
    """DNS over QUIC (RFC 9250). Ids are 0 on the wire."""

    def __init__(self, server):
        super().__init__(server, "quic", "doq")

    def put(self, place, query):
        stream = self.quic.get_next_available_stream_id()
        self.quic.send_stream_data(stream, len(query).to_bytes(2, "big") + b"\0\0" + query[2:], end_stream=True)
        self.streams[stream] = (place, query[:2], bytearray())

    def take(self, event):
        if not isinstance(event, StreamDataReceived) or event.stream_id not in self.streams:
            return []
        place, ident, octets = self.streams[event.stream_id]
        octets += event.data
        if not event.end_stream:
            return []
        del self.streams[event.stream_id]
        if int.from_bytes(octets[:2], "big") != len(octets) - 2 or octets[2:4] != b"\0\0":
            return [(place, f"no answer of DoQ: {octets[:100].hex()}")]
        return [(place, ident + bytes(octets[4:]))]


class Http3(Quic):
    """DNS over HTTPS with HTTP/3: a stream for each request (RFC 9114)."""

    PATH = "/dns-query"

    def __init__(self, server):
        super().__init__(server, "http3", "h3")
        self.connection = H3Connection(self.quic)

    def put(self, place, query):
        method, path, fields, content = http_request(self.PATH, place, query)
        stream = self.quic.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https"), (":authority", "dns.test"), (":path", path), *fields]
        encoded = [(name.encode(), value.encode()) for name, value in head]
        self.connection.send_headers(stream, encoded, end_stream=not content)
        if content:
            self.connection.send_data(stream, content, end_stream=True)
        self.streams[stream] = (place, {}, bytearray())

    def take(self, event):
        try:
            events = self.connection.handle_event(event)
        except ProtocolError as error:
            raise OSError(f"HTTP/3: {error!r}") from error
        answers = []
        for part in events:
            if getattr(part, "stream_id", None) not in self.streams:
                continue
            place, fields, content = self.streams[part.stream_id]
            if isinstance(part, HeadersReceived):
                fields.update((name.decode(), value.decode()) for name, value in part.headers)
            elif isinstance(part, DataReceived):
                content += part.data
            if getattr(part, "stream_ended", False):
                answers.append((place, http_answer(fields.get(":status"), fields.get("content-type"), content)))
                del self.streams[part.stream_id]
        return answers


def tls_context(server, protocol):
    context = ssl.create_default_context(cafile=server.certificate.authority)
    context.set_alpn_protocols([protocol])
    return context


TRANSPORTS = {
    "UDP": Udp,
    "TCP": Tcp,
    "DoT": lambda server: Tcp(server, "tls", tls_context(server, "dot")),
    "DoH, HTTP/1.1": Http1,
    "DoH, HTTP/2": Http2,
    "DoQ": Doq,
    "DoH, HTTP/3": Http3,
}


class Kept:
    """A transport whose connection is opened when it is first asked, and again when it broke, as one does that was idle for long."""

    def __init__(self, server, name):
        self.server, self.connect = server, TRANSPORTS[name]
        self.connection = None

    def ask_all(self, queries):
        """A list of octets, or of texts where something went wrong. What a broken connection left is asked once more, as long as
        each brings something."""
        answers, failures = {}, 0
        while len(answers) < len(queries):
            before = len(answers)
            try:
                if self.connection is None:
                    self.connection = self.connect(self.server)
                self.connection.ask_all(queries, answers)
            except OSError as error:
                self.close()
                failures = failures + 1 if len(answers) == before else 1
                if failures == 2:
                    return [answers.get(place, f"{type(error).__name__}: {error}") for place in range(len(queries))]
        return [answers[place] for place in range(len(queries))]

    def close(self):
        if self.connection is not None:
            with contextlib.suppress(OSError):
                self.connection.close()
            self.connection = None
