"""Primaries that misbehave: Atlas keeps the last good version, costs little, and goes on when they are good again."""

import pathlib
import sys
import time

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import asker  # noqa: E402
import hostile_cases  # noqa: E402
import hostile_primaries  # noqa: E402
import hostile_primary  # noqa: E402
import process_costs  # noqa: E402
import servers  # noqa: E402

# Longer than one transfer may take.
SECONDS = 7
GROWTH_OCTETS_MAX = 100 << 20
QUIET_SECONDS = 1.5
QUIET_SHARE_MAX = 0.4
FLOOD_PER_SECOND, FLOOD_SECONDS = 10_000, 2
# Of one zone, whatever NOTIFYs say.
QUESTIONS_PER_SECOND_MAX = 50


@pytest.fixture(scope="module", name="trial")
def start_trial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with hostile_primaries.running(hostile_primaries.Atlas, hostile_cases.CASES, folder) as trial:
        yield trial


def test_there_are_many_cases():
    assert len(hostile_cases.CASES) >= 25


def test_the_last_good_version_stays_and_the_next_one_comes(trial):
    process = trial.secondary.process.pid
    costs = process_costs.Costs(process)
    trial.misbehave(SECONDS)
    assert trial.faults == []
    if not servers.has_sanitizer():
        assert costs.growth_octets() < GROWTH_OCTETS_MAX
    quiet = process_costs.Costs(process)
    time.sleep(QUIET_SECONDS)
    assert quiet.cpu_share() < QUIET_SHARE_MAX
    trial.recover()
    assert trial.faults == []


@pytest.mark.parametrize("source, allowed", [("127.0.0.1", True), ("127.0.0.2", False)], ids=["the-primary", "somebody-else"])
def test_a_flood_of_notifies(trial, source, allowed):
    """The zone is asked for now and then, if the NOTIFYs are from its primary, and queries are answered as ever."""
    target = trial.hostiles[0]
    costs = process_costs.Costs(trial.secondary.process.pid)
    before = target.questions
    with asker.Asker(trial.secondary.port, f"ns.{target.case.apex}") as asking:
        sent, rcodes = hostile_primary.flood(target, trial.secondary.port, source, FLOOD_PER_SECOND, FLOOD_SECONDS)
    assert sent >= FLOOD_PER_SECOND * FLOOD_SECONDS * 0.9
    asked = target.questions - before
    assert asked <= QUESTIONS_PER_SECOND_MAX * (FLOOD_SECONDS + 1)
    assert (asked > 0) == allowed
    assert set(rcodes) <= ({"NOERROR", "SERVFAIL"} if allowed else {"REFUSED", "NOTAUTH"}) and rcodes
    assert asking.answered > 20
    if not servers.has_sanitizer():
        assert asking.lost == 0 and costs.growth_octets() < GROWTH_OCTETS_MAX
    quiet = process_costs.Costs(trial.secondary.process.pid)
    time.sleep(QUIET_SECONDS)
    assert quiet.cpu_share() < QUIET_SHARE_MAX
    # And what is said then is heard.
    target.serial += 1
    hostile_primary.notify(target, trial.secondary.port, target.serial)
    assert hostile_primary.wait_until(lambda: trial.mark(target) == target.serial, 15)
