"""Chromium, whose QUIC is its own, asks for JSON over HTTP/3."""

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

ADDRESS = "192.0.2.1"
ZONE = f"$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\nwww A {ADDRESS}\n"
SECONDS_MAX = 20
# Asks until the last of its questions was answered over HTTP/3, or for long; the image keeps the document from being whole until then.
PAGE = """<p id="answers">none</p><img src="/ended"><script>
const url = new URLSearchParams(location.search).get("ask");
(async () => {
  let answers = 0;
  for (let over = false; !over; ) {
    const answer = await fetch(`${url}&random_padding=${++answers}`, {cache: "no-store"});
    document.getElementById("answers").textContent = `${answers}: ${await answer.text()}`;
    over = await (await fetch("/over")).text() === "yes";
  }
  await fetch("/end");
})();
</script>"""


class Both(encrypted_servers.Watched):
    """HTTPS and HTTP/3 have one port number, so that the former tells of the latter."""

    def __init__(self, zones, folder):
        super().__init__(zones, folder)
        self.ports["http3"] = self.ports["https"]

    def flags(self, forced_port):
        # Who speaks QUIC needs a certificate of a public authority, unless it is forced on the host, on whatever port.
        return ["--enable-quic", f"--origin-to-force-quic-on=dns.test:{forced_port}", "--host-resolver-rules=MAP dns.test 127.0.0.1"]

    @property
    def url(self):
        return f"https://dns.test:{self.ports['https']}/resolve?name=www.a.test"


@pytest.fixture(name="server")
def start_server(tmp_path):
    (tmp_path / "zone").write_text(ZONE)
    with servers.running(Both, {"a.test.": tmp_path / "zone"}) as server:
        yield server


def test_a_document_comes_over_http3(server, tmp_path):
    browser = chromium.Chromium(tmp_path / "home", [server.certificate.authority])
    before = server.queries()
    assert ADDRESS in browser.load(server.url, server.flags(server.ports["http3"])), browser.log
    after = server.queries()
    assert after["http3"] - before["http3"] == 1 and after["https"] == before["https"], (before, after)


def test_a_browser_changes_over_where_it_is_told_of_http3(server, tmp_path):
    ended = threading.Event()

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            text = PAGE
            if self.path == "/over":
                text = "yes" if server.queries()["http3"] or ended.wait(0.1) else "no"
            elif self.path == "/end":
                ended.set()
            elif self.path == "/ended":
                ended.wait(SECONDS_MAX)
                ended.set()  # whoever still asks has asked for long
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as page:
        threading.Thread(target=page.serve_forever, daemon=True).start()
        browser = chromium.Chromium(tmp_path / "home", [server.certificate.authority])
        flags = server.flags(forced_port=servers.free_port())
        document = browser.load(f"http://127.0.0.1:{page.server_address[1]}/?ask={server.url}", flags)
        page.shutdown()
    assert ADDRESS in document, browser.log
    counted = server.queries()
    # The first answer told.
    assert counted["https"] > 0 and counted["http3"] > 0, (counted, document)


def test_a_server_that_is_not_trusted_is_not_asked(server, tmp_path):
    browser = chromium.Chromium(tmp_path / "home")
    assert ADDRESS not in browser.load(server.url, server.flags(server.ports["http3"]))
    counted = server.queries()
    assert counted["https"] == counted["http3"] == 0, counted
