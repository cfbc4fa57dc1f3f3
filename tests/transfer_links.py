"""How zones go from one server to another, and what all servers that do so have in common."""

import base64
import dataclasses
import hashlib
import pathlib
import subprocess

import encrypted_servers
import servers
import update_servers

SECRET = base64.b64encode(bytes(range(64))).decode()
PRIMARY_NAME, CLIENT_NAME = "dns.test", "client.test"
# Of members of a catalog: where Atlas consumes it, only CLIENT may transfer them.
CLOSED_GROUP = "closed"


_ports_given = set()


def new_port():
    """A free port that nobody else got here: those who get one bind it later."""
    while (port := servers.free_port()) in _ports_given:
        pass
    _ports_given.add(port)
    return port


@dataclasses.dataclass(frozen=True)
class Key:
    name: str
    algorithm: str
    secret: str


CLIENT = Key(update_servers.KEY_NAME, update_servers.ALGORITHM, update_servers.SECRET)


@dataclasses.dataclass(frozen=True)
class Link:
    name: str
    algorithm: str = ""  # of TSIG; empty: nothing is signed
    transport: str = "tcp"
    identity: str = ""  # how the secondary knows its primary: by "name" or "pin"; empty: whoever answers
    shows_certificate: bool = False  # the secondary

    @property
    def apex(self):
        return f"{self.name}.test."

    @property
    def key(self):
        return Key(f"{self.name}.key.", self.algorithm, SECRET) if self.algorithm else None


PLAIN = Link("plain")
HMACS = tuple(Link(f"hmac-sha{bits}", f"hmac-sha{bits}") for bits in (256, 384, 512))
HMAC_SHA256 = HMACS[0]
TLS = Link("tls", transport="tls")
TLS_NAME = Link("tls-name", "hmac-sha256", "tls", "name")
TLS_PIN = Link("tls-pin", transport="tls", identity="pin")
TLS_MUTUAL = Link("tls-mutual", transport="tls", identity="name", shows_certificate=True)
QUIC = Link("quic", transport="quic")
QUIC_NAME = Link("quic-name", "hmac-sha256", "quic", "name")
LINKS = (PLAIN, *HMACS, TLS, TLS_NAME, TLS_PIN, TLS_MUTUAL, QUIC, QUIC_NAME)


class Certificate(encrypted_servers.Certificate):
    """And one of the same authority that a secondary shows."""

    def __init__(self, folder):
        super().__init__(folder)
        self.client_chain, self.client_key = folder / "client.pem", folder / "client.key"
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "200"]
        leaf = ["-addext", f"subjectAltName=DNS:{CLIENT_NAME}", "-addext", "basicConstraints=critical,CA:FALSE"]
        leaf += ["-addext", "extendedKeyUsage=clientAuth", "-CA", self.authority, "-CAkey", folder / "authority.key"]
        encrypted_servers.run(*make, *leaf, "-subj", f"/CN={CLIENT_NAME}", "-keyout", self.client_key, "-out", self.client_chain)
        public = subprocess.run(["openssl", "x509", "-in", self.chain, "-noout", "-pubkey"], capture_output=True, check=True).stdout
        lines = [line for line in public.decode().splitlines() if not line.startswith("-")]
        self.pin = base64.b64encode(hashlib.sha256(base64.b64decode("".join(lines))).digest()).decode()


@dataclasses.dataclass
class Zone:
    """One of a server's: with `primary` it is a secondary. `catalog` is empty, "produce" or "consume"."""

    link: Link
    apex: str
    path: pathlib.Path
    primary: object = None
    secondaries: tuple = ()
    catalog: str = ""
    member_of: str = ""
    group: str = ""


class Server(servers.Server):
    primary_links = frozenset()
    secondary_links = frozenset()
    catalog_roles = frozenset()
    # What it does with IXFR as a primary, and whether it answers EDNS EXPIRE.
    answers_ixfr = True
    answers_expire = False
    takes_updates = True
    has_groups = True  # of members of a catalog that it makes

    def __init__(self, folder, certificate):
        folder = pathlib.Path(folder)
        folder.mkdir(exist_ok=True)
        super().__init__({}, folder)
        self.certificate = certificate
        self.port = self.ports["udp"] = self.ports["tcp"] = new_port()
        self.ports |= {"tls": new_port(), "mutual": new_port(), "quic": new_port()}
        self.held = {}

    def as_primary(self, link, text, secondaries=(), apex=None, **more):
        apex = apex or link.apex
        path = self.folder / f"{apex}zone"
        path.write_text(text)
        self.held[apex] = Zone(link, apex, path, None, tuple(secondaries), **more)

    def as_secondary(self, link, primary, apex=None, **more):
        apex = apex or link.apex
        self.held[apex] = Zone(link, apex, self.folder / f"{apex}copy", primary, **more)

    def keys(self):
        """Every key that a configuration has to have."""
        found = {CLIENT.name: CLIENT}
        for zone in self.held.values():
            if zone.link.key:
                found[zone.link.key.name] = zone.link.key
        return found.values()

    def client_key(self, apex):
        """The key with which a test transfers a zone from here; None: it needs none, and must have none."""
        return CLIENT

    def port_for(self, link):
        """Where a secondary asks this server."""
        return self.ports["mutual"] if link.shows_certificate and "mutual" in self.own_doors else self.ports[link.transport]

    # Ports beside those of every server.
    own_doors = frozenset()

    def wait_until_ready(self):
        primaries = [zone.apex for zone in self.held.values() if zone.primary is None]
        apex = primaries[-1] if primaries else "."
        self.wait_for_answer(servers.soa_query(apex), lambda answer: not primaries or answer[3] & 0x0F == 0)

    def reconfigure(self):
        """Takes up zones that were added to `held` or removed from it while it runs."""
        raise NotImplementedError

    def transfers_seen(self, kind):
        """How many transfers the log tells of that came from a primary, "AXFR" or "IXFR"; None: it does not say."""
        return None

    def transfers_given(self, kind):
        """The same of those to secondaries."""
        return None
