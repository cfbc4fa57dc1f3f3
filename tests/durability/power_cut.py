"""The library under which a process loses power (power_cut.c), for Python."""

import contextlib
import json
import os
import pathlib
import subprocess
import time

FOLDER = pathlib.Path(__file__).resolve().parent
SOURCES = sorted(FOLDER.glob("power_cut*.c"))
CUT_SECONDS = 30


def build(folder):
    """Compiles the library; its path."""
    library = pathlib.Path(folder) / "power_cut.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", library, *SOURCES], check=True)
    return library


class PowerCut:
    """Cuts of one folder's disk. `workplace` is another folder, for what the library writes."""

    def __init__(self, library, watched, workplace, entries="strict", scratch=()):
        self.library = library
        self.watched = watched
        self.report_path = pathlib.Path(workplace) / "cuts"
        self.control_path = pathlib.Path(workplace) / "cut-control"
        os.mkfifo(self.control_path)
        # Held open, so that writing never waits for a reader.
        self.control = os.open(self.control_path, os.O_RDWR | os.O_NONBLOCK)
        self.entries = entries
        self.scratch = scratch

    def environment(self, seed, after=None):
        """What a process is started with; `after` so many operations it is cut, counted from its start."""
        # A word that came too late for the last one is not for this.
        with contextlib.suppress(BlockingIOError):
            os.read(self.control, 4096)
        found = {
            "LD_PRELOAD": str(self.library),
            "POWER_CUT_FOLDER": str(self.watched),
            "POWER_CUT_CONTROL": str(self.control_path),
            "POWER_CUT_REPORT": str(self.report_path),
            "POWER_CUT_SCRATCH": ":".join(self.scratch),
            "POWER_CUT_ENTRIES": self.entries,
            "POWER_CUT_SEED": str(seed),
        }
        return found if after is None else found | {"POWER_CUT_AFTER": str(after)}

    def prefix(self, seed):
        """Words in front of a command."""
        return ["env", *(f"{name}={value}" for name, value in self.environment(seed).items())]

    def now(self):
        os.write(self.control, b"now\n")

    def after(self, operations):
        os.write(self.control, b"after %d\n" % operations)

    def reports(self):
        lines = self.report_path.read_text().splitlines(keepends=True) if self.report_path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def wait(self, count):
        """Waits until the disk of this cut, the `count`th, is what it is: that is behind the end of the process."""
        deadline = time.monotonic() + CUT_SECONDS
        while len(self.reports()) < count:
            if time.monotonic() > deadline:
                raise RuntimeError("the power was not cut")
            time.sleep(0.002)

    def close(self):
        os.close(self.control)
