#!/usr/bin/env python3
"""Line coverage of each folder of atlas/ by the unit tests and by the fuzz corpora, from the coverage build.

Exits 1 if the unit tests and corpora together reach less than LINES_WANTED of the lines of a parser's folder.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "build/coverage/bin"
PROFILES = ROOT / "build/coverage/profiles"
LINES_WANTED = 0.90
# What reads bytes that strangers wrote.
PARSERS = ("atlas/dns", "atlas/query", "atlas/zone/text")
OWN_CODE_IGNORED = r"(_test|_fuzz)\.cc$|^/usr/|/build/"


def collect(name: str, commands: list[list[str]]) -> dict[str, tuple[int, int]]:
    """Runs the programs and returns, for each source file, its lines and those that were reached."""
    raw = []
    for number, command in enumerate(commands):
        profile = PROFILES / f"{name}-{number}.profraw"
        status = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"LLVM_PROFILE_FILE": str(profile)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        ).returncode
        if status != 0:
            print(f"{Path(command[0]).name} ends with status {status}: what it reached counts all the same")
        raw.append(str(profile))
    raw = [profile for profile in raw if Path(profile).exists()]
    if not raw:
        return {}
    merged = str(PROFILES / f"{name}.profdata")
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", "-o", merged, *raw], check=True)
    objects = [word for command in commands for word in ("-object", command[0])][1:]
    report = subprocess.run(
        ["llvm-cov-19", "export", "-summary-only", f"-instr-profile={merged}"]
        + [f"-ignore-filename-regex={OWN_CODE_IGNORED}", *objects],
        check=True,
        capture_output=True,
    )
    lines = {}
    for file in json.loads(report.stdout)["data"][0]["files"]:
        # The build maps the repository's root to "/".
        path = file["filename"].removeprefix(str(ROOT)).lstrip("/")
        lines[path] = (file["summary"]["lines"]["count"], file["summary"]["lines"]["covered"])
    return lines


def folder_of(path: str) -> str:
    for parser in sorted(PARSERS, key=len, reverse=True):
        if path.startswith(parser + "/"):
            return parser
    return "/".join(path.split("/")[:2])


def main() -> int:
    subprocess.run(["rm", "-rf", str(PROFILES)], check=True)
    PROFILES.mkdir(parents=True)
    tests = [[str(program), "--gtest_brief=1"] for program in sorted(PROGRAMS.glob("atlas_*_test"))]
    fuzzers = [
        [str(program), "-runs=0", str(ROOT / "fuzz/corpus" / program.name)]
        for program in sorted(PROGRAMS.glob("*_fuzz"))
        if (ROOT / "fuzz/corpus" / program.name).is_dir()
    ]
    by_tests = collect("tests", tests)
    by_corpora = collect("corpora", fuzzers)
    by_both = collect("both", tests + fuzzers)

    folders = defaultdict(lambda: [0, 0, 0, 0])
    for path, (count, covered) in by_both.items():
        row = folders[folder_of(path)]
        row[0] += count
        row[1] += covered
        row[2] += by_tests.get(path, (0, 0))[1]
        row[3] += by_corpora.get(path, (0, 0))[1]
    print(f"{'folder':20} {'lines':>7} {'tests':>7} {'corpora':>8} {'both':>7}")
    failed = False
    for folder, (count, both, tested, fuzzed) in sorted(folders.items()):
        if count == 0:
            continue
        note = ""
        if folder in PARSERS and both < LINES_WANTED * count:
            note = f"  less than {LINES_WANTED:.0%}"
            failed = True
        print(f"{folder:20} {count:7} {tested / count:7.1%} {fuzzed / count:8.1%} {both / count:7.1%}{note}")
    print(f"html: llvm-cov-19 show -format=html -instr-profile={PROFILES.relative_to(ROOT)}/both.profdata ...")
    return 1 if failed or not folders else 0


if __name__ == "__main__":
    sys.exit(main())
