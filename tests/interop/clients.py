"""Programs of others that send updates, and what is there afterwards."""

import os
import pathlib
import subprocess

import dns.message
import dns.query
import dns.rdatatype
import pytest
import servers

# Where ./dev setup interop puts what is no package of Debian.
BUILT = pathlib.Path(__file__).resolve().parents[2] / "build" / "clients"
SECONDS = 120


def program(name):
    """The path of a client's program; skips the test where it is not installed."""
    for folder in (BUILT / "bin", BUILT / "python" / "bin"):
        if os.access(folder / name, os.X_OK):
            return str(folder / name)
    found = servers.program(name)
    if found is None:
        pytest.skip(f"{name} is not installed: ./dev setup interop")
    return found


def run(*command, **settings):
    """What a program that must succeed prints."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=SECONDS, **settings)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def records(server, name, rrtype):
    """The RDATAs of a name and type, as texts."""
    answer = dns.query.tcp(dns.message.make_query(name, rrtype), "127.0.0.1", port=server.port, timeout=10)
    wanted = dns.rdatatype.from_text(rrtype)
    return sorted(record.to_text() for rrset in answer.answer if rrset.rdtype == wanted for record in rrset)


def serial(server, apex):
    return int(records(server, apex, "SOA")[0].split()[2])
