"""docs/zone-files.md describes every check as the code has it."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_every_check_is_described_with_its_severity_and_reference():
    code = (ROOT / "atlas/zone/check/check.cc").read_text(encoding="utf-8")
    rows = re.findall(r'\{\{"([a-z0-9-]+)", k(Error|Warning), "([^"]+)"\}', code)
    document = (ROOT / "docs/zone-files.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| ([a-z0-9-]+) \| (error|warning) \| ([^|]+) \|", document, re.MULTILINE)
    assert rows
    assert [(name, severity.lower(), reference) for name, severity, reference in rows] == described
