"""Name servers as ordinary processes on loopback, each with a folder and a port of its own.

    with running(Nsd, zones) as nsd:  # zones: {"example.test.": Path("example.zone")}
        ask(nsd.port, ...)

All of them answer without rate limits and with minimal responses, so that their answers can be compared.
"""

import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

STOP_SECONDS = 10
PEER_FOLDERS = [*filter(None, os.environ.get("ATLAS_PEERS_PATH", "").split(":")), "/usr/sbin", "/usr/bin", "/sbin"]


def program(name):
    """The path of a peer's program, or None where it is not installed."""
    return shutil.which(name, path=":".join([os.environ.get("PATH", ""), *PEER_FOLDERS]))


def atlas_program(name):
    """The path of one of Atlas's own programs, from the build that ATLAS_BIN_DIR names."""
    folder = pathlib.Path(os.environ.get("ATLAS_BIN_DIR", "build/release/bin"))
    # It is started from another folder.
    return str(folder.absolute() / name)


# What those say who found something.
SANITIZERS = re.compile("runtime error:|(Address|Leak|Thread|UndefinedBehavior)Sanitizer:")


def has_sanitizer():
    """Whether the build is one whose memory and speed say nothing."""
    linked = subprocess.run(["ldd", atlas_program("atlasd")], capture_output=True, text=True, check=True).stdout
    return "libasan" in linked or "libtsan" in linked


def free_port():
    """A port that was free for UDP and TCP on 127.0.0.1 and ::1 a moment ago; of ATLAS_PORTS ("FIRST-LAST") where that is set."""
    first_port, last_port = map(int, os.environ.get("ATLAS_PORTS", "0-0").split("-"))
    for _ in range(100):
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                first.bind(("127.0.0.1", random.randint(first_port, last_port)))
                port = first.getsockname()[1]
                stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM)).bind(("127.0.0.1", port))
                if socket.has_ipv6:
                    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                        stack.enter_context(socket.socket(socket.AF_INET6, kind)).bind(("::1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port found")


class Server:
    """One server. Subclasses write the configuration and say how it is started."""

    name = ""
    executable = ""
    start_seconds = 60
    caches = False  # whether it must have given an answer before it gives it at its own cost

    def __init__(self, zones, folder):
        self.zones = {apex: pathlib.Path(path).resolve() for apex, path in zones.items()}
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.ports = {"udp": self.port, "tcp": self.port}
        self.process = None

    @classmethod
    def is_installed(cls):
        return program(cls.executable) is not None

    def command(self):
        raise NotImplementedError

    def start(self):
        self.launch()
        self.wait_until_ready()

    def launch(self, prefix=()):
        """Starts the process; `prefix` are words in front of its command, such as those of taskset."""
        self.log_path = self.folder / "log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([*prefix, *self.command()], stdout=log, stderr=log, cwd=self.folder)

    def wait_until_ready(self):
        # Every zone must answer, not only the first.
        apex = list(self.zones)[-1] if self.zones else "."
        self.wait_for_answer(soa_query(apex), lambda answer: not self.zones or answer[3] & 0x0F == 0)

    def wait_for_answer(self, query, is_right, pause=0.05):
        """Asks over UDP until an answer is right; `pause` seconds lie between two attempts."""
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.settimeout(4 * pause)
                try:
                    probe.connect(("127.0.0.1", self.port))
                    probe.send(query)
                    if is_right(probe.recv(4096)):
                        return
                except OSError:
                    pass
            time.sleep(pause)
        self.stop()
        raise RuntimeError(f"{self.name} did not answer:\n{self.log()}")

    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Nsd(Server):
    name = "NSD"
    executable = "nsd"
    zone_settings = ""  # of every zone

    def command(self):
        zones = "".join(
            f'zone:\n  name: "{apex}"\n  zonefile: "{path}"\n{self.zone_settings}' for apex, path in self.zones.items()
        )
        config = self.folder / "nsd.conf"
        config.write_text(
            f"""server:
  ip-address: 127.0.0.1@{self.port}
  ip-address: ::1@{self.port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{self.folder}"
  pidfile: "{self.folder}/nsd.pid"
  xfrdfile: "{self.folder}/xfrd.state"
  zonelistfile: "{self.folder}/zone.list"
  xfrdir: "{self.folder}"
  database: ""
  rrl-ratelimit: 0
  tcp-count: 1000
  minimal-responses: yes
  refuse-any: no
  hide-version: yes
  ipv4-edns-size: 1232
  ipv6-edns-size: 1232
remote-control:
  control-enable: no
{zones}"""
        )
        return [program("nsd"), "-d", "-c", str(config)]


class Knot(Server):
    name = "Knot"
    executable = "knotd"
    # More of its configuration, for tests: settings of the server, sections, settings of the databases and of every zone.
    server_settings = ""
    sections = ""
    database = ""
    journal = "none"
    zone_settings = ""

    def command(self):
        zones = "".join(
            f'  - domain: "{apex}"\n    file: "{path}"\n{self.zone_settings}' for apex, path in self.zones.items()
        )
        config = self.folder / "knot.conf"
        config.write_text(
            f"""server:
  rundir: "{self.folder}"
  listen: [ "127.0.0.1@{self.port}", "::1@{self.port}" ]
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  udp-max-payload: 1232
{self.server_settings}log:
  - target: stderr
    any: warning
database:
  storage: "{self.folder}"
{self.database}control:
  listen: "{self.folder}/knot.sock"
{self.sections}template:
  - id: default
    storage: "{self.folder}"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: {self.journal}
    semantic-checks: off
zone:
{zones}"""
        )
        return [program("knotd"), "-c", str(config)]


class Bind(Server):
    name = "BIND"
    executable = "named"
    # More of its configuration, for tests that need other listeners.
    statements = ""
    options = ""
    zone_statements = ""  # of every zone

    def command(self):
        zones = "".join(
            f'zone "{apex}" {{ type primary; file "{path}"; check-names ignore; notify no; {self.zone_statements}}};\n'
            for apex, path in self.zones.items()
        )
        config = self.folder / "named.conf"
        config.write_text(
            f"""{self.statements}options {{
{self.options}  directory "{self.folder}";
  pid-file "{self.folder}/named.pid";
  session-keyfile "{self.folder}/session.key";
  lock-file none;
  listen-on port {self.port} {{ 127.0.0.1; }};
  listen-on-v6 port {self.port} {{ ::1; }};
  recursion no;
  allow-query {{ any; }};
  allow-transfer {{ none; }};
  minimal-responses yes;
  minimal-any no;
  max-udp-size 1232;
  edns-udp-size 1232;
  rrset-order {{ order none; }};
  dnssec-validation no;
  check-integrity no;
  check-mx ignore;
  check-srv-cname ignore;
  check-mx-cname ignore;
  empty-zones-enable no;
  max-cache-size 16M;
  tcp-clients 1000;
}};
controls {{ }};
{zones}"""
        )
        return [program("named"), "-g", "-n", "1", "-U", "1", "-c", str(config)]


class PowerDns(Server):
    name = "PowerDNS"
    executable = "pdns_server"

    def command(self):
        # Unpacked and not installed, its modules lie beside it.
        modules = next(pathlib.Path(program(self.executable)).parent.parent.glob("lib/*/pdns"))
        bind = self.folder / "named.conf"
        bind.write_text("".join(f'zone "{apex}" {{ type master; file "{path}"; }};\n' for apex, path in self.zones.items()))
        (self.folder / "pdns.conf").write_text(
            f"""module-dir={modules}
launch=bind
bind-config={bind}
bind-check-interval=0
local-address=127.0.0.1:{self.port}, [::1]:{self.port}
socket-dir={self.folder}
setuid=
setgid=
guardian=no
daemon=no
receiver-threads=1
distributor-threads=1
reuseport=no
webserver=no
api=no
version-string=anonymous
query-logging=no
log-dns-queries=no
loglevel=3
any-to-tcp=no
negquery-cache-ttl=60
query-cache-ttl=60
cache-ttl=60
udp-truncation-threshold=1232
max-tcp-connections=1000
"""
        )
        return [program("pdns_server"), f"--config-dir={self.folder}"]


class Atlas(Server):
    name = "Atlas"
    executable = "atlasd"
    # More of its configuration, for tests: listeners, settings of every zone, further sections.
    listeners = ""
    zone_settings = ""
    sections = ""

    @classmethod
    def is_installed(cls):
        return os.access(atlas_program("atlasd"), os.X_OK)

    def configuration(self):
        """The YAML text; tests that need other settings extend it."""
        zones = "".join(
            f'  - {{zone: "{apex}", file: "{path}"{self.zone_settings}}}\n' for apex, path in self.zones.items()
        )
        return f"""config: 1
listen:
  - {{address: "127.0.0.1:{self.port}"}}
  - {{address: "[::1]:{self.port}"}}
{self.listeners}paths:
  state: "{self.folder}/state"
control:
  socket: "{self.folder}/control.sock"
rate-limit:
  enabled: false
server:
  workers: 1
{self.sections}zones:
{zones or "  []"}
"""

    def command(self):
        config = self.folder / "atlas.yaml"
        config.write_text(self.configuration())
        return [atlas_program("atlasd"), "--config", str(config)]


PEERS = (Nsd, Knot, Bind)  # for tests
SPEED_PEERS = (Nsd, Knot, Bind, PowerDns)  # for benchmarks


@contextlib.contextmanager
def running(kind, zones, folder=None):
    """Starts a server of the class `kind` on `zones` (apex: file) and stops it at the end."""
    with tempfile.TemporaryDirectory(prefix=f"atlas-{kind.name.lower()}-") as own:
        server = kind(zones, folder or own)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def wire_name(text):
    """Wire form of a name without escapes."""
    labels = [label for label in text.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def make_query(name, qtype=1):
    """A query with RD and id 7, without EDNS."""
    return b"\0\x07\x01\0\0\x01\0\0\0\0\0\0" + wire_name(name) + qtype.to_bytes(2, "big") + b"\0\x01"


def soa_query(apex):
    return b"\x12\x34\0\0\0\x01\0\0\0\0\0\0" + wire_name(apex) + b"\0\x06\0\x01"
