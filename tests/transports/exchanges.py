"""One question over each transport, as octets, on connections that are kept.

HTTPS speaks HTTP/1.1 and HTTP/2 by httpx, the others are sockets. Certificates are verified.
"""

import base64
import contextlib
import socket
import ssl

import httpx

SECONDS = 20
DNS_MESSAGE = "application/dns-message"


class Udp:
    """Without what TCP would say: a truncated answer is asked for again over TCP by the caller."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(SECONDS)
        self.socket.connect(("127.0.0.1", server.ports["udp"]))

    def ask(self, query):
        self.socket.send(query)
        # An answer to a question that was given up on comes late.
        while (answer := self.socket.recv(65535))[:2] != query[:2]:
            pass
        return answer

    def close(self):
        self.socket.close()


class Tcp:
    """DNS over TCP; over TLS with a context for it."""

    def __init__(self, server, transport="tcp", context=None):
        self.socket = socket.create_connection(("127.0.0.1", server.ports[transport]), SECONDS)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname="dns.test")

    def ask(self, query):
        self.socket.sendall(len(query).to_bytes(2, "big") + query)
        return self.receive(int.from_bytes(self.receive(2), "big"))

    def receive(self, count):
        octets = b""
        while len(octets) < count:
            more = self.socket.recv(count - len(octets))
            if not more:
                raise OSError("the server closed the connection")
            octets += more
        return octets

    def close(self):
        self.socket.close()


class Https:
    """Asks with POST and GET in turns."""

    def __init__(self, server, version):
        authority = str(server.certificate.authority)
        self.version = version
        self.client = httpx.Client(http1=version == "HTTP/1.1", http2=version == "HTTP/2", verify=authority, timeout=SECONDS)
        self.url = f"https://127.0.0.1:{server.ports['https']}/dns-query"
        self.asked = 0

    def ask(self, query):
        self.asked += 1
        if self.asked % 2:
            answer = self.client.post(self.url, content=query, headers={"content-type": DNS_MESSAGE, "accept": DNS_MESSAGE})
        else:
            text = base64.urlsafe_b64encode(query).rstrip(b"=").decode()
            answer = self.client.get(self.url, params={"dns": text}, headers={"accept": DNS_MESSAGE})
        if (answer.status_code, answer.headers["content-type"], answer.http_version) != (200, DNS_MESSAGE, self.version):
            raise OSError(f"{answer.http_version} {answer.status_code} {answer.headers.get('content-type')}: {answer.text}")
        return answer.content

    def close(self):
        self.client.close()


def tls_context(server):
    context = ssl.create_default_context(cafile=server.certificate.authority)
    context.set_alpn_protocols(["dot"])
    return context


TRANSPORTS = {
    "UDP": Udp,
    "TCP": Tcp,
    "DoT": lambda server: Tcp(server, "tls", tls_context(server)),
    "DoH, HTTP/1.1": lambda server: Https(server, "HTTP/1.1"),
    "DoH, HTTP/2": lambda server: Https(server, "HTTP/2"),
}


@contextlib.contextmanager
def opened(server):
    """A connection of each transport, by its name."""
    with contextlib.ExitStack() as stack:
        connections = {}
        for name, connect in TRANSPORTS.items():
            connections[name] = connect(server)
            stack.callback(connections[name].close)
        yield connections
