"""A few rounds of run.py: nothing that was acknowledged is lost when a server is killed, or its power is cut."""

import pathlib
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import run as durability  # noqa: E402
import servers  # noqa: E402
import update_servers  # noqa: E402

CUTS = KILLS = 5
SEED = 11


@pytest.mark.parametrize("kind", update_servers.SERVERS, ids=lambda kind: kind.name)
def test_what_was_acknowledged_is_there_again(kind):
    if not kind.is_installed():
        pytest.skip(f"{kind.name} is not installed")
    if kind.name == "Atlas" and servers.has_sanitizer():
        pytest.skip("sanitizers and a library in front of them do not go together")
    # Not every cut is one that a peer's files bear: see README.md.
    cuts = CUTS if kind.name == "Atlas" else 0
    report = durability.run(kind, cuts, KILLS, SEED)
    assert report.faults == [], report.text()
    assert report.rounds == {"cut": cuts, "kill": KILLS} and report.acknowledged > 0


class Forgetful(update_servers.Knot):
    journal = "none"


def test_what_is_lost_is_found():
    if not Forgetful.is_installed():
        pytest.skip("Knot is not installed")
    report = durability.run(Forgetful, 0, 2, SEED)
    assert any("lost: " in fault for fault in report.faults) and any("went back" in fault for fault in report.faults)
