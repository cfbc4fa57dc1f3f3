"""DNS over TLS as clients of others speak it, certificates that change under it, and PROXY headers."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

import dns.edns
import dns.message
import dns.query
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402

ZONE = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.1\n"
IDLE_CONNECTIONS = 2000


class Encrypted(servers.Atlas):
    """Atlas with a TLS listener."""

    extra = ""
    proxy = ""

    def configuration(self):
        self.tls_port, self.metrics_port = servers.free_port(), servers.free_port()
        text = super().configuration()
        text = text.replace("paths:\n", f'  - {{address: "127.0.0.1:{self.tls_port}", transports: [tls]{self.proxy}}}\npaths:\n')
        return text + f'metrics:\n  listen: ["127.0.0.1:{self.metrics_port}"]\n' + self.extra

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as response:
            found = re.search(rf"^{re.escape(name)} (\S+)$", response.read().decode(), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def wait_for_log(self, text, seconds=15):
        deadline = time.monotonic() + seconds
        while text not in self.log():
            assert time.monotonic() < deadline, f"{text} is not in:\n{self.log()}"
            time.sleep(0.1)


@pytest.fixture(name="zones")
def make_zones(tmp_path):
    path = tmp_path / "a.zone"
    path.write_text(ZONE)
    return {"a.test.": path}


@pytest.fixture(name="server")
def start_server(zones):
    with servers.running(Encrypted, zones) as server:
        yield server


def make_certificate(folder, name, days=30):
    """Files of a self-signed certificate for dns.a.test, and its pin."""
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days)]
        + ["-subj", "/CN=dns.a.test", "-addext", "subjectAltName=DNS:dns.a.test", "-out", chain, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return chain, key


def kdig(server, *options):
    command = ["kdig", "@127.0.0.1", "-p", str(server.tls_port), "www.a.test", "A", "+norec", "+retry=0", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout


def tls_socket(server, **options):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for name, value in options.items():
        setattr(context, name, value)
    plain = socket.create_connection(("127.0.0.1", server.tls_port), 10)
    return context.wrap_socket(plain)


def ask_over(stream, count=1):
    """Asks `count` queries at once and returns the addresses that come back."""
    query = servers.make_query("www.a.test")
    stream.sendall((len(query).to_bytes(2, "big") + query) * count)
    got = b""
    while got.count(bytes([192, 0, 2, 1])) < count:
        more = stream.recv(65536)
        assert more, "closed early"
        got += more
    return got


def test_kdig_verifies_by_pin_and_by_authority(server):
    pin = re.search(r"ATLAS-CERTIFICATE-LOADED .* pin (\S+)", server.log())[1]
    assert "192.0.2.1" in kdig(server, "+tls", f"+tls-pin={pin}")
    assert "192.0.2.1" not in kdig(server, "+tls", "+tls-pin=" + "A" * 43 + "=")
    authority = server.folder / "state/self-signed.pem"
    assert "192.0.2.1" in kdig(server, f"+tls-ca={authority}", "+tls-hostname=localhost")
    assert "192.0.2.1" not in kdig(server, f"+tls-ca={authority}", "+tls-hostname=other.test")
    assert os.stat(server.folder / "state/self-signed.key").st_mode & 0o777 == 0o600
    assert server.metric('atlas_queries_total{transport="tls",family="ipv4"}') == 2


def test_dnspython_gets_padded_answers(server):
    query = dns.message.make_query("www.a.test", "A", use_edns=0, options=[dns.edns.GenericOption(12, b"")])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    answer = dns.query.tls(query, "127.0.0.1", 10, server.tls_port, ssl_context=context)
    assert answer.answer[0][0].address == "192.0.2.1"
    assert len(answer.to_wire()) <= 468
    padding = [option for option in answer.options if option.otype == 12]
    assert padding and len(padding[0].data) > 300
    query = dns.message.make_query("www.a.test", "A", use_edns=0)
    assert not dns.query.tls(query, "127.0.0.1", 10, server.tls_port, ssl_context=context).options


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_resumes(server, version):
    session = server.folder / "session"
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", "-alpn", "dot", version]
    query = servers.make_query("www.a.test")
    words = len(query).to_bytes(2, "big") + query

    def talk(*options):
        with subprocess.Popen([*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
            client.stdin.write(words)
            client.stdin.flush()
            time.sleep(1)
            return client.communicate(timeout=10)[0]

    first = talk("-sess_out", str(session))
    assert bytes([192, 0, 2, 1]) in first and b"ALPN protocol: dot" in first and b"New, TLSv1" in first
    assert b"Reused, TLSv1" in talk("-sess_in", str(session))
    assert server.metric('atlas_tls_handshakes_total{kind="resumed"}') == 1


def test_old_versions_and_plain_text_are_refused(server):
    old = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        input=b"",
        capture_output=True,
        timeout=10,
        check=False,
    )
    assert b"alert protocol version" in old.stderr
    with socket.create_connection(("127.0.0.1", server.tls_port), 5) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            client.recv(100)
    assert server.metric('atlas_tls_failures_total{reason="protocol-version"}') == 1
    assert server.metric('atlas_tls_failures_total{reason="plain-http"}') == 1


def test_certificates_change_under_open_connections(zones, tmp_path):
    chain, key = make_certificate(tmp_path, "used")

    class WithCertificate(Encrypted):
        extra = f'tls:\n  certificates:\n    - {{chain-file: "{chain}", key-file: "{key}"}}\n'

    with servers.running(WithCertificate, zones) as server:
        opened = tls_socket(server)
        first = opened.getpeercert(binary_form=True)
        ask_over(opened, 10)
        # Broken: the old one stays, and the log says why.
        text = chain.read_text()
        chain.write_text("nonsense")
        server.wait_for_log("ATLAS-TLS-NOT-RELOADED")
        with tls_socket(server) as other:
            assert other.getpeercert(binary_form=True) == first
        chain.write_text(text)
        renewed = make_certificate(tmp_path, "renewed")
        shutil.copy(renewed[0], chain)
        shutil.copy(renewed[1], key)
        deadline = time.monotonic() + 15
        while True:
            with tls_socket(server) as other:
                ask_over(other)
                if other.getpeercert(binary_form=True) != first:
                    break
            assert time.monotonic() < deadline
            time.sleep(0.2)
        ask_over(opened, 10)
        opened.close()
        # A reload that names a certificate which is not there changes nothing.
        config = server.folder / "atlas.yaml"
        config.write_text(config.read_text().replace(str(key), str(key) + ".none"))
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("ATLAS-CONFIG-REJECTED")
        with tls_socket(server) as other:
            ask_over(other)


def test_thousands_of_idle_connections(zones):
    class Roomy(Encrypted):
        extra = "tcp: {connections-per-client-max: 10000, idle: 10m}\ntls: {handshakes-per-client-max: 1000}\n"

    with servers.running(Roomy, zones) as server:
        def resident():
            status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
            return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

        with tls_socket(server) as first:
            ask_over(first)
            before = resident()
            with concurrent.futures.ThreadPoolExecutor(8) as threads:
                opened = list(threads.map(lambda _: tls_socket(server), range(IDLE_CONNECTIONS)))
            per_connection = (resident() - before) / IDLE_CONNECTIONS
            print(f"{per_connection:.0f} octets a connection")
            assert server.metric("atlas_tcp_connections") == IDLE_CONNECTIONS + 1
            assert per_connection < 25_000 or servers.has_sanitizer()
            ask_over(first, 50)
            ask_over(opened[-1])
            # Last words for all of them.
            server.process.send_signal(signal.SIGTERM)
            assert opened[0].recv(1) == b""
            for stream in opened:
                stream.close()


def test_https_as_others_speak_it(zones):
    class Https(Encrypted):
        def configuration(self):
            self.https_port = servers.free_port()
            listener = f'  - {{address: "127.0.0.1:{self.https_port}", transports: [https]}}\n'
            return super().configuration().replace("paths:\n", listener + "paths:\n", 1)

    with servers.running(Https, zones) as server:
        for method in ("+https", "+https-get"):
            server.tls_port, tls_port = server.https_port, server.tls_port
            assert "192.0.2.1" in kdig(server, method)
            server.tls_port = tls_port
        trusted = ssl.create_default_context(cafile=server.folder / "state/self-signed.pem")
        client = http.client.HTTPSConnection("localhost", server.https_port, timeout=10, context=trusted)
        for _ in range(2):
            client.request("GET", "/resolve?name=www.a.test&type=A")
            response = client.getresponse()
            assert response.status == 200 and json.loads(response.read())["Answer"][0]["data"] == "192.0.2.1"
        client.close()
        assert server.metric('atlas_queries_total{transport="https",family="ipv4"}') == 4
        # Other paths, after a reload that keeps the listeners.
        config = server.folder / "atlas.yaml"
        config.write_text(config.read_text() + 'https: {paths: ["/other"]}\n')
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("ATLAS-RELOAD-DONE")
        client = http.client.HTTPSConnection("localhost", server.https_port, timeout=10, context=trusted)
        for path, status in (("/dns-query", 404), ("/other", 200)):
            client.request("GET", f"{path}?name=www.a.test", headers={"Accept": "application/dns-json"})
            response = client.getresponse()
            response.read()
            assert response.status == status
        client.close()


def proxy_header(source, kind):
    address = socket.inet_aton(source) + socket.inet_aton("192.0.2.200") + (1000).to_bytes(2, "big") + (53).to_bytes(2, "big")
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x21, 0x10 | kind]) + len(address).to_bytes(2, "big") + address


def test_proxies_say_who_asks(zones):
    class Proxied(Encrypted):
        proxy = ", proxy: true"
        extra = 'proxy: {allow: ["127.0.0.1"]}\naccess: {allow-query: ["192.0.2.0/24", "127.0.0.1"]}\n'

        def configuration(self):
            self.proxied_port = servers.free_port()
            return super().configuration().replace(
                "paths:\n", f'  - {{address: "127.0.0.1:{self.proxied_port}", proxy: true}}\npaths:\n'
            )

    query = servers.make_query("www.a.test")
    with servers.running(Proxied, zones) as server:
        for source, rcode in (("192.0.2.9", 0), ("203.0.113.9", 5)):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(5)
                client.connect(("127.0.0.1", server.proxied_port))
                client.send(proxy_header(source, 2) + query)
                assert client.recv(512)[3] & 15 == rcode
            with socket.create_connection(("127.0.0.1", server.proxied_port), 5) as client:
                client.sendall(proxy_header(source, 1) + len(query).to_bytes(2, "big") + query)
                assert client.recv(512)[5] & 15 == rcode
            with socket.create_connection(("127.0.0.1", server.tls_port), 5) as plain:
                plain.sendall(proxy_header(source, 1))
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                with context.wrap_socket(plain) as client:
                    client.sendall(len(query).to_bytes(2, "big") + query)
                    assert client.recv(512)[5] & 15 == rcode
        # Without a header there is no answer.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.5)
            client.connect(("127.0.0.1", server.proxied_port))
            client.send(query)
            with pytest.raises(socket.timeout):
                client.recv(512)
        assert server.metric('atlas_proxy_errors_total{reason="malformed"}') == 1
