"""What the documentation shows works."""

import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = [
    (path.relative_to(ROOT), number, block)
    for path in sorted((ROOT / "docs").rglob("*.md"))
    for number, block in enumerate(re.findall(r"```yaml\n(config: 1\n.*?)```", path.read_text(), re.DOTALL))
]


def test_there_are_examples():
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize("path, number, block", EXAMPLES, ids=lambda value: str(value) if not isinstance(value, str) else "")
def test_configurations_in_documents_are_right(path, number, block, tmp_path):
    config = tmp_path / "atlas.yaml"
    config.write_text(block)
    checked = subprocess.run([servers.atlas_program("atlasctl"), "check-config", str(config)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
