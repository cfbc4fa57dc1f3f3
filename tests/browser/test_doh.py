"""Chromium looks names up over HTTPS at Atlas, as its settings of secure DNS have it."""

import http.server
import pathlib
import sys
import threading

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import chromium  # noqa: E402
import encrypted_servers  # noqa: E402
import servers  # noqa: E402

pytestmark = pytest.mark.skipif(chromium.why_not() is not None, reason=str(chromium.why_not()))

# Names that nobody but Atlas knows.
ZONE = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\nwww A 127.0.0.1\nalias CNAME www\n"
GREETING = "This is the page of"


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = f"<p>{GREETING} {self.headers['Host'].partition(':')[0]}</p>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module", name="page_port")
def serve_page():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(name="zones")
def make_zones(tmp_path):
    (tmp_path / "zone").write_text(ZONE)
    return {"a.test.": tmp_path / "zone"}


def browser_for(server, folder, words, trusting=True):
    template = f"https://127.0.0.1:{server.ports['https']}/dns-query{words}"
    authorities = [server.certificate.authority] if trusting else []
    return chromium.Chromium(folder, authorities, {"DnsOverHttpsMode": "secure", "DnsOverHttpsTemplates": template})


# Chromium asks with POST, or with GET where the template says so.
@pytest.mark.parametrize("words", ["", "{?dns}"], ids=["post", "get"])
def test_a_page_is_found_over_https(zones, tmp_path, page_port, words):
    with servers.running(encrypted_servers.Watched, zones) as server:
        before = server.queries()
        browser = browser_for(server, tmp_path / "home", words)
        for name in ("www.a.test", "alias.a.test"):
            assert f"{GREETING} {name}" in browser.load(f"http://{name}:{page_port}/"), browser.log
        after = server.queries()
        assert after["https"] - before["https"] >= 2, (before, after)
        assert after["udp"] == before["udp"] and after["tcp"] == before["tcp"], (before, after)
        assert browser.load(f"http://missing.a.test:{page_port}/") == ""
        server.stop()
        tapped = server.tap.read_bytes()
        for name in ("www.a.test", "alias.a.test", "missing.a.test"):
            assert servers.wire_name(name) in tapped, f"nobody asked for {name}"
        # Without Atlas, nobody knows the name.
        assert browser.load(f"http://www.a.test:{page_port}/") == ""


def test_a_server_that_is_not_trusted_is_not_asked(zones, tmp_path, page_port):
    with servers.running(encrypted_servers.Watched, zones) as server:
        browser = browser_for(server, tmp_path / "home", "", trusting=False)
        assert browser.load(f"http://www.a.test:{page_port}/") == ""
        assert server.queries()["https"] == 0
        # It came, and left.
        assert server.counted("atlas_tls_failures_total", "reason")["peer-alert"] > 0
