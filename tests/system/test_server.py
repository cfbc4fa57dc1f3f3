"""atlasd as an operator meets it: start, stop, reload, the control socket, many zones."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402

ZONE = """$TTL 300
@ SOA ns admin {serial} 3600 600 86400 300
@ NS ns
ns A 127.0.0.1
www A {address}
"""


class ControlConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("atlas", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def control(server, method, path):
    """Status and decoded body of one request on the control socket."""
    connection = ControlConnection(server.folder / "control.sock")
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, json.loads(body)


def address_of(port, name="www.a.test", tcp=False):
    """The RCODE and the last four octets of the answer to a query for an A record."""
    query = servers.make_query(name)
    if tcp:
        with socket.create_connection(("::1", port), 5) as client:
            client.sendall(len(query).to_bytes(2, "big") + query)
            size = int.from_bytes(client.recv(2), "big")
            answer = client.recv(size)
    else:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.sendto(query, ("127.0.0.1", port))
            answer = client.recv(4096)
    return answer[3] & 15, socket.inet_ntoa(answer[-4:])


def wait_until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def zone_file(tmp_path):
    path = tmp_path / "a.zone"
    path.write_text(ZONE.format(serial=1, address="192.0.2.1"))
    return path


def test_answers_over_udp_and_tcp_ipv4_and_ipv6(zone_file):
    with servers.running(servers.Atlas, {"a.test.": zone_file}) as server:
        assert address_of(server.port) == (0, "192.0.2.1")
        assert address_of(server.port, tcp=True) == (0, "192.0.2.1")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_with_exit_0_within_two_seconds(zone_file, number):
    with servers.running(servers.Atlas, {"a.test.": zone_file}) as server:
        begun = time.monotonic()
        server.process.send_signal(number)
        assert server.process.wait(10) == 0
        assert time.monotonic() - begun < 2
        assert not (server.folder / "control.sock").exists()


def test_a_zone_that_fails_keeps_its_last_good_version_and_says_so(zone_file):
    with servers.running(servers.Atlas, {"a.test.": zone_file}) as server:
        zone_file.write_text(ZONE.format(serial=2, address="192.0.2.256"))
        assert control(server, "POST", "/v1/zones/a.test/reload")[1]["failed"] == 1
        assert address_of(server.port) == (0, "192.0.2.1")
        state = control(server, "GET", "/v1/zones/a.test")[1]
        assert state["status"] == "stale"
        assert re.search(r"a\.zone:5:7: error: .*192\.0\.2\.256", state["error"])
        zone_file.write_text(ZONE.format(serial=3, address="192.0.2.3"))
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: address_of(server.port) == (0, "192.0.2.3"))


def test_a_wrong_configuration_changes_nothing_and_says_where(zone_file):
    with servers.running(servers.Atlas, {"a.test.": zone_file}) as server:
        config = server.folder / "atlas.yaml"
        config.write_text(config.read_text().replace("rate-limit:", "rate-limits:"))
        status, problem = control(server, "POST", "/v1/reload")
        assert status == 422 and problem["status"] == 422
        assert address_of(server.port) == (0, "192.0.2.1")
        wait_until(lambda: "ATLAS-CONFIG-REJECTED" in server.log())
        assert re.search(r"ATLAS-CONFIG-REJECTED .*atlas\.yaml:\d+:\d+: error: .*rate-limits", server.log())


def test_zones_come_and_go_with_the_configuration(zone_file):
    with servers.running(servers.Atlas, {"a.test.": zone_file}) as server:
        config = server.folder / "atlas.yaml"
        config.write_text(config.read_text().replace("a.test.", "b.test."))
        assert control(server, "POST", "/v1/reload")[0] == 200
        assert address_of(server.port, "www.b.test") == (0, "192.0.2.1")
        assert address_of(server.port)[0] == 5


def test_a_zone_that_never_loaded_is_servfail(tmp_path, zone_file):
    zones = {"bad.test.": tmp_path / "missing.zone", "a.test.": zone_file}
    with servers.running(servers.Atlas, zones) as server:
        assert address_of(server.port, "www.bad.test")[0] == 2
        assert control(server, "GET", "/v1/zones?status=failed")[1]["total"] == 1


def test_the_control_socket_is_for_its_owner_and_group(zone_file):
    with servers.running(servers.Atlas, {"a.test.": zone_file}) as server:
        assert stat.S_IMODE(os.stat(server.folder / "control.sock").st_mode) == 0o660


def test_a_second_server_refuses_to_share_the_first_ones_sockets(zone_file):
    with servers.running(servers.Atlas, {"a.test.": zone_file}) as server:
        second = subprocess.run(server.command(), capture_output=True, text=True, timeout=20)
        assert second.returncode == 1
        assert "error:" in second.stderr
        assert address_of(server.port) == (0, "192.0.2.1")


def test_the_contract_names_every_operation():
    root = pathlib.Path(__file__).parents[2]
    contract = yaml.safe_load((root / "api/openapi.yaml").read_text())
    described = {(method.upper(), path) for path, operations in contract["paths"].items() for method in operations}
    code = "".join(path.read_text() for path in (root / "atlas/control/api").glob("*.cc"))
    assert described == set(re.findall(r'router_?\.add\("(\w+)", "([^"]+)"', code))


def test_any_is_answered_with_one_rrset_or_all(zone_file):
    class AllForAny(servers.Atlas):
        def configuration(self):
            return super().configuration() + "answers: {minimal-any: false}\n"

    query = servers.make_query("a.test", qtype=255)
    for kind, rrsets in ((servers.Atlas, 1), (AllForAny, 2)):
        with servers.running(kind, {"a.test.": zone_file}) as server:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(5)
                client.sendto(query, ("127.0.0.1", server.port))
                assert int.from_bytes(client.recv(1000)[6:8], "big") == rrsets


def test_every_operation_of_the_contract_is_there(zone_file):
    contract = yaml.safe_load((pathlib.Path(__file__).parents[2] / "api/openapi.yaml").read_text())
    with servers.running(servers.Atlas, {"a.test.": zone_file}) as server:
        for path, operations in contract["paths"].items():
            for method in operations:
                connection = ControlConnection(server.folder / "control.sock")
                connection.request(method.upper(), re.sub(r"{\w+}", lambda name: "a.test" if name[0] == "{zone}" else "1", path))
                response = connection.getresponse()
                # Not the router's: it has no code.
                assert response.status != 405 and (response.status != 404 or b'"code"' in response.read()), (method, path)
                connection.close()


def test_twelve_thousand_zones_serve_in_five_seconds_and_reload(tmp_path):
    zones = {}
    for number in range(12_000):
        path = tmp_path / f"z{number}.zone"
        path.write_text(ZONE.format(serial=1, address="192.0.2.1"))
        zones[f"z{number}.test."] = path
    begun = time.monotonic()
    with servers.running(servers.Atlas, zones) as server:
        seconds = time.monotonic() - begun
        assert seconds < 5, f"{seconds:.1f} s"
        assert control(server, "GET", "/v1/status")[1]["zones_serving"] == 12_000
        assert address_of(server.port, "www.z6000.test") == (0, "192.0.2.1")
        zones["z6000.test."].write_text(ZONE.format(serial=2, address="192.0.2.2"))
        assert control(server, "POST", "/v1/reload")[0] == 200
        assert address_of(server.port, "www.z6000.test") == (0, "192.0.2.2")
        print(f"12,000 zones served after {seconds:.2f} s")


def test_the_control_socket_answers_while_a_large_zone_loads(tmp_path):
    path = tmp_path / "large.zone"
    path.write_text(ZONE.format(serial=1, address="192.0.2.1") + "".join(f"host-{n:09} A 192.0.2.1\n" for n in range(1_500_000)))
    with servers.running(servers.Atlas, {"a.test.": path}) as server:
        replies = []
        reload = threading.Thread(target=lambda: replies.append(control(server, "POST", "/v1/zones/a.test/reload")))
        again = threading.Thread(target=lambda: replies.append(control(server, "POST", "/v1/reload")))
        reload.start()
        seen = []
        wait_until(lambda: "loading" in control(server, "GET", "/v1/zones/a.test")[1])
        again.start()
        while (zone := control(server, "GET", "/v1/zones/a.test")[1]).get("loading"):
            seen.append(zone["loading"]["octets"])
            assert zone["status"] == "serving" and zone["loading"]["octets_total"] == path.stat().st_size
            assert address_of(server.port) == (0, "192.0.2.1")
        reload.join()
        again.join()
        # Read in a moment, on several cores; then it is checked and built.
        assert max(seen) == path.stat().st_size, seen
        assert (200, {"loaded": 1, "unchanged": 0, "failed": 0}) in replies
        assert {status for status, _ in replies} == {200}
