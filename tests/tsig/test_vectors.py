"""The signed messages that atlas/tsig is tested with are what dnspython signs."""

import pathlib

import vectors

TABLE = pathlib.Path(__file__).parent.parent.parent / "atlas" / "tsig" / "tsig_vectors.inc"


def test_the_table_is_what_dnspython_makes():
    assert TABLE.read_text() == vectors.render(), "tests/tsig/vectors.py >atlas/tsig/tsig_vectors.inc"
