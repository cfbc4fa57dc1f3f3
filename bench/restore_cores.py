"""Gives threads their cores back when the benchmark that took them ends, however it ends: see everything_else_off() of machine.py.

Reads one line of JSON from stdin and waits for the end of stdin or of the process that it names. It is in a session of its own, so
that what ends the benchmark does not end this.
"""

import contextlib
import json
import os
import pathlib
import select
import signal
import sys


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    task = json.loads(sys.stdin.readline())
    moved = {int(thread): frozenset(cores) for thread, cores in task["moved"].items()}
    with contextlib.suppress(ProcessLookupError):
        benchmark = os.pidfd_open(task["benchmark"])
        if os.getppid() == task["benchmark"]:
            print("ready", flush=True)
            # Processes that the benchmark forked may hold the pipe longer than it lives.
            select.select([sys.stdin, benchmark], [], [])
    restore(moved, frozenset(task["known"]), task["cpu"], task["root"])


def restore(moved, known, cpu, root):
    """Threads that are as they were left, and those that were begun meanwhile and inherited it."""
    inherited = {cores - {cpu}: cores for cores in moved.values()}
    now = affinities(root)
    back = {thread: cores for thread, cores in moved.items() if now.get(thread) == cores - {cpu}}
    new = {thread: inherited[cores] for thread, cores in now.items() if thread not in known and cores in inherited}
    set_affinities(back | new)


def affinities(root=None):
    """The cores of every thread of the machine, or of a process and all below it, by its id."""
    folders = pathlib.Path("/proc").glob("[0-9]*") if root is None else (pathlib.Path(f"/proc/{each}") for each in family(root))
    found = {}
    for folder in folders:
        with contextlib.suppress(OSError):
            for task in (folder / "task").iterdir():
                with contextlib.suppress(OSError):
                    found[int(task.name)] = frozenset(os.sched_getaffinity(int(task.name)))
    return found


def family(process):
    """A process and all below it."""
    found = [process]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{parent}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def set_affinities(cores_of):
    for thread, cores in cores_of.items():
        # It may have ended, or be the kernel's.
        with contextlib.suppress(OSError):
            os.sched_setaffinity(thread, cores)


if __name__ == "__main__":
    main()
