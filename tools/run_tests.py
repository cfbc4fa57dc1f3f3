#!/usr/bin/env python3
"""Runs built tests of every kind and counts them: see ./dev test --help. Works from the repository's root."""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "test"
FUZZ_SECONDS = int(os.environ.get("ATLAS_FUZZ_SECONDS", "4"))
# A program that takes longer hangs.
PROGRAM_SECONDS_MAX = 600
SYSTEM_SECONDS_MAX = 1500
OUTPUT_LINES_SHOWN = 60


@dataclass
class Outcome:
    """What one program or script reported."""

    label: str
    passed: int = 0
    skipped: list[str] = field(default_factory=list)  # the reason of each
    failures: list[tuple[str, str]] = field(default_factory=list)  # name, what to show
    seconds: float = 0.0


def tail(text: str) -> str:
    lines = text.rstrip().splitlines()
    if len(lines) > OUTPUT_LINES_SHOWN:
        lines = [f"... {len(lines) - OUTPUT_LINES_SHOWN} lines before"] + lines[-OUTPUT_LINES_SHOWN:]
    return "\n".join(lines)


def run(command: list[str], log: Path, seconds_max: int, environment: dict | None = None) -> tuple[int, str]:
    """Exit status and output; a program over its time is killed with all it started."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=os.environ | (environment or {}),
            start_new_session=True,
        )
        try:
            status = process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
            out.write(f"\nkilled after {seconds_max} s\n".encode())
    return status, log.read_text(errors="replace")


def read_junit(path: Path, outcome: Outcome) -> None:
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        failed = [child for child in case if child.tag in ("failure", "error")]
        if failed:
            outcome.failures.append((name, "\n".join(child.text or child.get("message", "") for child in failed)))
        elif case.find("skipped") is not None or case.get("status") == "notrun" or case.get("result") == "skipped":
            # Cases that a filter left out are listed as not run.
            if case.get("status") != "notrun":
                skip = case.find("skipped")
                outcome.skipped.append(skip.get("message", name) if skip is not None else name)
        else:
            outcome.passed += 1


def run_check(name: str, command: list[str]) -> Outcome:
    outcome = Outcome(f"checks  {name}")
    status, output = run(command, LOGS / f"check-{name}.log", PROGRAM_SECONDS_MAX)
    if status == 0:
        outcome.passed = 1
    else:
        outcome.failures.append((name, tail(output)))
    return outcome


def without_random_addresses(program: Path) -> list[str]:
    """GCC 12's ThreadSanitizer does not start under kernels that randomise 32 bits of addresses."""
    return ["setarch", "--addr-no-randomize"] if "tsan" in program.parts else []


def run_unit(program: Path, pattern: str) -> Outcome:
    outcome = Outcome(f"unit    {program.name}")
    report = LOGS / f"{program.name}.xml"
    report.unlink(missing_ok=True)
    command = [*without_random_addresses(program), str(program), f"--gtest_output=xml:{report}", "--gtest_brief=1"]
    if pattern:
        command.append(f"--gtest_filter=*{pattern}*")
    status, output = run(command, LOGS / f"{program.name}.log", PROGRAM_SECONDS_MAX)
    if report.exists():
        read_junit(report, outcome)
    if status != 0 and not outcome.failures:
        outcome.failures.append((program.name, f"exit status {status}\n{tail(output)}"))
    return outcome


def run_fuzz(program: Path) -> Outcome:
    outcome = Outcome(f"fuzz    {program.name}")
    scratch = LOGS / program.name
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    corpus = ROOT / "fuzz" / "corpus" / program.name
    # A seed of its own would make this find something today and nothing tomorrow: that is what ./dev fuzz is for.
    command = [str(program), "-seed=1", f"-max_total_time={FUZZ_SECONDS}", "-timeout=20", "-rss_limit_mb=2048"]
    command += ["-print_final_stats=1", f"-artifact_prefix={scratch}/finding-", str(scratch)]
    if corpus.is_dir():
        command.append(str(corpus))
    symbols = {"ASAN_SYMBOLIZER_PATH": shutil.which("llvm-symbolizer-19") or ""}
    status, output = run(command, LOGS / f"{program.name}.log", PROGRAM_SECONDS_MAX, symbols)
    if status == 0:
        outcome.passed = 1
    else:
        finding = [line for line in output.splitlines() if not line.startswith("#")]
        outcome.failures.append((program.name, tail("\n".join(finding))))
    return outcome


def run_system(folder: Path, pattern: str, preset: str) -> Outcome:
    outcome = Outcome(f"system  {folder.relative_to(ROOT)}")
    report = LOGS / f"{folder.name}.xml"
    report.unlink(missing_ok=True)
    programs = ROOT / "build" / preset / "bin"
    command = [*without_random_addresses(programs), sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [f"--junitxml={report}", str(folder)]
    if pattern:
        command += ["-k", pattern]
    peers = f"/usr/sbin:{ROOT}/build/peers/usr/sbin:{ROOT}/build/peers/usr/bin"
    environment = {
        "ATLAS_BIN_DIR": str(programs),
        "PATH": f"{os.environ['PATH']}:{peers}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    status, output = run(command, LOGS / f"{folder.name}.log", SYSTEM_SECONDS_MAX, environment)
    if report.exists():
        read_junit(report, outcome)
    nothing_selected = status == 5
    if status != 0 and not nothing_selected and not outcome.failures:
        outcome.failures.append((folder.name, f"exit status {status}\n{tail(output)}"))
    return outcome


def checks() -> list[tuple[str, list[str]]]:
    sources = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    scripts = [name for name in sources if is_shell(ROOT / name)]
    return [
        ("modules", [sys.executable, "tools/check_modules.py"]),
        ("documents", [sys.executable, "tools/check_documents.py"]),
        ("tools", [sys.executable, "-m", "unittest", "discover", "-s", "tools", "-p", "*_test.py"]),
        ("format", [sys.executable, "tools/check_format.py"]),
        ("shell", ["shellcheck", "-x", *scripts]),
    ]


def is_shell(path: Path) -> bool:
    if path.suffix == ".sh":
        return path.exists()
    if path.suffix or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.readline(64).rstrip() in (b"#!/usr/bin/env bash", b"#!/bin/sh", b"#!/bin/bash")


def jobs(suite: str, pattern: str, preset: str | None) -> list:
    if suite == "checks":
        return [lambda n=name, c=command: run_check(n, c) for name, command in checks() if pattern in name]
    if suite == "unit":
        programs = sorted((ROOT / "build" / (preset or "dev") / "bin").glob("atlas_*_test"))
        return [lambda p=p: run_unit(p, pattern) for p in programs]
    if suite == "fuzz":
        programs = sorted((ROOT / "build/fuzz/bin").glob("*_fuzz"))
        return [lambda p=p: run_fuzz(p) for p in programs if pattern in p.name]
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    return [lambda f=f: run_system(f, pattern, preset or "release") for f in sorted(folders)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filter", default="")
    parser.add_argument("--preset", help="the build whose programs run, instead of dev (unit) and release (system)")
    parser.add_argument("suites", nargs="+", choices=["checks", "unit", "fuzz", "system"])
    arguments = parser.parse_args()
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)

    outcomes: list[Outcome] = []

    def timed(job) -> Outcome:
        begun = time.monotonic()
        outcome = job()
        outcome.seconds = time.monotonic() - begun
        ran = outcome.passed + len(outcome.failures) + len(outcome.skipped)
        if ran:
            failed = f", {len(outcome.failures)} FAILED" if outcome.failures else ""
            skipped = f", {len(outcome.skipped)} skipped" if outcome.skipped else ""
            print(f"{outcome.label:44} {outcome.passed:5} passed{failed}{skipped}  {outcome.seconds:.1f} s", flush=True)
        return outcome

    for suite in arguments.suites:
        # System tests measure time and own ports: one folder after another.
        width = 1 if suite == "system" else os.cpu_count() or 1
        with ThreadPoolExecutor(width) as pool:
            outcomes += pool.map(timed, jobs(suite, arguments.filter, arguments.preset))

    for outcome in outcomes:
        for name, text in outcome.failures:
            print(f"\nFAILED {outcome.label.split()[0]} {name}\n{re.sub(r'^', '    ', text, flags=re.MULTILINE)}")
    skipped = Counter(reason for outcome in outcomes for reason in outcome.skipped)
    if skipped:
        print(f"\nskipped: {skipped.total()}")
        for reason, count in skipped.most_common():
            print(f"    {count} because: {reason}")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(len(outcome.failures) for outcome in outcomes)
    if passed + failed == 0:
        print(f"no test has a name with '{arguments.filter}' in it", file=sys.stderr)
    print(f"\n{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
