"""Servers that answer over TLS and HTTPS too, and over QUIC where they can, each on ports of its own beside that for UDP and TCP.

    with servers.running(encrypted_servers.Atlas, zones) as atlas:
        ask(atlas.ports["tls"], ...)

Their certificate is for dns.test, 127.0.0.1 and ::1, from an authority that is made with it.
"""

import collections
import contextlib
import http.client
import re
import subprocess

import servers

DAYS = 200
NAMES = "subjectAltName=DNS:dns.test,IP:127.0.0.1,IP:::1"


class Certificate:
    """PEM files in a folder: `chain` and `key` of a server, and the `authority` behind them."""

    def __init__(self, folder):
        self.chain, self.key = folder / "server.pem", folder / "server.key"
        self.authority, authority_key = folder / "authority.pem", folder / "authority.key"
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(DAYS)]
        run(*make, "-subj", "/CN=Atlas test authority", "-keyout", authority_key, "-out", self.authority)
        leaf = ["-addext", NAMES, "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature"]
        leaf += ["-addext", "extendedKeyUsage=serverAuth", "-CA", self.authority, "-CAkey", authority_key]
        run(*make, *leaf, "-subj", "/CN=dns.test", "-keyout", self.key, "-out", self.chain)


def run(*command):
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


class Encrypted(servers.Server):
    """What is added to a class of servers.py."""

    def __init__(self, zones, folder):
        super().__init__(zones, folder)
        self.certificate = Certificate(self.folder)
        self.ports |= {"tls": servers.free_port(), "https": servers.free_port()}


class Atlas(Encrypted, servers.Atlas):
    def __init__(self, zones, folder):
        super().__init__(zones, folder)
        self.ports |= {"quic": servers.free_port(), "http3": servers.free_port()}

    @property
    def listeners(self):
        return "".join(
            f'  - {{address: "{address}:{self.ports[transport]}", transports: [{transport}]}}\n'
            for transport in ("tls", "https", "quic", "http3")
            for address in ("127.0.0.1", "[::1]")
        )

    def configuration(self):
        files = f'{{chain-file: "{self.certificate.chain}", key-file: "{self.certificate.key}"}}'
        return super().configuration() + f"tls:\n  certificates: [{files}]\n"


class Measured(Atlas):
    """With its metrics."""

    def configuration(self):
        self.metrics_port = servers.free_port()
        # In front, so that others may go on where tls ends.
        return f'metrics:\n  listen: ["127.0.0.1:{self.metrics_port}"]\n' + super().configuration()

    def metrics(self):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=5)) as connection:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()

    def count(self, metric):
        """Of one without labels."""
        return int(re.search(rf"^{metric} (\d+)$", self.metrics(), re.MULTILINE)[1])

    def counted(self, metric, label):
        """The counts of a metric by a label of it."""
        found = collections.Counter()
        for value, count in re.findall(rf'^{metric}{{.*?{label}="([^"]+)".*}} (\d+)$', self.metrics(), re.MULTILINE):
            found[value] += int(count)
        return found

    def queries(self):
        return self.counted("atlas_queries_total", "transport")


class Watched(Measured):
    """And with a tap of what it was asked."""

    def configuration(self):
        self.tap = self.folder / "tap"
        return f'dnstap:\n  file: "{self.tap}"\n' + super().configuration()


class AtlasOverTls(Atlas):
    """What QUIC is measured by where no peer has it."""

    name = "Atlas over TLS"
    transport = "tls"


class Bind(Encrypted, servers.Bind):
    @property
    def statements(self):
        return (
            f'tls local {{ cert-file "{self.certificate.chain}"; key-file "{self.certificate.key}"; session-tickets yes; }};\n'
            'http local { endpoints { "/dns-query"; }; };\n'
        )

    @property
    def options(self):
        return (
            f"  listen-on port {self.ports['tls']} tls local {{ 127.0.0.1; }};\n"
            f"  listen-on port {self.ports['https']} tls local http local {{ 127.0.0.1; }};\n"
        )


class Unbound(Encrypted):
    """As a server for its zones, which are auth-zones to it."""

    name = "Unbound"
    executable = "unbound"

    def zone_configuration(self):
        return "".join(
            f'auth-zone:\n  name: "{apex}"\n  zonefile: "{path}"\n  for-downstream: yes\n  for-upstream: no\n'
            for apex, path in self.zones.items()
        )

    def command(self):
        config = self.folder / "unbound.conf"
        config.write_text(
            f"""server:
  interface: 127.0.0.1@{self.port}
  interface: 127.0.0.1@{self.ports["tls"]}
  interface: 127.0.0.1@{self.ports["https"]}
  tls-port: {self.ports["tls"]}
  https-port: {self.ports["https"]}
  tls-service-pem: "{self.certificate.chain}"
  tls-service-key: "{self.certificate.key}"
  num-threads: 1
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: "{self.folder}/unbound.pid"
  do-not-query-localhost: no
  local-zone: "test." nodefault
  module-config: "iterator"
  minimal-responses: yes
  edns-buffer-size: 1232
  max-udp-size: 1232
  incoming-num-tcp: 1000
remote-control:
  control-enable: no
{self.zone_configuration()}"""
        )
        return [servers.program("unbound"), "-d", "-p", "-c", str(config)]


class UnboundForwarder(Unbound):
    """As a resolver that asks one server for everything, over TLS, and believes its certificate."""

    def __init__(self, upstream, folder):
        super().__init__({}, folder)
        self.upstream = upstream

    def zone_configuration(self):
        return (
            f'server:\n  tls-cert-bundle: "{self.upstream.certificate.authority}"\n'
            f'forward-zone:\n  name: "."\n  forward-tls-upstream: yes\n'
            f'  forward-addr: 127.0.0.1@{self.upstream.ports["tls"]}#dns.test\n'
        )


class Dnsdist(Encrypted):
    """In front of an Atlas, which it has to ask only what its packet cache does not have."""

    name = "dnsdist"
    executable = "dnsdist"
    caches = True

    def __init__(self, zones, folder):
        super().__init__(zones, folder)
        behind = self.folder / "behind"
        behind.mkdir()
        self.behind = servers.Atlas(zones, behind)

    def launch(self, prefix=()):
        self.behind.start()
        super().launch(prefix)

    def stop(self):
        super().stop()
        self.behind.stop()

    def command(self):
        files = f'"{self.certificate.chain}", "{self.certificate.key}"'
        config = self.folder / "dnsdist.conf"
        config.write_text(
            f"""setLocal("127.0.0.1:{self.port}")
addTLSLocal("127.0.0.1:{self.ports["tls"]}", {files}, {{provider="openssl"}})
addDOHLocal("127.0.0.1:{self.ports["https"]}", {files}, {{"/dns-query"}})
setACL({{"127.0.0.0/8"}})
newServer({{address="127.0.0.1:{self.behind.port}", healthCheckMode="up"}})
getPool(""):setCache(newPacketCache(1000000, {{maxTTL=86400}}))
setMaxTCPClientThreads(1)
setMaxTCPQueuedConnections(20000)
setTCPRecvTimeout(600)
setSecurityPollSuffix("")
"""
        )
        return [servers.program("dnsdist"), "--supervised", "--disable-syslog", "--config", str(config)]


# For benchmarks of these transports.
PEERS = (Dnsdist, Unbound, Bind)
