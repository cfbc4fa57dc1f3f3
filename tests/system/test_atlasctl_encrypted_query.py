"""atlasctl query over TLS and HTTPS, against BIND and, for HTTP/1.1, a small server of Python's."""

import base64
import hashlib
import http.server
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading

import dns.edns
import dns.message
import dns.rcode
import pytest

from servers import Bind, atlas_program, free_port, running

ZONE = """$ORIGIN example.test.
$TTL 3600
@    SOA ns1 hostmaster 2026112401 7200 900 1209600 300
     NS ns1
ns1  A 192.0.2.53
www  300 A 192.0.2.1
""" + "".join(f'big TXT "{i}{"b" * 240}"\n' for i in range(100))


def openssl(folder, *words):
    return subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True).stdout


class Certificates:
    """An authority, a server's certificate for dns.test and 127.0.0.1, a client's, and another authority."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for authority in ("authority", "stranger"):
            self.make_request(authority, "-x509", "-days", "2")
        for name, names in (("server", "DNS:dns.test,IP:127.0.0.1"), ("client", "DNS:client.test")):
            self.make_request(name)
            (self.folder / "names").write_text(f"subjectAltName={names}\n")
            openssl(
                folder, "x509", "-req", "-in", f"{name}.pem", "-CA", "authority.pem", "-CAkey", "authority.key",
                "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", f"{name}.pem",
            )  # fmt: skip
        key = openssl(folder, "pkey", "-in", "server.key", "-pubout", "-outform", "der")
        self.pin = base64.b64encode(hashlib.sha256(key).digest()).decode()

    def make_request(self, name, *words):
        openssl(
            self.folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}", *words,
        )  # fmt: skip

    def __getitem__(self, name):
        return str(self.folder / name)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def server(tmp_path_factory, certificates):
    if not Bind.is_installed():
        pytest.skip("named is not installed")
    zone = tmp_path_factory.mktemp("zone") / "example.zone"
    zone.write_text(ZONE)

    class EncryptedBind(Bind):
        tls_port, https_port, mutual_port = free_port(), free_port(), free_port()
        pair = f'cert-file "{certificates["server.pem"]}"; key-file "{certificates["server.key"]}";'
        statements = f"""tls plain {{ {pair} }};
tls mutual {{ {pair} ca-file "{certificates["authority.pem"]}"; }};
http dns {{ endpoints {{ "/dns-query"; "/other"; }}; }};
"""
        options = f"""  listen-on port {tls_port} tls plain {{ 127.0.0.1; }};
  listen-on port {mutual_port} tls mutual {{ 127.0.0.1; }};
  listen-on port {https_port} tls plain http dns {{ 127.0.0.1; }};
"""

    with running(EncryptedBind, {"example.test.": zone}) as bind:
        yield bind


class Http1Handler(http.server.BaseHTTPRequestHandler):
    """Passes queries on to a server over UDP."""

    protocol_version = "HTTP/1.1"

    def answer(self, message):
        if not self.path.startswith("/dns-query"):
            self.send_error(404)
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(5)
            udp.connect(("127.0.0.1", self.server.dns_port))
            udp.send(message)
            reply = udp.recv(65535)
        self.send_response(200)
        self.send_header("Content-Type", "application/dns-message")
        self.send_header("Cache-Control", "max-age=300")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def do_GET(self):
        encoded = self.path.partition("?dns=")[2]
        self.answer(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def http1_port(server, certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates["server.pem"], certificates["server.key"])
    context.set_alpn_protocols(["http/1.1"])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Http1Handler) as https:
        https.dns_port = server.port
        https.socket = context.wrap_socket(https.socket, server_side=True)
        thread = threading.Thread(target=https.serve_forever)
        thread.start()
        yield https.server_address[1]
        https.shutdown()
        thread.join()


def query(port, *words):
    return subprocess.run(
        [atlas_program("atlasctl"), "query", f"@127.0.0.1:{port}", "+time=10", *words],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def ask(port, *words):
    """The report in JSON."""
    result = query(port, "+json", *words)
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


def addresses(report):
    return [record.get("rdataA") for record in report["responseMessage"]["answerRRs"]]


def rejection(port, *words):
    """Why the server's certificate was rejected."""
    result = query(port, "www.example.test", "+json", *words)
    assert result.returncode == 9, result.stdout
    tls = json.loads(result.stdout)["error"]["tls"]
    assert not tls["verified"] and tls["certificate"]["subject"] == "CN=server"
    return tls["rejection"]


def test_over_tls_without_verification(server, certificates):
    report = ask(server.tls_port, "www.example.test", "+tls")
    assert addresses(report) == ["192.0.2.1"]
    assert report["transport"] == "TLS"
    tls = report["tls"]
    assert tls["version"] == "TLS 1.3" and tls["alpn"] == "dot" and not tls["resumed"]
    assert tls["cipherSuite"].startswith("TLS_") and tls["group"]
    assert not tls["verified"] and "rejection" not in tls
    assert tls["certificate"]["pin"] == certificates.pin
    assert tls["certificate"]["names"] == ["dns.test", "127.0.0.1"]
    timings = report["timingsMicroseconds"]
    assert 0 < timings["tlsHandshake"] < report["elapsedMicroseconds"] and timings["answer"] > 0


def test_the_text_says_whether_the_server_was_verified(server, certificates):
    words = ["www.example.test", "+tls"]
    assert ";; server    CN=server, not verified\n" in query(server.tls_port, *words).stdout
    verified = query(server.tls_port, *words, f"+tls-ca={certificates['authority.pem']}").stdout
    assert ";; server    CN=server, verified by authorities\n" in verified


def test_verification_by_authorities_and_pins(server, certificates):
    authority = f"+tls-ca={certificates['authority.pem']}"
    for words, verified_by in (
        ([authority], "authorities"),
        ([authority, "+tls-hostname=dns.test"], "authorities"),
        ([f"+tls-pin={certificates.pin}"], "pin"),
        (["+tls-pin=" + "A" * 43 + "=", f"+tls-pin={certificates.pin}"], "pin"),
        ([authority, f"+tls-pin={certificates.pin}"], "authorities and pin"),
    ):
        assert ask(server.tls_port, "www.example.test", *words)["tls"]["verifiedBy"] == verified_by


def test_why_a_server_is_not_trusted(server, certificates):
    authority = f"+tls-ca={certificates['authority.pem']}"
    wrong_pin = "+tls-pin=" + "A" * 43 + "="
    unknown = "no authority that is trusted has issued it"
    assert rejection(server.tls_port, f"+tls-ca={certificates['stranger.pem']}") == unknown
    assert rejection(server.tls_port, "+tls-ca") == unknown
    assert rejection(server.tls_port, authority, "+tls-hostname=other.test") == "it is not for other.test"
    assert rejection(server.tls_port, wrong_pin) == "its key has another pin"
    assert rejection(server.tls_port, authority, wrong_pin) == "its key has another pin"
    assert rejection(server.https_port, "+https", wrong_pin) == "its key has another pin"


def test_a_certificate_of_the_clients_own(server, certificates):
    words = [f"+tls-certfile={certificates['client.pem']}", f"+tls-keyfile={certificates['client.key']}"]
    assert addresses(ask(server.mutual_port, "www.example.test", *words)) == ["192.0.2.1"]
    assert query(server.mutual_port, "www.example.test", "+tls").returncode == 9


@pytest.mark.parametrize("word, method", [("+https", "POST"), ("+https-get", "GET")])
def test_over_https(server, word, method):
    report = ask(server.https_port, "www.example.test", word)
    assert addresses(report) == ["192.0.2.1"]
    assert report["transport"] == "HTTPS" and report["tls"]["alpn"] == "h2"
    assert report["responseMessage"]["ID"] == 0
    assert report["http"] == {
        "version": "HTTP/2", "method": method, "path": "/dns-query", "status": 200, "cacheControl": "max-age=300",
    }  # fmt: skip
    assert addresses(ask(server.https_port, "www.example.test", word + "=/other")) == ["192.0.2.1"]


@pytest.mark.parametrize("word", ["+https", "+https-get"])
def test_http1_where_the_server_has_nothing_better(http1_port, word):
    report = ask(http1_port, "www.example.test", word)
    assert addresses(report) == ["192.0.2.1"]
    assert report["http"]["version"] == "HTTP/1.1" and report["tls"]["alpn"] == "http/1.1"


def test_another_path_is_explained(server, http1_port):
    for port in (server.https_port, http1_port):
        result = query(port, "www.example.test", "+https=/nowhere")
        assert result.returncode == 9
        assert "answered with HTTP status 404" in result.stderr
        assert "is /nowhere its path? +https=PATH asks at another" in result.stderr


def test_large_answers(server):
    for port, word in ((server.tls_port, "+tls"), (server.https_port, "+https")):
        report = ask(port, "big.example.test", "TXT", word)
        assert len(report["responseMessage"]["answerRRs"]) == 100


def test_queries_are_padded(server):
    for words, octets in ((["+tls"], 128), (["+tls", "+nopadding"], None), (["+tcp"], None), (["+tcp", "+padding"], 128)):
        port = server.port if "+tcp" in words else server.tls_port
        query_message = ask(port, "www.example.test", "+qr", *words)["queryMessage"]
        padding = [option for option in query_message["EDNS"]["options"] if option["name"] == "PADDING"]
        # 12 octets of header, 22 of question, 11 of OPT, 12 of its cookie and 4 before the padding.
        assert [len(option["dataHEX"]) // 2 for option in padding] == ([octets - 61] if octets else [])


def test_a_second_connection_resumes_the_session(certificates):
    """A server that wants its cookie back before it answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates["server.pem"], certificates["server.key"])
    server_cookie = bytes(range(8))

    def answer(listener):
        for _ in range(2):
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as stream:
                received = dns.message.from_wire(stream.recv(65535)[2:])
                reply = dns.message.make_response(received)
                (cookie,) = (option.to_wire() for option in received.options if option.otype == 10)
                if not cookie.endswith(server_cookie):
                    reply.use_edns(options=[dns.edns.GenericOption(10, cookie + server_cookie)])
                    reply.set_rcode(dns.rcode.BADCOOKIE)
                wire = reply.to_wire()
                stream.send(len(wire).to_bytes(2, "big") + wire)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=[listener])
        thread.start()
        report = ask(listener.getsockname()[1], "www.example.test", f"+tls-ca={certificates['authority.pem']}")
        thread.join()
    assert report["notes"] == ["BADCOOKIE: asked again with the server's cookie"]
    assert report["responseMessage"]["RCODEname"] == "NOERROR"
    tls = report["tls"]
    assert tls["resumed"] and tls["verifiedBy"] == "authorities" and tls["certificate"]["subject"] == "CN=server"


def test_what_speaks_no_tls():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        port = listener.getsockname()[1]
        result = query(port, "www.example.test", "+tls")
        thread.join()
    assert result.returncode == 9
    assert f"no TLS with 127.0.0.1:{port}" in result.stderr
    assert f"does the server speak TLS on port {port}?" in result.stderr


def test_files_that_cannot_be_read_are_named(server):
    result = query(server.tls_port, "www.example.test", "+tls-ca=/nonexistent.pem")
    assert result.returncode == 10 and "/nonexistent.pem" in result.stderr
    result = query(server.tls_port, "www.example.test", "+tls-pin=short")
    assert result.returncode == 10 and '"short" is no pin' in result.stderr
