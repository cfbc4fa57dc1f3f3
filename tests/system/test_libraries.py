"""The programs are linked with the libraries that they should be."""

import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402


def libraries(program: str) -> set[str]:
    listed = subprocess.run(["ldd", servers.atlas_program(program)], capture_output=True, text=True, check=True)
    return set(re.findall(r"^\s*(\S+?)\.so", listed.stdout, re.MULTILINE))


@pytest.mark.parametrize("program", ["atlasd", "atlasctl"])
def test_there_is_one_sqlite(program):
    # SQLCipher has all of SQLite's names: beside the other library, whichever was loaded first would open the store.
    linked = libraries(program)
    assert "libc" in linked
    assert "libsqlite3" not in linked


def test_the_server_has_the_one_that_encrypts():
    assert "libsqlcipher" in libraries("atlasd")
