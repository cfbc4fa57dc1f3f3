"""Servers that take signed dynamic updates (RFC 2136) of their zones: BIND, Knot and Atlas, each durable as it can be.

    with updatable(Bind, ["example.test."]) as server:  # makes the zone files
        update(server.port, server.key, ...)

Who has the key may change every name of every zone, and transfer it where the server transfers zones. A server that was stopped, killed or cut starts again on the same
folder and port with launch() and wait_until_ready().
"""

import contextlib
import pathlib
import tempfile

import servers

KEY_NAME = "client.key."
ALGORITHM = "hmac-sha256"
SECRET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SERIAL = 1
ZONE = f"""$TTL 300
@ SOA ns admin {SERIAL} 3600 600 86400 300
@ NS ns
ns A 127.0.0.1
"""


class Bind(servers.Bind):
    transfers = True  # whether who has the key gets the zone by AXFR
    statements = f'key "{KEY_NAME}" {{ algorithm {ALGORITHM}; secret "{SECRET}"; }};\n'
    zone_statements = (
        f'allow-transfer {{ key "{KEY_NAME}"; }}; update-policy {{ grant {KEY_NAME} zonesub ANY; }}; '
        # Every change has a serial of its own, and lies in the journal before it is acknowledged.
        "serial-update-method increment; max-journal-size 64M; "
    )

    def durable_folder(self):
        return self.folder / "data"


class Knot(servers.Knot):
    transfers = True
    sections = f"""key:
  - id: "{KEY_NAME}"
    algorithm: {ALGORITHM}
    secret: "{SECRET}"
acl:
  - id: updates
    key: "{KEY_NAME}"
    action: [ update, transfer ]
"""
    journal = "changes"
    zone_settings = "    acl: updates\n"

    @property
    def database(self):
        return f'  journal-db: "{self.folder}/data/journal"\n  journal-db-mode: robust\n'

    def durable_folder(self):
        return self.folder / "data"


class Atlas(servers.Atlas):
    transfers = True
    sections = f"""keys:
  - {{name: "{KEY_NAME}", algorithm: {ALGORITHM}, secret: "{SECRET}"}}
"""
    zone_settings = f', update-policy: ["grant {KEY_NAME} zonesub ANY"], allow-transfer: ["key {KEY_NAME}"]'

    def durable_folder(self):
        return self.folder / "state"


# Those that the tests are about.
SERVERS = (Bind, Knot, Atlas)


def make(kind, apexes, folder, text=ZONE):
    """A server that was not started. Its zone files are where it keeps what it is told."""
    folder = pathlib.Path(folder)
    (folder / "data").mkdir()
    zones = {}
    for apex in apexes:
        zones[apex] = folder / "data" / f"{apex}zone"
        zones[apex].write_text(text)
    server = kind(zones, folder)
    server.durable_folder().mkdir(exist_ok=True)
    return server


@contextlib.contextmanager
def updatable(kind, apexes, text=ZONE):
    """Starts a server of the class `kind` on zones of its own and stops it at the end."""
    with tempfile.TemporaryDirectory(prefix=f"atlas-{kind.name.lower()}-") as folder:
        server = make(kind, apexes, folder, text)
        try:
            server.start()
            yield server
        finally:
            server.stop()
