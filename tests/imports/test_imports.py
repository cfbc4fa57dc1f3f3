"""A set-up of each peer is imported, and Atlas answers on it as the peer does."""

import contextlib
import json
import os
import pathlib
import sqlite3
import stat
import subprocess
import sys
import tempfile

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import conventional  # noqa: E402
import servers  # noqa: E402

ZONES = 20
SECRET = "c2VjcmV0IHRoYXQgbm9ib2R5IGtub3dzLi4u"
SHOWN_MAX = 5


def run_import(source, folder, *words):
    """The exit status and the report."""
    done = subprocess.run(
        [servers.atlas_program("atlasctl"), "import", str(source), "--to", str(folder), "--json", *words],
        capture_output=True, text=True, timeout=120,
    )
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert (report["losses"] == 0) == (done.returncode == 0)
    return report


class OnImport(servers.Atlas):
    """Atlas on what an import has made, with a state of its own."""

    def __init__(self, imported, port, zones, folder):
        super().__init__({}, folder)
        self.imported = imported
        self.port = port
        self.apex = zones[-1].apex

    def command(self):
        config = self.folder / "run.yaml"
        config.write_text(
            f"config: 1\ninclude: {self.imported}/atlas.yaml\nserver: {{workers: 1}}\npaths: {{state: {self.folder}/state}}\n"
            f"control: {{socket: {self.folder}/control.sock}}\n"
        )
        return [servers.atlas_program("atlasd"), "--config", str(config)]

    def wait_until_ready(self):
        self.wait_for_answer(servers.soa_query(self.apex), lambda answer: answer[3] & 0x0F == 0)


@contextlib.contextmanager
def started(server):
    try:
        server.start()
        yield server
    finally:
        server.stop()


def answers_on(imported, port, zones, asked):
    with tempfile.TemporaryDirectory(prefix="atlas-import-") as folder:
        with started(OnImport(imported, port, zones, pathlib.Path(folder))) as atlas:
            return conventional.ask(atlas.port, asked)


class PeerSetup:
    """A set-up that a test has written, and the server that reads it."""

    def __init__(self, kind, folder):
        self.server = kind({}, folder)
        self.folder = folder

    def answers(self, command, zones, asked):
        server = self.server
        server.command = lambda: command
        server.wait_until_ready = lambda: server.wait_for_answer(
            servers.soa_query(zones[-1].apex), lambda answer: answer[3] & 0x0F == 0)
        with started(server):
            return conventional.ask(server.port, asked)


def compare(setup, command, source, zones, tmp_path, losses, with_authority=True):
    """Imports what the peer serves, and compares; `losses` by group are what the report must name."""
    asked = conventional.questions(zones)
    theirs = setup.answers(command, zones, asked)
    report = run_import(source, tmp_path / "atlas")
    assert {group["group"]: group["losses"] for group in report["groups"] if group["losses"]} == losses, report["findings"]
    assert sum(not zone["secondary"] for zone in report["taken"]["zones"]) == len(zones)
    ours = answers_on(tmp_path / "atlas", setup.server.port, zones, asked)
    found = conventional.differences(asked, ours, theirs, with_authority)
    assert not found, f"{len(found)} of {len(asked)} differ:\n" + "\n\n".join(found[:SHOWN_MAX])
    return report


def needs(kind):
    return pytest.mark.skipif(not kind.is_installed(), reason=f"{kind.name} is not installed")


@pytest.fixture(name="folder")
def make_folder():
    # Names of sockets must stay short.
    with tempfile.TemporaryDirectory(prefix="atlas-imports-") as folder:
        yield pathlib.Path(folder)


@needs(servers.Bind)
def test_named(folder, tmp_path):
    zones = conventional.make_zones(ZONES)
    setup = PeerSetup(servers.Bind, folder)
    statements = ""
    for number, zone in enumerate(zones):
        conventional.write(zone, number, folder / "master" / f"db.{number}", folder)
        if number == 3:  # no TTL anywhere: that of the SOA is taken
            text = zone.text.replace("$TTL 1h\n", "")
            (folder / "master" / f"db.{number}").write_text(text)
        update = ""
        if number == 1:
            update = "update-policy { grant ddns.example. zonesub ANY; }; "
        if number == 2:
            update = "allow-update { key ddns.example.; 127.0.0.0/8; }; "
        statements += f'zone "{zone.apex.rstrip(".")}" {{ type primary; file "master/db.{number}"; {update}}};\n'
    statements += 'zone "slave.example" { type secondary; file "slave"; primaries { 127.0.0.1 port 1; }; };\n'
    (folder / "named.conf.zones").write_text(statements)
    (folder / "keys.conf").write_text(f'key "ddns.example." {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n')
    port = setup.server.port
    source = folder / "named.conf"
    source.write_text(
        f"""// three kinds
# of comments
/* are there */
include "{folder}/keys.conf";
acl here {{ !127.0.0.77; 127.0.0.0/8; ::1; }};
options {{
  directory "{folder}"; pid-file "{folder}/named.pid"; session-keyfile "{folder}/session.key"; lock-file none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 port {port} {{ ::1; }};
  recursion no; allow-query {{ here; }}; minimal-responses yes; minimal-any yes; version none; server-id "imported";
  rrset-order {{ order none; }}; zero-no-soa-ttl no; dnssec-validation no; empty-zones-enable no; notify no; max-cache-size 16M;
}};
controls {{ }};
include "named.conf.zones";
"""
    )
    command = [servers.program("named"), "-g", "-n", "1", "-U", "1", "-c", str(source)]
    # rrset-order.
    report = compare(setup, command, source, zones, tmp_path, {"settings": 1})
    assert report["taken"]["update_rules"] == 3
    assert report["taken"]["keys"] == ["ddns.example."]
    assert "127.0.0.77/32" not in report["taken"]["clients"] and "127.0.0.76/32" in report["taken"]["clients"]
    key = tmp_path / "atlas" / "keys" / "ddns.example.key"
    assert key.read_text() == SECRET + "\n"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert is_secondary(report, "slave.example.")
    assert '- {zone: "slave.example.", primaries: ["127.0.0.1:1"]}' in (tmp_path / "atlas" / "atlas.yaml").read_text()


def is_secondary(report, apex):
    return any(zone["zone"] == apex and zone["secondary"] for zone in report["taken"]["zones"])


@needs(servers.Nsd)
def test_nsd(folder, tmp_path):
    zones = conventional.make_zones(ZONES)
    setup = PeerSetup(servers.Nsd, folder)
    (folder / "conf.d").mkdir()
    for number, zone in enumerate(zones):
        name = zone.apex.rstrip(".")
        # Relative names of $INCLUDE count from zonesdir.
        conventional.write(zone, number, folder / "zones" / name[0] / f"{name}.zone", folder / "zones")
        if number < 15:
            (folder / "conf.d" / f"{number:02}.conf").write_text(
                f'zone:\n  name: "{name}"\n  include-pattern: "byletter"\n' if number % 2 else
                f"zone:\n  name: {zone.apex}\n  zonefile: {name[0]}/{name}.zone\n")
    added = "".join(f"add {zone.apex.rstrip('.')} byletter\n" for zone in zones[15:])
    (folder / "zone.list").write_text("# NSD zone list\n# name pattern\n" + added)
    port = setup.server.port
    source = folder / "nsd.conf"
    source.write_text(
        f"""server:
  ip-address: 127.0.0.1@{port}
  ip-address: ::1@{port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{folder}/zones"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  xfrdir: "{folder}"
  database: ""
  rrl-ratelimit: 0
  minimal-responses: yes
  refuse-any: no
  hide-version: yes
  identity: "imported"
remote-control:
  control-enable: no
key:
  name: "xfr.example"
  algorithm: hmac-sha256
  secret: "{SECRET}"
pattern:
  name: "byletter"
  zonefile: "%1/%s.zone"
include: "{folder}/conf.d/*.conf"
zone:
  name: "slave.example"
  zonefile: "slave"
  request-xfr: 127.0.0.1@1 xfr.example
"""
    )
    report = compare(setup, [servers.program("nsd"), "-d", "-c", str(source)], source, zones, tmp_path, {})
    assert is_secondary(report, "slave.example.")
    assert "enabled: false" in (tmp_path / "atlas" / "atlas.yaml").read_text()


@needs(servers.Knot)
def test_knot(folder, tmp_path):
    zones = conventional.make_zones(ZONES)
    setup = PeerSetup(servers.Knot, folder)
    text = ""
    for number, zone in enumerate(zones):
        name = zone.apex.rstrip(".")
        in_default = number % 2 == 0
        file = folder / "zones" / f"{name}.zone" if in_default else folder / "more" / name[0] / f"{name}.db"
        # Relative names of $INCLUDE count from the file.
        conventional.write(zone, number, file, file.parent)
        text += f"  - domain: {name}\n" + ("" if in_default else "    template: letters\n")
        text += "    acl: [ddns, local]\n" if number == 1 else ""
    port = setup.server.port
    source = folder / "knot.conf"
    (folder / "zones.conf").write_text("zone:\n" + text)
    source.write_text(
        f"""# comment
server:
  rundir: "{folder}"
  listen: [ "127.0.0.1@{port}", ::1@{port} ]
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  identity: "imported"
database:
  storage: "{folder}"
control:
  listen: "{folder}/knot.sock"
key:
  - id: ddns.example
    algorithm: hmac-sha256
    secret: {SECRET}
acl:
  - id: ddns
    key: ddns.example
    action: update
    update-owner: name
    update-owner-name: [host0, host1]
    update-type: [A, AAAA]
  - id: local
    address: [127.0.0.0/8, ::1]
    action: update
remote:
  - id: primary
    address: 127.0.0.1@1
template:
  - id: default
    storage: "{folder}/zones"
  - id: letters
    storage: "{folder}/more"
    file: "%c[0]/%s.db"
include: zones.conf
zone:
  - domain: slave.example
    master: primary
"""
    )
    report = compare(setup, [servers.program("knotd"), "-c", str(source)], source, zones, tmp_path, {})
    assert is_secondary(report, "slave.example.")
    assert report["taken"]["update_rules"] == 4


@needs(servers.PowerDns)
def test_powerdns_with_bind_backend(folder, tmp_path):
    zones = conventional.make_zones(ZONES)
    setup = PeerSetup(servers.PowerDns, folder)
    statements = f'options {{ directory "{folder}"; }};\n'
    for number, zone in enumerate(zones):
        conventional.write(zone, number, folder / f"{number}.zone", folder)
        statements += f'zone "{zone.apex.rstrip(".")}" {{ type native; file "{folder}/{number}.zone"; }};\n'
    (folder / "named.conf").write_text(statements)
    (folder / "pdns.d").mkdir()
    modules = next(pathlib.Path(servers.program("pdns_server")).parent.parent.glob("lib/*/pdns"))
    (folder / "pdns.d" / "bind.conf").write_text(f"launch+=bind\nbind-config={folder}/named.conf\nbind-check-interval=0\n")
    port = setup.server.port
    source = folder / "pdns.conf"
    source.write_text(
        f"""# comment
module-dir={modules}
launch=
include-dir={folder}/pdns.d
local-address=127.0.0.1:{port}, [::1]:{port}
socket-dir={folder}
setuid=
setgid=
guardian=no
daemon=no
receiver-threads=1
distributor-threads=1
version-string=anonymous
server-id=imported
loglevel=3
"""
    )
    # PowerDNS puts other records into the authority section.
    compare(setup, [servers.program("pdns_server"), f"--config-dir={folder}"], source, zones, tmp_path, {}, with_authority=False)


# The tables of the documented schema of gsqlite3, version 4.7.
SCHEMA = """
CREATE TABLE domains (id INTEGER PRIMARY KEY, name VARCHAR(255) NOT NULL COLLATE NOCASE, master VARCHAR(128) DEFAULT NULL,
  last_check INTEGER DEFAULT NULL, type VARCHAR(8) NOT NULL, notified_serial INTEGER DEFAULT NULL,
  account VARCHAR(40) DEFAULT NULL, options VARCHAR(65535) DEFAULT NULL, catalog VARCHAR(255) DEFAULT NULL);
CREATE TABLE records (id INTEGER PRIMARY KEY, domain_id INTEGER DEFAULT NULL, name VARCHAR(255) DEFAULT NULL,
  type VARCHAR(10) DEFAULT NULL, content VARCHAR(65535) DEFAULT NULL, ttl INTEGER DEFAULT NULL, prio INTEGER DEFAULT NULL,
  disabled BOOLEAN DEFAULT 0, ordername VARCHAR(255), auth BOOL DEFAULT 1);
CREATE TABLE domainmetadata (id INTEGER PRIMARY KEY, domain_id INT NOT NULL, kind VARCHAR(32) COLLATE NOCASE, content TEXT);
CREATE TABLE cryptokeys (id INTEGER PRIMARY KEY, domain_id INT NOT NULL, flags INT NOT NULL, active BOOL,
  published BOOL DEFAULT 1, content TEXT);
CREATE TABLE tsigkeys (id INTEGER PRIMARY KEY, name VARCHAR(255) COLLATE NOCASE, algorithm VARCHAR(50) COLLATE NOCASE,
  secret VARCHAR(255));
"""


def make_database(path):
    """Twenty zones, with what the columns hold of each kind of record."""
    expected = {}
    database = sqlite3.connect(path)
    database.executescript(SCHEMA)
    for number in range(ZONES):
        apex = f"z{number}.example.net"
        database.execute("INSERT INTO domains (id, name, type) VALUES (?, ?, ?)",
                         (number + 1, apex, "MASTER" if number % 2 else "NATIVE"))
        rows = [
            (apex, "SOA", f"ns1.{apex} host.{apex} {number + 1} 7200 3600 1209600 300", 3600, None, 0),
            (apex, "NS", f"ns1.{apex}", 3600, None, 0),
            (f"ns1.{apex}", "A", "192.0.2.1", None, None, 0),
            (apex, "MX", f"mail.{apex}", 60, 10, 0),
            (f"mail.{apex}", "AAAA", f"2001:db8::{number + 1:x}", 60, 0, 0),
            (f"_sip._tcp.{apex}", "SRV", f"5 5060 mail.{apex}", 60, 7, 0),
            (apex, "TXT", '"quoted; text" "second"', 60, None, 0),
            (f"off.{apex}", "A", "192.0.2.66", 60, None, 1),
            (f"ent.{apex}", None, None, None, None, 0),
        ]
        if number == 0:
            rows.append((f"alias.{apex}", "ALIAS", "elsewhere.example", 60, None, 0))
        for row in rows:
            database.execute(
                "INSERT INTO records (domain_id, name, type, content, ttl, prio, disabled) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number + 1, *row))
        expected[apex + "."] = {
            f"{apex}.\t3600\tIN\tSOA\tns1.{apex}. host.{apex}. {number + 1} 7200 3600 1209600 300",
            f"{apex}.\t3600\tIN\tNS\tns1.{apex}.",
            f"ns1.{apex}.\t3600\tIN\tA\t192.0.2.1",
            f"{apex}.\t60\tIN\tMX\t10 mail.{apex}.",
            f"mail.{apex}.\t60\tIN\tAAAA\t2001:db8::{number + 1:x}",
            f"_sip._tcp.{apex}.\t60\tIN\tSRV\t7 5 5060 mail.{apex}.",
            f'{apex}.\t60\tIN\tTXT\t"quoted; text" "second"',
        }
    database.execute("INSERT INTO domains (name, type, master) VALUES ('slave.example', 'SLAVE', '192.0.2.1')")
    database.execute("INSERT INTO tsigkeys (name, algorithm, secret) VALUES ('ddns.example', 'hmac-sha256', ?)", (SECRET,))
    for kind, content in (("TSIG-ALLOW-DNSUPDATE", "ddns.example"), ("ALLOW-DNSUPDATE-FROM", "0.0.0.0/0"),
                          ("ALLOW-DNSUPDATE-FROM", "::/0")):
        database.execute("INSERT INTO domainmetadata (domain_id, kind, content) VALUES (2, ?, ?)", (kind, content))
    database.commit()
    database.close()
    return expected


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_powerdns_with_database(mode, folder, tmp_path):
    expected = make_database(folder / "pdns.db")
    with contextlib.closing(sqlite3.connect(folder / "pdns.db")) as database:
        database.execute(f"PRAGMA journal_mode = {mode}")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    source = folder / "pdns.conf"
    port = servers.free_port()
    source.write_text(f"launch=gsqlite3\ngsqlite3-database={folder}/pdns.db\nlocal-address=127.0.0.1\nlocal-port={port}\ndnsupdate=yes\n"
                      "allow-dnsupdate-from=\n")
    report = run_import(source, tmp_path / "atlas")
    lost = {group["group"]: group["losses"] for group in report["groups"] if group["losses"]}
    assert lost == {"records": 1}, report["findings"]
    assert is_secondary(report, "slave.example.")
    assert {zone["zone"] for zone in report["taken"]["zones"]} == {"slave.example.", *expected}
    for apex, records in expected.items():
        assert set((tmp_path / "atlas" / "zones" / f"{apex}zone").read_text().splitlines()) == records
    assert report["taken"]["update_rules"] == 1
    # Nothing of the source has changed, and nothing lies beside it.
    assert {path: path.read_bytes() for path in folder.iterdir() if path != source} == before
    zones = [conventional.Zone(apex, "", "", [apex]) for apex in expected]
    asked = [(conventional.wire_name(apex), conventional.TYPES[rtype]) for apex in expected for rtype in ("SOA", "MX", "TXT")]
    for (name, _), answer in zip(asked, answers_on(tmp_path / "atlas", port, zones, asked)):
        assert answer is not None and answer.rcode == 0 and len(answer.answer) == 1, conventional.text_name(name)


def test_a_database_with_changes_in_its_log_is_refused(folder, tmp_path):
    make_database(folder / "pdns.db")
    with contextlib.closing(sqlite3.connect(folder / "pdns.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("DELETE FROM records WHERE id = 1")
        database.commit()
        (folder / "pdns.conf").write_text(f"launch=gsqlite3\ngsqlite3-database={folder}/pdns.db\n")
        done = subprocess.run([servers.atlas_program("atlasctl"), "import", str(folder / "pdns.conf"), "--to", str(tmp_path / "atlas")],
                              capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "write-ahead log" in done.stderr and "VACUUM INTO" in done.stderr
    assert not (tmp_path / "atlas").exists()


@needs(servers.Knot)
def test_a_knot_zone_is_taken_once_its_journal_is_flushed(folder, tmp_path):
    """A change that is in the journal alone makes the zone be refused; the hint puts that right."""
    zone = conventional.make_zone(1, "dynamic.example.")
    conventional.write(zone, 1, folder / "dynamic.example.zone", folder)
    os.utime(folder / "dynamic.example.zone", (1, 1))
    setup = PeerSetup(servers.Knot, folder)
    source = folder / "knot.conf"
    source.write_text(
        f"""server:
  rundir: "{folder}"
  listen: [ "127.0.0.1@{setup.server.port}" ]
control:
  listen: "{folder}/knot.sock"
database:
  storage: "{folder}"
acl:
  - id: local
    address: 127.0.0.0/8
    action: update
zone:
  - domain: dynamic.example
    storage: "{folder}"
    zonefile-sync: -1
    acl: local
"""
    )
    knotc = [servers.program("knotc"), "-c", str(source), "-b"]
    server = setup.server
    server.command = lambda: [servers.program("knotd"), "-c", str(source)]
    server.wait_until_ready = lambda: server.wait_for_answer(
        servers.soa_query("dynamic.example."), lambda answer: answer[3] & 0x0F == 0)
    with started(server):
        for words in (["zone-begin", "dynamic.example"], ["zone-set", "dynamic.example", "added", "60", "A", "192.0.2.77"],
                      ["zone-commit", "dynamic.example"]):
            subprocess.run([*knotc, *words], check=True, capture_output=True, timeout=30)
        report = run_import(source, tmp_path / "before")
        assert not report["taken"]["zones"]
        lost = next(finding for finding in report["findings"] if finding["group"] == "zones")
        assert lost["hint"] == "knotc -b -f zone-flush dynamic.example"
        subprocess.run([*knotc, *lost["hint"].split()[2:]], check=True, capture_output=True, timeout=30)
    report = run_import(source, tmp_path / "after")
    assert len(report["taken"]["zones"]) == 1
    assert "added.dynamic.example." in (tmp_path / "after" / "zones" / "dynamic.example.zone").read_text()


def test_a_folder_is_whole_or_not_there(tmp_path):
    zones = tmp_path / "zones"
    zones.mkdir()
    (zones / "good.example.zone").write_text("@ 60 SOA ns h 1 7200 3600 1209600 300\n@ 60 NS ns.example.\n")
    (zones / "bad.example.zone").write_text("@ 60 SOA ns h 1 7200 3600 1209600 300\n@ 60 NS ns.example.\nwww 60 A 1.2.3\n")
    atlasctl = servers.atlas_program("atlasctl")

    def run(*words):
        return subprocess.run([atlasctl, "import", str(zones), *words], capture_output=True, text=True, timeout=60)

    dry = run("--to", str(tmp_path / "out"), "--dry-run")
    assert dry.returncode == 1 and "Nothing was written" in dry.stdout
    assert f"{zones}/bad.example.zone:3:10" in dry.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["zones"]
    assert run("--to", str(tmp_path / "out")).returncode == 1
    refused = run("--to", str(tmp_path / "out"))
    assert refused.returncode == 2 and "is there already" in refused.stderr
    (tmp_path / "out" / "mark").write_text("")
    assert run("--to", str(tmp_path / "out"), "--force").returncode == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["atlas.yaml", "zones"]
    # What no import has made stays, whatever is said.
    foreign = run("--to", str(zones), "--force")
    assert foreign.returncode == 2 and "not made by an import" in foreign.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "zones"]
    checked = subprocess.run([atlasctl, "check-config", str(tmp_path / "out" / "atlas.yaml")], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr


def test_the_command_line_is_checked(tmp_path):
    atlasctl = servers.atlas_program("atlasctl")
    for words, message in (
        (["missing.conf", "--from", "bindd", "--to", "x"], "the kinds are"),
        (["named.conf"], "--to"),
        (["--to", "x"], "usage: atlasctl import SOURCE"),
        (["no-such-named.conf", "--to", "x"], "no-such-named.conf"),
    ):
        done = subprocess.run([atlasctl, "import", *words], capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert done.returncode == 2 and message in done.stderr, (words, done.stderr)
    assert not list(tmp_path.iterdir())
