"""external-dns: what a zone shall have is a resource of Kubernetes; it asks for the zone by AXFR and sends what differs."""

import contextlib
import http.server
import json
import os
import threading

import clients
import pytest
import servers
import update_servers
from clients import records, serial
from conftest import APEX

GROUP, VERSION = "externaldns.k8s.io", "v1alpha1"
PATH = f"/apis/{GROUP}/{VERSION}"


class Kubernetes:
    """As much of its API as a reader of DNSEndpoint resources needs."""

    def __init__(self):
        self.endpoints = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, value, status=200):
                text = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do_GET(self):
                path, _, words = self.path.partition("?")
                if path == PATH:
                    self.answer(outer.kinds())
                elif path.endswith("/dnsendpoints") and "watch=" in words:
                    # Nothing happens, until whoever watches goes away.
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Connection", "close")
                    self.end_headers()
                    self.close_connection = True
                    outer.stopping.wait(5)
                elif path.endswith("/dnsendpoints"):
                    self.answer(outer.resources())
                elif path == "/version":
                    self.answer({"major": "1", "minor": "30", "gitVersion": "v1.30.0"})
                else:
                    self.answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}, 404)

            def do_PUT(self):
                text = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(json.loads(text))

        self.stopping = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", servers.free_port()), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def access(self, folder):
        """A file that says where it is."""
        context = {"name": "here", "context": {"cluster": "here", "user": "here"}}
        found = {"apiVersion": "v1", "kind": "Config", "current-context": "here", "contexts": [context]}
        found |= {"clusters": [{"name": "here", "cluster": {"server": self.url}}], "users": [{"name": "here", "user": {}}]}
        path = folder / "kubernetes.json"
        path.write_text(json.dumps(found))
        return path

    def close(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def kinds():
        verbs = ["get", "list", "watch", "update"]
        kind = {"singularName": "dnsendpoint", "namespaced": True, "kind": "DNSEndpoint", "verbs": verbs}
        resources = [{"name": "dnsendpoints", **kind}, {"name": "dnsendpoints/status", **kind}]
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{GROUP}/{VERSION}", "resources": resources}

    def resources(self):
        metadata = {"name": "wanted", "namespace": "default", "generation": 1, "resourceVersion": "1", "uid": "1"}
        item = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "DNSEndpoint", "metadata": metadata, "spec": {"endpoints": self.endpoints}}
        return {"apiVersion": f"{GROUP}/{VERSION}", "kind": "DNSEndpointList", "metadata": {"resourceVersion": "1"}, "items": [item]}


def endpoint(name, rrtype, *targets):
    return {"dnsName": name, "recordType": rrtype, "recordTTL": 300, "targets": list(targets)}


@pytest.fixture(name="kubernetes")
def start_kubernetes():
    with contextlib.closing(Kubernetes()) as kubernetes:
        yield kubernetes


def test_the_second_run_changes_nothing(transferring, kubernetes, tmp_path):
    command = [clients.program("external-dns"), "--once", "--source=crd", f"--crd-source-apiversion={GROUP}/{VERSION}"]
    command += ["--crd-source-kind=DNSEndpoint", f"--kubeconfig={kubernetes.access(tmp_path)}", "--registry=txt", "--txt-owner-id=here", "--policy=sync"]
    command += ["--managed-record-types=A", "--managed-record-types=TXT", "--managed-record-types=CNAME"]
    command += ["--provider=rfc2136", "--rfc2136-host=127.0.0.1", f"--rfc2136-port={transferring.port}", f"--rfc2136-zone={APEX.rstrip('.')}"]
    command += [f"--rfc2136-tsig-secret={update_servers.SECRET}", f"--rfc2136-tsig-secret-alg={update_servers.ALGORITHM}"]
    command += [f"--rfc2136-tsig-keyname={update_servers.KEY_NAME}", "--rfc2136-tsig-axfr"]
    command += [f"--metrics-address=127.0.0.1:{servers.free_port()}", "--log-level=debug"]

    def run():
        return clients.run(*command, env=os.environ | {"HOME": str(tmp_path)})

    www = endpoint("www.example.test", "A", "192.0.2.1", "192.0.2.2")
    kubernetes.endpoints = [www, endpoint("api.example.test", "CNAME", "www.example.test")]
    run()
    assert records(transferring, "www.example.test.", "A") == ["192.0.2.1", "192.0.2.2"]
    assert records(transferring, "api.example.test.", "CNAME") == ["www.example.test."]
    before = serial(transferring, APEX)
    assert before > update_servers.SERIAL
    run()
    assert serial(transferring, APEX) == before
    kubernetes.endpoints = [www]
    run()
    assert records(transferring, "api.example.test.", "CNAME") == [] and len(records(transferring, "www.example.test.", "A")) == 2
