"""Metrics, health and dnstap as the programs of others read them."""

import http.client
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402

ZONE = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.1\n"
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.e+]+|NaN|\+Inf)$')


class Watched(servers.Atlas):
    """Atlas with metrics, and with dnstap where the test says so."""

    dnstap = ""

    def configuration(self):
        self.metrics_port = servers.free_port()
        text = super().configuration().replace("server:\n", 'server:\n  id: "ns1.example"\n')
        return text + f'metrics:\n  listen: ["127.0.0.1:{self.metrics_port}", "[::1]:{self.metrics_port}"]\n{self.dnstap}'


@pytest.fixture(name="zones")
def make_zones(tmp_path):
    path = tmp_path / "a.zone"
    path.write_text(ZONE)
    return {"a.test.": path}


def get(server, path, method="GET", host="127.0.0.1"):
    connection = http.client.HTTPConnection(host, server.metrics_port, timeout=5)
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response, body


def samples(text):
    """Values by name and labels, from Prometheus' text format; anything else in it is an error."""
    types, found = {}, {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert len(line.split(" ", 3)) == 4
        elif line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert kind in ("counter", "gauge") and name not in types
            assert (kind == "counter") == name.endswith("_total"), name
            types[name] = kind
        else:
            match = SAMPLE.match(line)
            assert match, line
            assert match[1] in types
            key = (match[1], match[2] or "")
            assert key not in found
            found[key] = float(match[3])
    return found


def ask(server, name, qtype=1, tcp=False, family=socket.AF_INET):
    query = servers.make_query(name, qtype)
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect((host, server.port))
        client.sendall((len(query).to_bytes(2, "big") if tcp else b"") + query)
        return client.recv(4096)


def ask_some(server):
    for _ in range(5):
        ask(server, "www.a.test")
    for _ in range(3):
        ask(server, "none.a.test", qtype=28, family=socket.AF_INET6)
    for _ in range(2):
        ask(server, "www.a.test", tcp=True)


def test_metrics_count_what_was_asked(zones):
    with servers.running(Watched, zones) as server:
        before = samples(get(server, "/metrics")[1])
        ask_some(server)
        response, text = get(server, "/metrics", host="::1")
        assert response.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
        after = samples(text)

        def more(name, labels=""):
            return after[name, labels] - before.get((name, labels), 0)

        assert more("atlas_queries_total", 'transport="udp",family="ipv4"') == 5
        assert more("atlas_queries_total", 'transport="udp",family="ipv6"') == 3
        assert more("atlas_queries_total", 'transport="tcp",family="ipv4"') == 2
        assert more("atlas_responses_by_rcode_total", 'rcode="NXDOMAIN"') == 3
        assert more("atlas_responses_by_rcode_total", 'rcode="NOERROR"') == 7
        assert more("atlas_queries_by_type_total", 'type="AAAA"') == 3
        assert more("atlas_tcp_connections_accepted_total") == 2
        assert after["atlas_zones", ""] == after["atlas_zones_serving", ""] == 1
        assert abs(after["atlas_config_last_load_success_timestamp_seconds", ""] - time.time()) < 100
        assert after["process_resident_memory_bytes", ""] > 1 << 20


def test_promtool_finds_nothing_to_complain_about(zones):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    with servers.running(Watched, zones) as server:
        ask_some(server)
        checked = subprocess.run([promtool, "check", "metrics"], input=get(server, "/metrics")[1], capture_output=True, text=True)
        assert checked.returncode == 0 and checked.stderr == "", checked.stderr


def test_health_and_other_requests(zones):
    with servers.running(Watched, zones) as server:
        # The first answer over UDP may be a moment before.
        deadline = time.monotonic() + 5
        while (found := get(server, "/healthz"))[0].status == 503:
            assert time.monotonic() < deadline
        assert (found[0].status, found[1]) == (200, "ok\n")
        response, body = get(server, "/metrics", "HEAD")
        assert (response.status, body) == (200, "")
        assert get(server, "/other")[0].status == 404
        refused = get(server, "/healthz", "POST")[0]
        assert refused.status == 405 and "GET" in refused.getheader("Allow")


# Control frames of Frame Streams.
ACCEPT, START, STOP, READY, FINISH = 1, 2, 3, 4, 5


def control_frame(kind, fields=b""):
    body = kind.to_bytes(4, "big") + fields
    return b"\0\0\0\0" + len(body).to_bytes(4, "big") + body


def decoded(frames_file):
    """dnstap-read's one line a message."""
    done = subprocess.run(["dnstap-read", str(frames_file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def check_messages(lines):
    assert len(lines) == 20
    assert sum(" AQ " in line for line in lines) == sum(" AR " in line for line in lines) == 10
    assert sum(" UDP " in line for line in lines) == 16 and sum(" TCP " in line for line in lines) == 4
    assert sum("none.a.test/IN/AAAA" in line for line in lines) == 6
    assert sum("www.a.test/IN/A" in line for line in lines) == 14
    assert sum("::1" in line for line in lines) == 6


needs_dnstap_read = pytest.mark.skipif(shutil.which("dnstap-read") is None, reason="dnstap-read is not installed")


@needs_dnstap_read
def test_dnstap_to_a_file(zones, tmp_path):
    class Tapped(Watched):
        dnstap = f'dnstap:\n  file: "{tmp_path}/frames"\n'

    with servers.running(Tapped, zones) as server:
        asked_to_start = len(frames_once_quiet(tmp_path / "frames"))
        ask_some(server)
    assert len(decoded(tmp_path / "frames")[asked_to_start:]) == 20
    check_messages(decoded(tmp_path / "frames")[asked_to_start:])


def frames_once_quiet(path):
    """What the wait for the start asked is in the file before the test asks."""
    size = -1
    while size != path.stat().st_size:
        size = path.stat().st_size
        time.sleep(0.2)
    # The stream has no end yet, which dnstap-read would find fault with.
    whole = path.read_bytes()
    finished = path.with_suffix(".finished")
    finished.write_bytes(whole + control_frame(STOP))
    return decoded(finished)


class Reader(threading.Thread):
    """The reader's side of Frame Streams on a Unix socket; keeps what a file would hold."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.frames = []
        self.finished = False
        self.start()

    def run(self):
        stream, _ = self.listener.accept()
        source = stream.makefile("rb")

        def read_control():
            body = source.read(int.from_bytes(source.read(4), "big"))
            return int.from_bytes(body[:4], "big"), body[4:]

        while (head := source.read(4)) != b"":
            size = int.from_bytes(head, "big")
            if size != 0:
                self.frames.append(source.read(size))
                continue
            kind, fields = read_control()
            if kind == READY:
                assert b"protobuf:dnstap.Dnstap" in fields
                stream.sendall(control_frame(ACCEPT, fields))
            if kind == STOP:
                stream.sendall(control_frame(FINISH))
                self.finished = True

    def write_file(self, path):
        content_type = b"protobuf:dnstap.Dnstap"
        field = (1).to_bytes(4, "big") + len(content_type).to_bytes(4, "big") + content_type
        data = b"".join(len(frame).to_bytes(4, "big") + frame for frame in self.frames)
        path.write_bytes(control_frame(START, field) + data + control_frame(STOP))


@needs_dnstap_read
def test_dnstap_to_a_reader_that_comes_late(zones, tmp_path):
    class Tapped(Watched):
        dnstap = f'dnstap:\n  socket: "{tmp_path}/tap"\n'

    with servers.running(Tapped, zones) as server:
        ask(server, "www.a.test")
        deadline = time.time() + 5
        while True:
            lost = samples(get(server, "/metrics")[1])["atlas_dnstap_lost_total", 'place="output"']
            if lost >= 2 or time.time() > deadline:
                break
            time.sleep(0.05)
        assert lost >= 2, "without a reader, messages are lost and counted"
        reader = Reader(tmp_path / "tap")
        time.sleep(2.5)
        assert reader.frames == []
        ask_some(server)
    reader.join(5)
    assert reader.finished
    reader.write_file(tmp_path / "frames")
    check_messages(decoded(tmp_path / "frames"))


def test_a_stuck_reader_holds_up_nobody(zones, tmp_path):
    class Tapped(Watched):
        dnstap = f'dnstap:\n  socket: "{tmp_path}/tap"\n'

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "tap"))
    listener.listen(1)
    with servers.running(Tapped, zones) as server:
        for _ in range(200):
            assert ask(server, "www.a.test")[3] & 15 == 0
        begun = time.time()
        server.process.terminate()
        assert server.process.wait(10) == 0
        assert time.time() - begun < 2
    listener.close()
