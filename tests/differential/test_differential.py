"""A short differential run: every difference from NSD, Knot and BIND has an explanation. run.py makes longer ones."""

import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

import run as differential  # noqa: E402

SEED = 7
PAIRS = 5000


def test_every_difference_is_explained():
    report = differential.run(SEED, PAIRS, 16)
    assert len(report.agreed) >= 2, "at least two peers must be installed"
    assert not report.failed, report.text(10)


def test_the_page_of_differences_says_what_the_rules_say():
    assert (FOLDER / "differences.md").read_text() == differential.explanation()
