"""Who carries out updates: Atlas and peers. Each has outcomes(cases), in the order of the cases."""

import contextlib
import json
import pathlib
import re
import socket
import struct
import subprocess
import tempfile

import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.zone
import httpx

import case_table as table
import servers

SECONDS = 3


class Served:
    """A server of server_kind with a zone for each case; that finds them in `cases`, with their keys and rules."""

    def outcomes(self, cases):
        with tempfile.TemporaryDirectory(prefix="atlas-updates-") as folder:
            self.cases = {case.apex: case for case in cases}
            assert len(self.cases) == len(cases), "two cases have one apex"
            zones = {}
            for case in cases:
                path = pathlib.Path(folder) / f"{case.apex}zone"
                path.write_text(case.text)
                zones[case.apex] = path
            server = self.server_kind(zones, folder)
            server.cases = self.cases
            try:
                server.start()
                return [self._outcome(server, case) for case in cases]
            finally:
                server.stop()

    def _outcome(self, server, case):
        wire = case.message()
        if case.key and not case.is_malformed():
            wire = table.signed(wire, case.key)
        try:
            rcode = dns.rcode.to_text(ask(server.port, wire, case) & 0x0F)
        except TimeoutError:
            rcode = "no response"
        return table.outcome_of(case, rcode, self.records(server, case))

    def records(self, server, case):
        """What the zone of the case holds."""
        zone = dns.zone.Zone(dns.name.from_text(case.apex), relativize=False)
        dns.query.inbound_xfr("127.0.0.1", zone, port=server.port, lifetime=SECONDS)
        return zone.iterate_rdatas()


def ask(port, wire, case):
    """The RCODE's octet of the response."""
    kind = socket.SOCK_STREAM if case.tcp else socket.SOCK_DGRAM
    with contextlib.closing(socket.socket(socket.AF_INET, kind)) as client:
        client.settimeout(SECONDS)
        client.bind((case.source, 0))
        client.connect(("127.0.0.1", port))
        if not case.tcp:
            client.send(wire)
            return client.recv(65535)[3]
        client.sendall(len(wire).to_bytes(2, "big") + wire)
        response = b""
        while len(response) < 6:
            piece = client.recv(65535)
            assert piece, "the connection was closed"
            response += piece
        return response[5]


def keys_of(cases):
    return sorted({case.key for case in cases.values() if case.key} | {table.DEFAULT_KEY})


class _Atlas(servers.Atlas):
    def configuration(self):
        self.sections = "keys:\n" + "".join(
            f'  - {{name: "{key}", algorithm: {table.ALGORITHM}, secret: "{table.SECRET}"}}\n' for key in keys_of(self.cases)
        )
        text = super().configuration()
        for apex, case in self.cases.items():
            entry = f'{{zone: "{apex}", file: "{self.zones[apex]}"'
            text = text.replace(entry, f"{entry}, update-policy: {json.dumps(list(case.rules))}")
        return text


class Atlas(Served):
    name = "Atlas"
    server_kind = _Atlas

    def records(self, server, case):
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(server.folder / "control.sock"))) as control:
            text = control.get(f"http://atlas/v1/zones/{case.apex}/text").raise_for_status().text
        path = server.folder / "served.zone"
        path.write_text(text)
        # Of every type, known to other libraries or not.
        dump = subprocess.run(
            [servers.atlas_program("atlasctl"), "dump-zone", "--format", "wire-hex", case.apex, path],
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        return [read_record(line) for line in dump.stdout.splitlines()]


def read_record(line):
    """A record in wire form, as owner, TTL and RDATA."""
    wire = bytes.fromhex(line)
    owner, octets = dns.name.from_wire(wire, 0)
    type_, class_, ttl, length = struct.unpack_from("!HHIH", wire, octets)
    return owner, ttl, dns.rdata.from_wire(class_, type_, wire, octets + 10, length)


class _Bind(servers.Bind):
    def command(self):
        self.statements = "".join(
            f'key "{key}" {{ algorithm {table.ALGORITHM}; secret "{table.SECRET}"; }};\n' for key in keys_of(self.cases)
        )
        self.options = "  max-records-per-type 0;\n  max-types-per-name 0;\n"
        command = super().command()
        config = self.folder / "named.conf"
        text = config.read_text().replace("allow-transfer { none; }", "allow-transfer { any; }")
        for case in self.cases.values():
            rules = " ".join(f"{rule};" for rule in case.rules)
            text = re.sub(
                rf'(zone "{re.escape(case.apex)}" {{[^}}]*)}};', lambda found: f"{found[1]}update-policy {{ {rules} }}; }};", text
            )
        config.write_text(text)
        return command


class Bind(Served):
    name = "BIND"
    server_kind = _Bind


class _Knot(servers.Knot):
    def command(self):
        command = super().command()
        config = self.folder / "knot.conf"
        keys = "".join(
            f'  - id: "{key}"\n    algorithm: {table.ALGORITHM}\n    secret: "{table.SECRET}"\n'
            for key in keys_of(self.cases)
        )
        access = '  - id: update\n    key: "k."\n    action: update\n  - id: transfer\n    action: transfer\n'
        text = config.read_text()
        text = text.replace("template:\n", f"key:\n{keys}acl:\n{access}template:\n")
        text = text.replace("    semantic-checks: off\n", "    semantic-checks: off\n    acl: [ update, transfer ]\n")
        config.write_text(text)
        return command


class Knot(Served):
    name = "Knot"
    server_kind = _Knot


PEERS = (Bind, Knot)
