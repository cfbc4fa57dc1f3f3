"""Transfers over TLS and QUIC where an end is not who it should be (RFC 9103 9, RFC 9250): nothing is transferred, and it is said why."""

import pathlib
import subprocess
import sys
import time

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import control_api  # noqa: E402
import random_changes  # noqa: E402
import star  # noqa: E402
import transfer_servers  # noqa: E402
from transfer_links import QUIC_NAME, TLS, TLS_MUTUAL, TLS_NAME, TLS_PIN  # noqa: E402

OTHER_NAME = "other.test"
ARRIVE_SECONDS = 20
PRIMARIES = [(kind, link) for kind in (transfer_servers.Atlas, transfer_servers.Bind) for link in (TLS_NAME, TLS_PIN)]
PRIMARIES.append((transfer_servers.Atlas, QUIC_NAME))


class Mistaken(transfer_servers.Atlas):
    """Knows its primaries by another name and another key."""

    def configuration(self):
        text = super().configuration().replace(f"tls-name: {transfer_servers.PRIMARY_NAME}", f"tls-name: {OTHER_NAME}")
        pin = self.certificate.pin
        return text.replace(pin, "A" * 43 + "=")


class Suspicious(transfer_servers.Atlas):
    """Believes other authorities: the server's own certificate is none."""

    def configuration(self):
        return super().configuration().replace(
            f'authorities-file: "{self.certificate.authority}"', f'authorities-file: "{self.certificate.client_chain}"'
        )


@pytest.fixture(name="folder")
def make_folder(tmp_path):
    return tmp_path


def with_copy_at(folder, primary_kind, secondary_kind, link, seen):
    """Runs a primary and a secondary; what seen(secondary) makes of them."""
    certificate = transfer_servers.Certificate(folder)
    primary, secondary = primary_kind(folder / "primary", certificate), secondary_kind(folder / "secondary", certificate)
    primary.as_primary(link, random_changes.zone_text(link.apex), [secondary])
    secondary.as_secondary(link, primary)
    try:
        primary.start()
        secondary.start()
        return seen(secondary)
    finally:
        primary.stop()
        secondary.stop()


def error_of(secondary, apex):
    """What the secondary says of its zone, once it says something."""
    api = control_api.Api(secondary.folder / "control.sock")
    deadline = time.monotonic() + ARRIVE_SECONDS
    while time.monotonic() < deadline:
        status, zone = api.call("GET", f"/v1/zones/{apex}")
        if status == 200 and (error := zone["transfer"].get("error")):
            return error
        time.sleep(0.1)
    return ""


@pytest.mark.parametrize("primary, link", PRIMARIES, ids=lambda value: value.name)
def test_a_primary_that_is_somebody_else_is_not_believed(folder, primary, link):
    if not primary.is_installed():
        pytest.skip(f"{primary.name} is not installed")

    def seen(secondary):
        error = error_of(secondary, link.apex)
        return error, star.serial(secondary, link.apex)

    error, serial = with_copy_at(folder, primary, Mistaken, link, seen)
    assert serial is None and error


def test_an_authority_that_is_not_known_is_not_believed(folder):
    link = TLS_NAME

    def seen(secondary):
        return error_of(secondary, link.apex), star.serial(secondary, link.apex)

    error, serial = with_copy_at(folder, transfer_servers.Atlas, Suspicious, link, seen)
    assert serial is None and error


@pytest.fixture(scope="module", name="primary")
def start_primary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("primary")
    server = transfer_servers.Atlas(folder / "primary", transfer_servers.Certificate(folder))
    for link in (TLS, TLS_MUTUAL):
        server.as_primary(link, random_changes.zone_text(link.apex))
    try:
        server.start()
        yield server
    finally:
        server.stop()


def kdig(server, apex, *words):
    command = ["kdig", "@127.0.0.1", "-p", str(server.ports["tls"]), "+tls", *words, apex, "AXFR"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def test_who_shows_a_certificate_gets_the_zone(primary):
    files = [f"+tls-certfile={primary.certificate.client_chain}", f"+tls-keyfile={primary.certificate.client_key}"]
    assert f"ns.{TLS_MUTUAL.apex}" in kdig(primary, TLS_MUTUAL.apex, *files)
    without = kdig(primary, TLS_MUTUAL.apex)
    assert "REFUSED" in without and f"ns.{TLS_MUTUAL.apex}" not in without
    # Of an authority that is not asked for: it is its own.
    certificate = primary.folder / "stranger"
    certificate.mkdir()
    stranger = transfer_servers.Certificate(certificate)
    files = [f"+tls-certfile={stranger.client_chain}", f"+tls-keyfile={stranger.client_key}"]
    assert f"ns.{TLS_MUTUAL.apex}" not in kdig(primary, TLS_MUTUAL.apex, *files)


def test_zones_for_all_need_no_certificate(primary):
    assert f"ns.{TLS.apex}" in kdig(primary, TLS.apex)
