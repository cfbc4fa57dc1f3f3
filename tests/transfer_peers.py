"""Peers that have zones themselves or take them from others, as Debian 12 has them."""

import os
import pathlib
import signal
import sqlite3
import subprocess

import servers
from transfer_links import CLIENT, HMACS, PLAIN, PRIMARY_NAME, TLS, TLS_MUTUAL, TLS_NAME, TLS_PIN, Server


class Bind(Server):
    name = "BIND"
    executable = "named"
    primary_links = frozenset({PLAIN, *HMACS, TLS, TLS_NAME, TLS_PIN, TLS_MUTUAL})
    secondary_links = frozenset({PLAIN, *HMACS, TLS, TLS_NAME, TLS_MUTUAL})
    catalog_roles = frozenset({"consume"})
    answers_expire = True
    own_doors = frozenset({"mutual"})

    def tls_statements(self):
        own = f'cert-file "{self.certificate.chain}"; key-file "{self.certificate.key}";'
        shown = f'cert-file "{self.certificate.client_chain}"; key-file "{self.certificate.client_key}";'
        known = f'ca-file "{self.certificate.authority}";'
        return f"""tls own {{ {own} }};
tls asking {{ {own} {known} }};
tls anybody {{ }};
tls named {{ remote-hostname "{PRIMARY_NAME}"; {known} }};
tls mutual {{ remote-hostname "{PRIMARY_NAME}"; {known} {shown} }};
"""

    def zone_statement(self, zone):
        key = f' key "{zone.link.key.name}"' if zone.link.key else ""
        allowed = f'key "{zone.link.key.name}"; key "{CLIENT.name}";' if key else "any;"
        words = f'zone "{zone.apex}" {{ check-names ignore; allow-transfer {{ {allowed} }}; max-journal-size 64M; '
        if zone.primary is None:
            also = "".join(f"127.0.0.1 port {secondary.port}{key}; " for secondary in zone.secondaries)
            return words + (
                f'type primary; file "{zone.path}"; notify explicit; also-notify {{ {also}}}; serial-update-method increment; '
                f"update-policy {{ grant {CLIENT.name} zonesub ANY; }}; }};\n"
            )
        tls = ""
        if zone.link.transport == "tls":
            tls = " tls " + ("mutual" if zone.link.shows_certificate else "named" if zone.link.identity else "anybody")
        primaries = f"{{ 127.0.0.1 port {zone.primary.port_for(zone.link)}{key}{tls}; }}"
        return words + f'type secondary; file "{zone.path}"; notify no; primaries {primaries}; }};\n'

    def catalog_option(self):
        consumed = "".join(
            f'zone "{zone.apex}" default-primaries {{ 127.0.0.1 port {zone.primary.port}; }} in-memory yes min-update-interval 1; '
            for zone in self.held.values()
            if zone.catalog
        )
        return f"  catalog-zones {{ {consumed}}};\n" if consumed else ""

    def command(self):
        config = self.folder / "named.conf"
        keys = "".join(f'key "{key.name}" {{ algorithm {key.algorithm}; secret "{key.secret}"; }};\n' for key in self.keys())
        config.write_text(
            f"""{keys}{self.tls_statements()}options {{
  directory "{self.folder}";
  pid-file "{self.folder}/named.pid";
  session-keyfile "{self.folder}/session.key";
  lock-file none;
  listen-on port {self.port} {{ 127.0.0.1; }};
  listen-on port {self.ports["tls"]} tls own {{ 127.0.0.1; }};
  listen-on port {self.ports["mutual"]} tls asking {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no;
  dnssec-validation no;
  check-integrity no;
  empty-zones-enable no;
  max-cache-size 16M;
  notify-delay 0;
  notify-rate 10000;
  startup-notify-rate 10000;
  serial-query-rate 10000;
  transfers-in 200;
  transfers-per-ns 200;
  transfers-out 200;
  max-records-per-type 0;
  max-types-per-name 0;
  max-ixfr-ratio unlimited;
  min-refresh-time 1;
  min-retry-time 1;
  allow-new-zones no;
{self.catalog_option()}}};
controls {{ }};
{"".join(map(self.zone_statement, self.held.values()))}"""
        )
        return [servers.program("named"), "-g", "-n", "1", "-U", "1", "-c", str(config)]

    def transfers_given(self, kind):
        return self.log().count(f": {kind} started")


class Knot(Server):
    name = "Knot"
    executable = "knotd"
    # 3.2 has QUIC over XDP alone, and no TLS.
    primary_links = secondary_links = frozenset({PLAIN, *HMACS})
    catalog_roles = frozenset({"produce", "consume"})
    answers_expire = True

    def zone_section(self, zone):
        key = zone.link.key
        words = [f'  - domain: "{zone.apex}"', f"    acl: [ client, {zone.link.name} ]"]
        if zone.primary is None:
            if zone.catalog:
                words += ["    catalog-role: generate", "    zonefile-load: none", "    journal-content: all"]
            else:
                words += [f'    file: "{zone.path}"', "    zonefile-load: whole", "    journal-content: changes"]
            if zone.secondaries:
                words.append(f"    notify: [ {', '.join(self.remote_id(zone, secondary) for secondary in zone.secondaries)} ]")
        else:
            words += [f"    master: {self.remote_id(zone, zone.primary)}", "    zonefile-load: none", "    journal-content: all"]
            if zone.catalog:
                words += ["    catalog-role: interpret", "    catalog-template: member"]
        if zone.member_of:
            words += ["    catalog-role: member", f'    catalog-zone: "{zone.member_of}"']
            if zone.group:
                words.append(f'    catalog-group: "{zone.group}"')
        return "\n".join(words) + "\n"

    def remote_id(self, zone, other):
        return f"r{other.port}{'-' + zone.link.name if zone.link.key else ''}"

    def remotes(self):
        found = {}
        for zone in self.held.values():
            key = f'    key: "{zone.link.key.name}"\n' if zone.link.key else ""
            for other in (*zone.secondaries, *filter(None, [zone.primary])):
                text = f"    address: 127.0.0.1@{other.port}\n{key}"
                found[self.remote_id(zone, other)] = text
        return "".join(f"  - id: {name}\n{text}" for name, text in found.items())

    def member_template(self):
        consumed = [zone for zone in self.held.values() if zone.primary and zone.catalog]
        if not consumed:
            return ""
        return f"""  - id: member
    storage: "{self.folder}"
    zonefile-sync: -1
    zonefile-load: none
    journal-content: all
    master: {self.remote_id(consumed[0], consumed[0].primary)}
    acl: [ client, {consumed[0].link.name} ]
"""

    def access(self):
        words = {"client": f'    key: "{CLIENT.name}"\n    action: [ transfer, update ]\n'}
        for zone in self.held.values():
            key = f'    key: "{zone.link.key.name}"\n' if zone.link.key else "    address: 127.0.0.0/8\n"
            words[zone.link.name] = f"{key}    action: [ transfer, notify ]\n"
        return "".join(f"  - id: {name}\n{text}" for name, text in words.items())

    def command(self):
        config = self.folder / "knot.conf"
        keys = "".join(f'  - id: "{key.name}"\n    algorithm: {key.algorithm}\n    secret: "{key.secret}"\n' for key in self.keys())
        zones = "".join(map(self.zone_section, self.held.values()))
        config.write_text(
            f"""server:
  rundir: "{self.folder}"
  listen: [ "127.0.0.1@{self.port}" ]
  udp-workers: 1
  tcp-workers: 2
  background-workers: 2
log:
  - target: stderr
    any: info
database:
  storage: "{self.folder}"
  journal-db-max-size: 64M
  timer-db-max-size: 16M
  kasp-db-max-size: 16M
  catalog-db-max-size: 16M
control:
  listen: "{self.folder}/knot.sock"
key:
{keys}remote:
{self.remotes()}acl:
{self.access()}template:
  - id: default
    storage: "{self.folder}"
    zonefile-sync: -1
    semantic-checks: off
{self.member_template()}zone:
{zones}"""
        )
        return [servers.program("knotd"), "-c", str(config)]

    def transfers_given(self, kind):
        return sum(f"{kind}, outgoing" in line and "finished" in line for line in self.log().splitlines())

    def reconfigure(self):
        self.command()
        self.control("reload")

    def control(self, *words):
        """knotc's output."""
        command = [servers.program("knotc"), "-s", str(self.folder / "knot.sock"), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    def transfers_seen(self, kind):
        return sum(f"{kind}, incoming" in line and "finished" in line for line in self.log().splitlines())


class Nsd(Server):
    name = "NSD"
    executable = "nsd"
    primary_links = frozenset({PLAIN, *HMACS, TLS, TLS_NAME, TLS_PIN})
    secondary_links = frozenset({PLAIN, *HMACS, TLS_NAME})
    takes_updates = False

    def zone_clause(self, zone):
        key = zone.link.key.name if zone.link.key else "NOKEY"
        words = [f'  name: "{zone.apex}"', f'  zonefile: "{zone.path}"', "  store-ixfr: yes", "  ixfr-number: 50", f"  provide-xfr: 127.0.0.1 {key}"]
        words.append(f"  provide-xfr: 127.0.0.1 {CLIENT.name}")
        if zone.primary is None:
            words += ["  create-ixfr: yes", *(f"  notify: 127.0.0.1@{secondary.port} {key}" for secondary in zone.secondaries)]
        else:
            tls = ""
            if zone.link.transport == "tls":
                tls = " mutual" if zone.link.shows_certificate else " named"
            words.append(f"  request-xfr: 127.0.0.1@{zone.primary.port_for(zone.link)} {key}{tls}")
            words.append(f"  allow-notify: 127.0.0.1 {key}")
        return "zone:\n" + "\n".join(words) + "\n"

    def command(self):
        config = self.folder / "nsd.conf"
        keys = "".join(f'key:\n  name: "{key.name}"\n  algorithm: {key.algorithm}\n  secret: "{key.secret}"\n' for key in self.keys())
        config.write_text(
            f"""server:
  ip-address: 127.0.0.1@{self.port}
  ip-address: 127.0.0.1@{self.ports["tls"]}
  tls-port: {self.ports["tls"]}
  tls-service-key: "{self.certificate.key}"
  tls-service-pem: "{self.certificate.chain}"
  tls-cert-bundle: "{self.certificate.authority}"
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
  xfrd-reload-timeout: 0
  verbosity: 2
remote-control:
  control-enable: no
tls-auth:
  name: named
  auth-domain-name: {PRIMARY_NAME}
tls-auth:
  name: mutual
  auth-domain-name: {PRIMARY_NAME}
  client-cert: "{self.certificate.client_chain}"
  client-key: "{self.certificate.client_key}"
{keys}{"".join(map(self.zone_clause, self.held.values()))}"""
        )
        return [servers.program("nsd"), "-d", "-c", str(config)]

    def transfers_given(self, kind):
        return self.log().count(f"info: {kind.lower()} for ")

    def reload(self):
        """Reads zone files that were written."""
        os.kill(self.process.pid, signal.SIGHUP)


class PowerDns(Server):
    name = "PowerDNS"
    executable = "pdns_server"
    primary_links = secondary_links = frozenset({PLAIN, *HMACS})
    catalog_roles = frozenset({"produce", "consume"})
    # It answers with the whole zone.
    answers_ixfr = False
    # Its updates of 4.7 do not delete everything that they should, so that it is given whole zones.
    takes_updates = False
    has_groups = False

    @classmethod
    def is_installed(cls):
        return super().is_installed() and any(cls.modules().glob("libgsqlite3backend.so"))

    @classmethod
    def modules(cls):
        # Unpacked and not installed, its modules lie beside it.
        return next(pathlib.Path(servers.program(cls.executable)).parent.parent.glob("lib/*/pdns"))

    def command(self):
        (self.folder / "pdns.conf").write_text(
            f"""module-dir={self.modules()}
launch=gsqlite3
gsqlite3-database={self.folder}/zones.db
gsqlite3-pragma-synchronous=0
local-address=127.0.0.1:{self.port}
socket-dir={self.folder}
setuid=
setgid=
guardian=no
daemon=no
receiver-threads=1
distributor-threads=1
webserver=no
api=no
primary=yes
secondary=yes
xfr-cycle-interval=1
only-notify=
allow-axfr-ips=127.0.0.0/8
negquery-cache-ttl=0
query-cache-ttl=0
cache-ttl=0
zone-cache-refresh-interval=0
zone-metadata-cache-ttl=0
loglevel=6
max-tcp-connections=1000
"""
        )
        database = self.folder / "zones.db"
        if not database.exists():
            self.fill(database)
        return [servers.program("pdns_server"), f"--config-dir={self.folder}"]

    def reconfigure(self):
        database = self.folder / "zones.db"
        with sqlite3.connect(database, timeout=10) as connection:
            there = {f"{name}." for name, in connection.execute("select name from domains")}
        connection.close()
        for apex in there - set(self.held):
            self.control("delete-zone", apex)
        self.put(database, [zone for apex, zone in self.held.items() if apex not in there])

    def fill(self, database):
        schema = self.modules().parent.parent.parent / "share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"
        with sqlite3.connect(database) as connection:
            connection.executescript(schema.read_text())
            for key in self.keys():
                row = (key.name.rstrip("."), key.algorithm, key.secret)
                connection.execute("insert into tsigkeys (name, algorithm, secret) values (?, ?, ?)", row)
        connection.close()
        self.put(database, self.held.values())

    def put(self, database, zones):
        for zone in zones:
            if zone.primary is None:
                self.control("load-zone", zone.apex, str(zone.path))
        with sqlite3.connect(database, timeout=10) as connection:
            for zone in zones:
                self.add(connection, zone)
        connection.close()

    def add(self, connection, zone):
        name = zone.apex.rstrip(".")
        key = [zone.link.key.name.rstrip(".")] if zone.link.key else []
        if zone.primary is None:
            kind = {"produce": "PRODUCER"}.get(zone.catalog, "MASTER")
            connection.execute("update domains set type = ? where name = ?", (kind, name))
            facts = [("TSIG-ALLOW-AXFR", one) for one in self.allowed(zone)]
            facts += [("ALSO-NOTIFY", f"127.0.0.1:{secondary.port}") for secondary in zone.secondaries]
            if zone.member_of:
                connection.execute("update domains set catalog = ? where name = ?", (zone.member_of.rstrip("."), name))
        else:
            kind = "CONSUMER" if zone.catalog else "SLAVE"
            row = (name, f"127.0.0.1:{zone.primary.port}", kind)
            connection.execute("insert into domains (name, master, type) values (?, ?, ?)", row)
            facts = [("AXFR-MASTER-TSIG", one) for one in key]
            # A catalog is taken by AXFR alone.
            facts += [] if zone.catalog else [("IXFR", "1")]
            facts += [("TSIG-ALLOW-AXFR", one) for one in self.allowed(zone)]
        for kind, content in facts:
            row = (name, kind, content)
            connection.execute(
                "insert into domainmetadata (domain_id, kind, content) values ((select id from domains where name = ?), ?, ?)", row
            )

    @staticmethod
    def allowed(zone):
        """The first of them signs NOTIFY, too: without one, none may be there."""
        return [key.name.rstrip(".") for key in (zone.link.key, CLIENT)] if zone.link.key else []

    def client_key(self, apex):
        zone = self.held.get(apex)
        return CLIENT if zone and zone.link.key else None

    def reload(self):
        """Reads zone files that were written."""
        for zone in self.held.values():
            if zone.primary is None:
                self.control("load-zone", zone.apex, str(zone.path))

    def transfers_seen(self, kind):
        return self.log().count(f"starting {kind}")

    def control(self, *words):
        """pdnsutil's output."""
        command = [servers.program("pdnsutil"), f"--config-dir={self.folder}", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
