"""Updates and who may send them: Atlas, and what its peers make of the same. run_cases.py shows differences."""

import pytest

import updaters
import policy_cases
import update_cases

TABLES = {"updates": update_cases.CASES, "policy": policy_cases.CASES}
# Knot has access lists, and no rules of this kind.
RUNS = [
    ("updates", updaters.Atlas),
    ("updates", updaters.Bind),
    ("updates", updaters.Knot),
    ("policy", updaters.Atlas),
    ("policy", updaters.Bind),
]


@pytest.mark.parametrize("table, kind", RUNS, ids=lambda value: getattr(value, "name", value))
def test_every_outcome_is_the_one_in_the_table(table, kind):
    if not kind.server_kind.is_installed():
        pytest.skip(f"{kind.name} is not installed")
    cases = [case for case in TABLES[table] if case.is_for(kind.name)]
    outcomes = kind().outcomes(cases)
    wrong = {
        case.title: (outcome, case.wanted(kind.name))
        for case, outcome in zip(cases, outcomes, strict=True)
        if outcome != case.wanted(kind.name)
    }
    assert not wrong


def test_the_tables_are_large():
    assert len(update_cases.CASES) >= 120 and len(policy_cases.CASES) >= 80
