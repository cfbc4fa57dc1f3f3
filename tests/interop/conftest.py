"""Each test asks for `server`: every server that takes updates, with one zone and the key that may change all of it."""

import pathlib
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import update_servers  # noqa: E402

APEX = "example.test."
REVERSE = "2.0.192.in-addr.arpa."


@pytest.fixture(name="server", params=update_servers.SERVERS, ids=lambda kind: kind.name)
def start_server(request):
    if not request.param.is_installed():
        pytest.skip(f"{request.param.name} is not installed")
    with update_servers.updatable(request.param, [APEX, REVERSE]) as server:
        yield server


@pytest.fixture(name="transferring")
def need_transfers(server):
    """A server from which a client can get the zone, to see what it has to change."""
    if not server.transfers:
        pytest.skip(f"{server.name} does not transfer zones")
    return server
