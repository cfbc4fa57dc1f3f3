"""The same answers over UDP, TCP, DoT, DoH and DoQ; and clients of others, who speak these transports in their own way.

run.py asks many more questions.
"""

import base64
import pathlib
import re
import ssl
import subprocess
import sys
import types

import dns.message
import dns.query
import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import encrypted_servers  # noqa: E402
import exchanges  # noqa: E402
import run as transports  # noqa: E402
import servers  # noqa: E402

SEED = 11
PAIRS = 2000
ADDRESS = "192.0.2.1"
LARGE_OCTETS_MIN = 60 * 200


@pytest.fixture(scope="module", name="server")
def start_server(zones):
    with servers.running(encrypted_servers.Atlas, zones) as server:
        yield server


def output_of(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False).stdout


def test_every_transport_gives_the_same_answers():
    report = transports.run(SEED, PAIRS, 8)
    assert not report.differences, report.text(5)
    assert report.truncated > 0, "no question had an answer too large for UDP"


def test_what_differs_is_seen(server):
    query = dns.message.make_query("www.a.test", "A", id=0).to_wire()
    answers = {}
    for name in exchanges.TRANSPORTS:
        connection = exchanges.Kept(server, name)
        [answers[name]] = connection.ask_all([query])
        connection.close()
    question = types.SimpleNamespace(name=servers.wire_name("www.a.test"), qtype=1)
    report = transports.Report()
    report.compare(question, answers)
    assert not report.differences and report.same == dict.fromkeys(exchanges.TRANSPORTS, 1)
    for name in set(answers) - {transports.REFERENCE}:
        # The last octet of the address; another RCODE; a record less; none at all.
        octets = bytearray(answers[name])
        octets[octets.index(bytes([192, 0, 2, 1])) + 3] ^= 1
        code = bytearray(answers[name])
        code[3] ^= 2
        for wrong in (octets, code, answers[name][:-1], "timed out"):
            report.compare(question, answers | {name: wrong if isinstance(wrong, str) else bytes(wrong)})
    assert len(report.differences) == 4 * (len(answers) - 1)


KDIG_TRANSPORTS = {"+tls": "tls", "+https": "https", "+https-get": "https", "+quic": "quic"}


@pytest.mark.parametrize("option", KDIG_TRANSPORTS)
def test_kdig_believes_the_certificate(server, option):
    if option == "+quic" and "quic" not in output_of("kdig", "-h"):
        pytest.skip("kdig is built without QUIC")
    port = server.ports[KDIG_TRANSPORTS[option]]
    strict = [f"+tls-ca={server.certificate.authority}", "+tls-hostname=dns.test"]
    # Of these, the last says which transport.
    text = output_of("kdig", "@127.0.0.1", "-p", port, *strict, option, "+retry=0", "www.a.test", "A")
    assert re.search(rf"www\.a\.test\.\s+300\s+IN\s+A\s+{ADDRESS}", text), text
    elsewhere = [strict[0], "+tls-hostname=other.test"]
    assert ADDRESS not in output_of("kdig", "@127.0.0.1", "-p", port, *elsewhere, option, "+retry=0", "www.a.test", "A")


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_curl_asks_with_get_and_with_post(server, version, tmp_path):
    url = f"https://127.0.0.1:{server.ports['https']}/dns-query"
    query = dns.message.make_query("large.a.test", "TXT", use_edns=0, payload=1232, id=0)
    (tmp_path / "query").write_bytes(query.to_wire())
    # As RFC 8484 6 has it.
    text = base64.urlsafe_b64encode(query.to_wire()).rstrip(b"=").decode()
    post = ["--data-binary", f"@{tmp_path / 'query'}", "-H", "content-type: application/dns-message", url]
    for words in (post, [f"{url}?dns={text}"]):
        body = tmp_path / "body"
        command = ["curl", "-sS", f"--http{version}", "--cacert", server.certificate.authority, "-o", body]
        written = output_of(*command, "-w", "%{http_version} %{response_code} %{content_type}", *words)
        assert written == f"{version} 200 application/dns-message"
        answer = dns.message.from_wire(body.read_bytes())
        assert len(body.read_bytes()) > LARGE_OCTETS_MIN and query.is_response(answer) and len(answer.answer[0]) == 1


def test_curl_resolves_names(server, tmp_path):
    # Nobody listens at the address: what curl says of its attempt tells that it has been resolved.
    doh = f"https://127.0.0.1:{server.ports['https']}/dns-query"
    command = ["curl", "-v", "--doh-url", doh, "--cacert", server.certificate.authority, "--connect-timeout", "2"]
    done = subprocess.run([*map(str, command), "http://www.a.test/"], capture_output=True, text=True, timeout=60, check=False)
    assert f"Trying {ADDRESS}:80" in done.stderr, done.stderr


@pytest.mark.parametrize("name, rrtype", [("www.a.test", "A"), ("large.a.test", "TXT"), ("missing.a.test", "A")])
def test_dnspython_asks_over_each(server, name, rrtype):
    query = dns.message.make_query(name, rrtype, use_edns=0)
    authority = str(server.certificate.authority)
    context = ssl.create_default_context(cafile=authority)
    expected = dns.query.tcp(query, "127.0.0.1", 20, port=server.port)
    over_tls = dns.query.tls(query, "127.0.0.1", 20, server.ports["tls"], ssl_context=context, server_hostname="dns.test")
    url = f"https://127.0.0.1:{server.ports['https']}/dns-query"
    over_https = [dns.query.https(query, url, 20, post=post, verify=context) for post in (True, False)]
    over_quic = dns.query.quic(query, "127.0.0.1", 20, server.ports["quic"], verify=authority, server_hostname="dns.test")
    url = f"https://127.0.0.1:{server.ports['http3']}/dns-query"
    h3 = dns.query.HTTPVersion.H3
    over_http3 = [dns.query.https(query, url, 20, post=post, verify=authority, http_version=h3) for post in (True, False)]
    for answer in (over_tls, *over_https, over_quic, *over_http3):
        assert (answer.rcode(), answer.answer, answer.authority) == (expected.rcode(), expected.answer, expected.authority)


@pytest.mark.skipif(not encrypted_servers.Unbound.is_installed(), reason="unbound is not installed")
def test_unbound_forwards_over_tls(server, tmp_path):
    resolver = encrypted_servers.UnboundForwarder(server, tmp_path)
    try:
        resolver.start()
        for name, rrtype in (("www.a.test", "A"), ("large.a.test", "TXT"), ("missing.a.test", "A")):
            query = dns.message.make_query(name, rrtype, use_edns=0)
            answer = dns.query.tcp(query, "127.0.0.1", 20, port=resolver.port)
            expected = dns.query.tcp(query, "127.0.0.1", 20, port=server.port)
            assert (answer.rcode(), answer.answer) == (expected.rcode(), expected.answer), resolver.log()
    finally:
        resolver.stop()
