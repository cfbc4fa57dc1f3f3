"""Servers that have zones themselves or take them from each other: Atlas, BIND, Knot, NSD and PowerDNS.

    primary, secondary = Bind(folder1, certificate), Knot(folder2, certificate)
    primary.as_primary(HMAC_SHA256, text, [secondary])
    secondary.as_secondary(HMAC_SHA256, primary)
    primary.start()
    secondary.start()

A Link says how a zone goes from one to the other; the zone is called after it. Which links a server has, primary_links and
secondary_links say. Who has CLIENT's key may change every zone, and transfer it.
"""

import subprocess

import servers
from transfer_links import (  # noqa: F401: for those who use this
    CLIENT,
    CLIENT_NAME,
    CLOSED_GROUP,
    HMAC_SHA256,
    LINKS,
    PLAIN,
    PRIMARY_NAME,
    TLS,
    TLS_NAME,
    Certificate,
    Link,
    Server,
    new_port,
)
from transfer_peers import Bind, Knot, Nsd, PowerDns


class Atlas(Server):
    name = "Atlas"
    executable = "atlasd"
    primary_links = secondary_links = frozenset(LINKS)
    catalog_roles = frozenset({"produce", "consume"})
    answers_expire = True
    # More of its configuration, for tests: sections, and settings by apex of a zone.
    sections = ""
    transfers = ""

    @classmethod
    def is_installed(cls):
        return servers.Atlas.is_installed()

    def remote_name(self, zone):
        return f"r{zone.primary.port}-{zone.link.name}"

    def remote(self, zone):
        link = zone.link
        address = f"127.0.0.1:{zone.primary.port_for(link)}"
        words = [f"name: {self.remote_name(zone)}", f'address: "{address}"', f"transport: {link.transport}"]
        if link.key:
            words.append(f'key: "{link.key.name}"')
        if link.identity == "name":
            words += [f"tls-name: {PRIMARY_NAME}", f'authorities-file: "{self.certificate.authority}"']
        elif link.identity == "pin":
            words.append(f'pins: ["{self.certificate.pin}"]')
        if link.shows_certificate:
            files = f'chain-file: "{self.certificate.client_chain}", key-file: "{self.certificate.client_key}"'
            words.append(f"certificate: {{{files}}}")
        return f"  - {{{', '.join(words)}}}\n"

    def zone_entry(self, zone):
        link = zone.link
        allowed = f'"key {link.key.name}"' if link.key else f'"tls {CLIENT_NAME}"' if link.shows_certificate else '"any"'
        words = [f'zone: "{zone.apex}"', f'allow-transfer: ["key {CLIENT.name}", {allowed}]']
        if zone.primary is None:
            if zone.catalog:
                words.append("catalog: produce")
            else:
                words += [f'file: "{zone.path}"', f'update-policy: ["grant {CLIENT.name} zonesub ANY"]']
            key = f" key {link.key.name}" if link.key else ""
            if zone.secondaries:
                words.append("secondaries: [" + ", ".join(f'"127.0.0.1:{other.port}{key}"' for other in zone.secondaries) + "]")
            if zone.member_of:
                words.append(f'member-of: "{zone.member_of}"')
            if zone.group:
                words.append(f'group: "{zone.group}"')
        else:
            words.append(f"primaries: [{self.remote_name(zone)}]")
            if zone.catalog:
                words.append('catalog: consume, members: {allow-transfer: ["any"]}')
                words.append(f'groups: {{{CLOSED_GROUP}: {{allow-transfer: ["key {CLIENT.name}"]}}}}')
        return f"  - {{{', '.join(words)}}}\n"

    def configuration(self):
        taken = {self.remote_name(zone): zone for zone in self.held.values() if zone.primary}
        remotes = "".join(map(self.remote, taken.values()))
        keys = "".join(f'  - {{name: "{key.name}", algorithm: {key.algorithm}, secret: "{key.secret}"}}\n' for key in self.keys())
        return f"""config: 1
listen:
  - {{address: "127.0.0.1:{self.port}"}}
  - {{address: "127.0.0.1:{self.ports["tls"]}", transports: [tls]}}
  - {{address: "127.0.0.1:{self.ports["quic"]}", transports: [quic]}}
tls:
  certificates: [{{chain-file: "{self.certificate.chain}", key-file: "{self.certificate.key}"}}]
paths:
  state: "{self.folder}/state"
control:
  socket: "{self.folder}/control.sock"
rate-limit:
  enabled: false
server:
  workers: 1
transfers:
  refresh-min: 5s
  retry-min: 1s
  client-authorities-file: "{self.certificate.authority}"
{self.transfers}{self.sections}keys:
{keys}{"remotes:" if remotes else ""}
{remotes}zones:
{"".join(map(self.zone_entry, self.held.values())) or "  []"}
"""

    def command(self):
        config = self.folder / "atlas.yaml"
        config.write_text(self.configuration())
        return [servers.atlas_program("atlasd"), "--config", str(config)]

    def reconfigure(self):
        self.command()
        self.control("reload")

    def control(self, *words, check=True, timeout=60):
        """What atlasctl did."""
        command = [servers.atlas_program("atlasctl"), *words, "--socket", str(self.folder / "control.sock")]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=check)


PEERS = (Bind, Knot, Nsd, PowerDns)
# Links that these do not have with each other: NSD 4.6 answers TLS without ALPN, which BIND 9.18 insists on.
NOT_BETWEEN = {(Nsd, Bind): {TLS, TLS_NAME}}


def links_between(primary, secondary, among=LINKS):
    """The links by which a server of the class `secondary` can have zones of one of the class `primary`."""
    common = (primary.primary_links & secondary.secondary_links) - NOT_BETWEEN.get((primary, secondary), set())
    return [link for link in among if link in common]


SERVERS = (Atlas, *PEERS)
