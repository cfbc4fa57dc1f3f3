#!/usr/bin/env python3
"""Names the source files that clang-format would change; with --fix, changes them."""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from check_modules import files  # noqa: E402

FORMATTER = "clang-format-19"


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    sources = [str(path) for path in files(root) if path.suffix in (".h", ".c", ".cc")]
    if sys.argv[1:] == ["--fix"]:
        return subprocess.run([FORMATTER, "-i", *sources], cwd=root).returncode
    result = subprocess.run([FORMATTER, "--dry-run", "-Werror", *sources], cwd=root, capture_output=True, text=True)
    wrong = sorted(set(re.findall(r"^([^\s:]+):\d+:\d+: error", result.stderr, re.MULTILINE)))
    for name in wrong:
        print(f"{name}:1: not formatted")
    if wrong:
        print("tools/check_format.py --fix formats every file")
    elif result.returncode != 0:
        print(result.stderr)
    else:
        print("format: nothing to object to")
    return 1 if wrong or result.returncode != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
