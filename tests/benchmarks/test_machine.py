"""What benchmarks take from other processes they give back, however they end."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORES = os.sched_getaffinity(0)
TAKEN = min(CORES)

pytestmark = pytest.mark.skipif(len(CORES) < 2, reason="one core alone is not taken from anybody")

# Takes a core from a process, has a child that holds its files, says so and waits.
BENCHMARK = f"""
import os, sys, time
sys.path.insert(0, {str(ROOT / "bench")!r})
import machine
with machine.everything_else_off({TAKEN}, int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        os.close(1)
        time.sleep(60)
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    os.kill(child, 9)
"""

# Starts another process for each line that it reads.
SUBJECT = """
import subprocess, sys
for line in sys.stdin:
    print(subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL).pid, flush=True)
"""


def started(code, *words):
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture(name="subject")
def start_subject():
    with started(SUBJECT) as subject:
        yield subject
        subject.kill()


def tell(process):
    """The number that a process prints for a line."""
    process.stdin.write("\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def has_cores(process, cores, seconds=10):
    end = time.monotonic() + seconds
    while os.sched_getaffinity(process) != cores and time.monotonic() < end:
        time.sleep(0.02)
    return os.sched_getaffinity(process) == cores


@pytest.mark.parametrize("end", [None, signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_cores_are_given_back(subject, end):
    with started(BENCHMARK, subject.pid) as benchmark:
        forked = int(benchmark.stdout.readline())
        assert os.sched_getaffinity(subject.pid) == CORES - {TAKEN}
        late = tell(subject)
        try:
            assert os.sched_getaffinity(late) == CORES - {TAKEN}, "what is started meanwhile inherits it"
            if end is None:
                benchmark.stdin.write("\n")
                benchmark.stdin.flush()
            else:
                benchmark.send_signal(end)
            benchmark.wait(20)
            assert has_cores(subject.pid, CORES) and has_cores(late, CORES)
        finally:
            os.kill(late, signal.SIGKILL)
            if end is not None:
                os.kill(forked, signal.SIGKILL)


def test_what_was_changed_meanwhile_is_left_as_it_is(subject):
    with started(BENCHMARK, subject.pid) as benchmark:
        benchmark.stdout.readline()
        # On purpose, to what it would never have been given.
        os.sched_setaffinity(subject.pid, {TAKEN})
        benchmark.stdin.write("\n")
        benchmark.stdin.flush()
        assert benchmark.wait(20) == 0
    assert os.sched_getaffinity(subject.pid) == {TAKEN}
