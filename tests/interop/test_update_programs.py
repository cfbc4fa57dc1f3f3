"""nsupdate of BIND and knsupdate of Knot: the whole of RFC 2136 as people type it."""

import subprocess

import clients
import pytest
import update_servers
from clients import records, serial
from conftest import APEX

KEY = f"{update_servers.ALGORITHM}:{update_servers.KEY_NAME}:{update_servers.SECRET}"
PROGRAMS = ("nsupdate", "knsupdate")


def send(name, server, *lines, tcp=False):
    """Sends an update; its exit status and what it printed."""
    text = "\n".join([f"server 127.0.0.1 {server.port}", f"zone {APEX}", *lines, "send", "quit", ""])
    command = [clients.program(name), *(["-v"] if tcp else []), "-t", "10", "-r", "0", "-y", KEY]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=clients.SECONDS)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("tcp", [False, True], ids=["UDP", "TCP"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_records_are_added_and_removed(server, name, tcp):
    before = serial(server, APEX)
    status, said = send(
        name,
        server,
        "prereq nxdomain www.example.test.",
        "update add www.example.test. 300 A 192.0.2.1",
        "update add www.example.test. 300 A 192.0.2.2",
        'update add www.example.test. 300 TXT "two" "strings"',
        "update add mail.example.test. 300 MX 10 www.example.test.",
        tcp=tcp,
    )
    assert status == 0, said
    assert records(server, "www.example.test.", "A") == ["192.0.2.1", "192.0.2.2"]
    assert records(server, "www.example.test.", "TXT") == ['"two" "strings"']
    assert records(server, "mail.example.test.", "MX") == ["10 www.example.test."]
    assert serial(server, APEX) == before + 1
    status, said = send(
        name,
        server,
        "prereq yxrrset www.example.test. TXT",
        "update delete www.example.test. A 192.0.2.1",
        "update delete www.example.test. TXT",
        "update delete mail.example.test.",
        tcp=tcp,
    )
    assert status == 0, said
    assert records(server, "www.example.test.", "A") == ["192.0.2.2"]
    assert records(server, "www.example.test.", "TXT") == records(server, "mail.example.test.", "MX") == []
    assert serial(server, APEX) == before + 2


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize(
    ("prerequisite", "rcode"),
    [
        ("nxdomain ns.example.test.", "YXDOMAIN"),
        ("yxdomain nothing.example.test.", "NXDOMAIN"),
        ("nxrrset ns.example.test. A", "YXRRSET"),
        ("yxrrset ns.example.test. AAAA", "NXRRSET"),
        ("yxrrset ns.example.test. A 192.0.2.9", "NXRRSET"),
    ],
)
def test_a_prerequisite_that_is_not_met_changes_nothing(server, name, prerequisite, rcode):
    before = serial(server, APEX)
    status, said = send(name, server, f"prereq {prerequisite}", "update add new.example.test. 300 A 192.0.2.1")
    assert status != 0 and rcode in said
    assert records(server, "new.example.test.", "A") == [] and serial(server, APEX) == before


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_update_of_a_thousand_records_is_one_change(server, name):
    before = serial(server, APEX)
    lines = [f"update add host{number}.example.test. 300 A 192.0.2.{number % 256}" for number in range(1000)]
    status, said = send(name, server, *lines, tcp=True)
    assert status == 0, said
    assert records(server, "host999.example.test.", "A") == ["192.0.2.231"]
    assert serial(server, APEX) == before + 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_who_has_not_the_key_changes_nothing(server, name):
    text = f"server 127.0.0.1 {server.port}\nzone {APEX}\nupdate add new.example.test. 300 A 192.0.2.1\nsend\nquit\n"
    wrong = f"{update_servers.ALGORITHM}:{update_servers.KEY_NAME}:{'A' * 43}="
    for words in ([], ["-y", wrong]):
        command = [clients.program(name), "-t", "10", "-r", "0", *words]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=clients.SECONDS)
        assert done.returncode != 0, done.stdout + done.stderr
    assert records(server, "new.example.test.", "A") == [] and serial(server, APEX) == update_servers.SERIAL
