"""Kea's DHCP-DDNS daemon, told by name change requests of leases: forward and reverse, and whose name it is (RFC 4703)."""

import json
import os
import pathlib
import socket
import subprocess
import time

import clients
import pytest
import servers
import update_servers
from clients import records
from conftest import APEX, REVERSE

ADD, REMOVE = 0, 1
SECONDS = 15
# DHCIDs (RFC 4701) of two hosts.
FIRST, SECOND = ("0001" + "01" + digest * 32 for digest in ("AA", "BB"))
NAME, ADDRESS, POINTER = "host.example.test.", "192.0.2.7", "7.2.0.192.in-addr.arpa."


class Kea:
    def __init__(self, server, folder):
        self.port = servers.free_port()
        self.folder = folder
        dns_server = {"ip-address": "127.0.0.1", "port": server.port}

        def domain(name):
            return {"ddns-domains": [{"name": name, "key-name": update_servers.KEY_NAME, "dns-servers": [dns_server]}]}

        key = {"name": update_servers.KEY_NAME, "algorithm": "HMAC-SHA256", "secret": update_servers.SECRET}
        log = {"name": "kea-dhcp-ddns", "output_options": [{"output": "stdout"}], "severity": "INFO"}
        configuration = {
            "ip-address": "127.0.0.1",
            "port": self.port,
            "dns-server-timeout": 5000,
            "tsig-keys": [key],
            "forward-ddns": domain(APEX),
            "reverse-ddns": domain(REVERSE),
            "loggers": [log],
        }
        (folder / "kea.json").write_text(json.dumps({"DhcpDdns": configuration}))

    def __enter__(self):
        path = clients.program("kea-dhcp-ddns")
        # Unpacked and not installed, its libraries lie beside it.
        libraries = ":".join(str(found) for found in pathlib.Path(path).resolve().parent.parent.glob("lib/*-linux-gnu"))
        environment = os.environ | {"LD_LIBRARY_PATH": libraries}
        environment |= {"KEA_PIDFILE_DIR": str(self.folder), "KEA_LOCKFILE_DIR": str(self.folder)}
        self.log = open(self.folder / "kea.log", "w", encoding="utf-8")
        command = [path, "-c", str(self.folder / "kea.json")]
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + SECONDS
        while "DHCP_DDNS_STARTED" not in self.said():
            assert self.process.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(SECONDS)
        self.log.close()

    def said(self):
        return (self.folder / "kea.log").read_text()

    def change(self, kind, dhcid, outcome):
        """Sends a request, and waits until the daemon says that it `outcome` ("SUCCESSFUL" or "FAILED")."""
        request = {
            "change-type": kind,
            "forward-change": True,
            "reverse-change": True,
            "fqdn": NAME,
            "ip-address": ADDRESS,
            "dhcid": dhcid,
            "lease-expires-on": "20991231235959",
            "lease-length": 1200,
            "use-conflict-resolution": True,
        }
        text = json.dumps(request).encode()
        before = self.outcomes()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(len(text).to_bytes(2, "big") + text, ("127.0.0.1", self.port))
        deadline = time.monotonic() + SECONDS
        while (found := self.outcomes()) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert found[len(before) :] == [outcome], self.said()

    def outcomes(self):
        kinds = ("DHCP_DDNS_ADD_SUCCEEDED", "DHCP_DDNS_REMOVE_SUCCEEDED", "DHCP_DDNS_ADD_FAILED", "DHCP_DDNS_REMOVE_FAILED")
        lines = [next((kind for kind in kinds if kind in line), None) for line in self.said().splitlines()]
        return ["SUCCESSFUL" if kind.endswith("SUCCEEDED") else "FAILED" for kind in lines if kind]


@pytest.fixture(name="kea")
def start_kea(server, tmp_path):
    with Kea(server, tmp_path) as kea:
        yield kea


def test_a_lease_has_its_names_until_it_ends(server, kea):
    kea.change(ADD, FIRST, "SUCCESSFUL")
    assert records(server, NAME, "A") == [ADDRESS] and len(records(server, NAME, "DHCID")) == 1
    assert records(server, POINTER, "PTR") == [NAME] and len(records(server, POINTER, "DHCID")) == 1
    # Renewed: nothing else.
    kea.change(ADD, FIRST, "SUCCESSFUL")
    assert records(server, NAME, "A") == [ADDRESS] and len(records(server, NAME, "DHCID")) == 1
    kea.change(REMOVE, FIRST, "SUCCESSFUL")
    for name, rrtype in ((NAME, "A"), (NAME, "DHCID"), (POINTER, "PTR"), (POINTER, "DHCID")):
        assert records(server, name, rrtype) == []


def test_another_host_does_not_get_the_name(server, kea):
    kea.change(ADD, FIRST, "SUCCESSFUL")
    dhcid = records(server, NAME, "DHCID")
    kea.change(ADD, SECOND, "FAILED")
    assert records(server, NAME, "A") == [ADDRESS] and records(server, NAME, "DHCID") == dhcid
