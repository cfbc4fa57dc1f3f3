"""Certificates by DNS-01 (RFC 8555): lego and certbot prove that a zone is theirs by updates; Pebble asks the server itself."""

import contextlib
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

import clients
import pytest
import servers
import update_servers
from clients import records, serial
from conftest import APEX

SECONDS = 15
NAMES = ("example.test", "*.example.test")  # both are proved by records of one name
CHALLENGE = f"_acme-challenge.{APEX}"


class Pebble:
    """A certification authority that asks `server` for challenges."""

    def __init__(self, server, folder):
        self.folder = folder
        self.server = server
        self.port = servers.free_port()
        self.authority = folder / "pebble.pem"
        clients.run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
            *("-subj", "/CN=Pebble", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-keyout", folder / "pebble.key", "-out", self.authority),
        )
        configuration = {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{servers.free_port()}",
            "certificate": str(self.authority),
            "privateKey": str(folder / "pebble.key"),
            "httpPort": 5002,
            "tlsPort": 5001,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
        }
        (folder / "pebble.json").write_text(json.dumps({"pebble": configuration}))
        self.url = f"https://127.0.0.1:{self.port}/dir"

    def __enter__(self):
        # It neither waits before it asks nor refuses good nonces to see what clients do.
        environment = os.environ | {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        command = [clients.program("pebble"), "-config", self.folder / "pebble.json", "-dnsserver", f"127.0.0.1:{self.server.port}"]
        self.log = open(self.folder / "pebble.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        trusted = ssl.create_default_context(cafile=self.authority)
        deadline = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(self.url, context=trusted, timeout=1):
                return self
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "pebble.log").read_text()
            time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(SECONDS)
        self.log.close()


class Watcher(threading.Thread):
    """How many challenges the server had at once."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.most = 0
        self.stopping = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()

    def run(self):
        while not self.stopping.wait(0.01):
            with contextlib.suppress(OSError, socket.timeout):
                self.most = max(self.most, len(records(self.server, CHALLENGE, "TXT")))


@pytest.fixture(name="pebble")
def start_pebble(server, tmp_path):
    with Pebble(server, tmp_path) as pebble:
        yield pebble


def check(server, watcher, certificate):
    """The certificate has both names; their challenges were there, and are gone."""
    text = clients.run("openssl", "x509", "-in", certificate, "-noout", "-ext", "subjectAltName")
    assert all(f"DNS:{name}" in text for name in NAMES), text
    assert watcher.most >= 1
    assert records(server, CHALLENGE, "TXT") == []
    # Each of two challenges was added and removed.
    assert serial(server, APEX) >= update_servers.SERIAL + 4


def test_lego(server, pebble, tmp_path):
    environment = os.environ | {
        "LEGO_CA_CERTIFICATES": str(pebble.authority),
        "RFC2136_NAMESERVER": f"127.0.0.1:{server.port}",
        "RFC2136_TSIG_ALGORITHM": f"{update_servers.ALGORITHM}.",
        "RFC2136_TSIG_KEY": update_servers.KEY_NAME,
        "RFC2136_TSIG_SECRET": update_servers.SECRET,
        "RFC2136_POLLING_INTERVAL": "1",
        "RFC2136_SEQUENCE_INTERVAL": "1",
    }
    command = [clients.program("lego"), "--server", pebble.url, "--path", tmp_path / "lego", "--accept-tos", "--email", "a@example.test"]
    # It would look for the challenge at port 53 of the zone's name servers.
    command += ["--dns", "rfc2136", "--dns.resolvers", f"127.0.0.1:{server.port}", "--dns.disable-cp"]
    command += [word for name in NAMES for word in ("--domains", name)]
    with Watcher(server) as watcher:
        clients.run(*command, "run", env=environment)
    check(server, watcher, tmp_path / "lego/certificates/example.test.crt")


def test_certbot(server, pebble, tmp_path):
    credentials = tmp_path / "credentials.ini"
    credentials.write_text(
        f"""dns_rfc2136_server = 127.0.0.1
dns_rfc2136_port = {server.port}
dns_rfc2136_name = {update_servers.KEY_NAME}
dns_rfc2136_secret = {update_servers.SECRET}
dns_rfc2136_algorithm = {update_servers.ALGORITHM.upper()}
"""
    )
    credentials.chmod(0o600)
    folders = [word for kind in ("config", "work", "logs") for word in (f"--{kind}-dir", tmp_path / "certbot" / kind)]
    command = [clients.program("certbot"), "certonly", "--non-interactive", "--agree-tos", "--email", "a@example.test"]
    command += [*folders, "--server", pebble.url, "--authenticator", "dns-rfc2136", "--dns-rfc2136-credentials", credentials]
    command += ["--dns-rfc2136-propagation-seconds", "1", *(word for name in NAMES for word in ("-d", name))]
    with Watcher(server) as watcher:
        clients.run(*command, env=os.environ | {"REQUESTS_CA_BUNDLE": str(pebble.authority)})
    # Both challenges are there together.
    assert watcher.most == len(NAMES)
    check(server, watcher, pathlib.Path(tmp_path / "certbot/config/live/example.test/cert.pem"))
