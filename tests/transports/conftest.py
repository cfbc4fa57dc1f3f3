"""What the tests of QUIC share: a server, and that it lives and answers behind each of them."""

import pathlib
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import encrypted_servers  # noqa: E402
import exchanges  # noqa: E402
import servers  # noqa: E402

ADDRESS = "192.0.2.1"
ZONE = f"""$TTL 300
@ SOA ns admin 1 3600 600 86400 300
@ NS ns
ns A 127.0.0.1
www A {ADDRESS}
large TXT {" ".join(f'"{number} {"x" * 200}"' for number in range(60))}
"""


class Abused(encrypted_servers.Watched):
    """All clients of a test have one address, which a limit for each would shut out. There are two workers, since the datagrams of a
    client that moves come to another."""

    quic = "{connections-per-client-max: 2000}"

    def configuration(self):
        text = super().configuration() + f"  handshakes-per-client-max: 1000\nquic: {self.quic}\n"
        assert "workers: 1" in text
        return text.replace("workers: 1", "workers: 2")


@pytest.fixture(scope="session", name="zones")
def write_zones(tmp_path_factory):
    zone = tmp_path_factory.mktemp("zone") / "zone"
    zone.write_text(ZONE)
    return {"a.test.": zone}


@pytest.fixture(scope="module", name="abused")
def start_abused(zones):
    with servers.running(Abused, zones) as server:
        yield server
        server.stop()
        assert server.process.returncode == 0 and not servers.SANITIZERS.search(server.log()), server.log()


@pytest.fixture(name="server")
def answers_others(abused):
    """The server; behind the test, it answers others."""
    yield abused
    assert abused.process.poll() is None, abused.log()
    for transport in ("UDP", "DoQ", "DoH, HTTP/3"):
        connection = exchanges.TRANSPORTS[transport](abused)
        assert bytes([192, 0, 2, 1]) in connection.ask(servers.make_query("www.a.test")), transport
        connection.close()
