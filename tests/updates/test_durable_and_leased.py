"""Updates of a running server: leases that end, digests that follow, a disk that is full, files edited meanwhile."""

import contextlib
import pathlib
import subprocess
import tempfile
import time

import dns.edns
import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import pytest

import servers
import update_servers

KEYS = dns.tsigkeyring.from_text({update_servers.KEY_NAME: update_servers.SECRET})
APEX = "example.test."
SECONDS = 5
LEASE = 2  # RFC 9664's option code


def send(port, update, options=None):
    update.use_tsig(KEYS, update_servers.KEY_NAME, algorithm=update_servers.ALGORITHM)
    if options is not None:
        update.use_edns(0, options=options)
    return dns.query.udp(update, "127.0.0.1", port=port, timeout=SECONDS)


def add(port, name, address="192.0.2.9", lease=None):
    update = dns.update.UpdateMessage(APEX)
    update.add(name, 300, "A", address)
    options = None if lease is None else [dns.edns.GenericOption(LEASE, lease.to_bytes(4, "big"))]
    return send(port, update, options)


def ask(port, name, type_="A"):
    response = dns.query.udp(dns.message.make_query(f"{name}.{APEX}" if name else APEX, type_), "127.0.0.1", port=port, timeout=SECONDS)
    return [record.to_text() for rrset in response.answer for record in rrset]


def wait_until(condition, seconds=SECONDS):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


class ShortLeases(update_servers.Atlas):
    sections = update_servers.Atlas.sections + "updates: {lease-min: 1s, lease-max: 60s}\n"


def test_a_lease_ends_unless_it_is_renewed():
    with update_servers.updatable(ShortLeases, [APEX]) as server:
        response = add(server.port, "leased", lease=1)
        assert response.rcode() == dns.rcode.NOERROR
        granted = [option for option in response.options if option.otype == LEASE]
        assert granted and granted[0].to_wire()[:4] == (1).to_bytes(4, "big")
        add(server.port, "kept", lease=1)
        add(server.port, "kept")  # without a lease it stays
        add(server.port, "long", lease=1_000_000)
        assert ask(server.port, "leased") == ["192.0.2.9"]
        wait_until(lambda: not ask(server.port, "leased"))
        assert ask(server.port, "kept") and ask(server.port, "long")


class WithDigest(update_servers.Atlas):
    zone_settings = update_servers.Atlas.zone_settings + ", zonemd: sha384"


def test_a_digest_follows_every_change():
    with update_servers.updatable(WithDigest, [APEX]) as server:
        wait_until(lambda: ask(server.port, "", "ZONEMD"))
        before = ask(server.port, "", "ZONEMD")
        add(server.port, "new")
        after = ask(server.port, "", "ZONEMD")
        serial = int(ask(server.port, "", "SOA")[0].split()[2])
        assert after != before and int(after[0].split()[0]) == serial
        text = subprocess.run(
            [servers.atlas_program("atlasctl"), "zone", "export", APEX, "--socket", str(server.folder / "control.sock")],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        path = server.folder / "exported.zone"
        path.write_text(text)
        verified = subprocess.run(["ldns-verify-zone", "-Z", str(path)], capture_output=True, text=True)
        assert verified.returncode == 0, verified.stdout + verified.stderr


@contextlib.contextmanager
def on_a_small_disk():
    """Atlas with a state directory of 1 MiB, and where others see it."""
    with tempfile.TemporaryDirectory(prefix="atlas-") as name:
        folder = pathlib.Path(name)
        server = update_servers.make(update_servers.Atlas, [APEX], folder)
        command = " ".join(f"'{word}'" for word in server.command())
        mount = f"mount -t tmpfs -o size=1m none {folder}/state"
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", f"{mount} && exec {command}"], stderr=subprocess.PIPE, text=True
        )
        try:
            for line in process.stderr:
                if "mount:" in line:
                    pytest.skip("may not mount a file system")
                if "ATLAS-SERVER-READY" in line:
                    break
            yield server, pathlib.Path(f"/proc/{process.pid}/root{folder}/state")
        finally:
            process.terminate()
            process.communicate()


def test_a_full_disk_refuses_changes_and_serves_on():
    with on_a_small_disk() as (server, state):
        assert add(server.port, "before").rcode() == dns.rcode.NOERROR
        filling = state / "filling"
        with open(filling, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        # The log's own pages may still have room.
        outcomes = [add(server.port, f"n{number}").rcode() for number in range(400)]
        assert outcomes[-1] == dns.rcode.SERVFAIL
        refused = outcomes.index(dns.rcode.SERVFAIL)
        assert not ask(server.port, f"n{refused}"), "what was refused is not served"
        assert all(ask(server.port, f"n{number}") for number in range(refused))
        assert ask(server.port, "before")
        filling.unlink()
        assert add(server.port, "after").rcode() == dns.rcode.NOERROR
        assert ask(server.port, "after")


def test_a_file_that_is_edited_meanwhile_loses_nothing():
    with update_servers.updatable(update_servers.Atlas, [APEX]) as server:
        add(server.port, "updated")
        path = pathlib.Path(server.zones[APEX])
        path.write_text(path.read_text() + "byhand 300 A 192.0.2.77\n")
        subprocess.run(
            [servers.atlas_program("atlasctl"), "reload", "--socket", str(server.folder / "control.sock")], check=True, capture_output=True
        )
        assert ask(server.port, "updated") and ask(server.port, "byhand")
