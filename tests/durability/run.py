#!/usr/bin/env python3
"""Kills servers and cuts their power under signed updates, and looks what is there of them afterwards.

usage: run.py [--cuts N] [--kills N] [--seed N] [--server NAME]... [--entries strict|with-files] [--keep FOLDER]

Clients change a small zone (clients.py). At a random moment the server is killed (SIGKILL), or its power is cut: after a random
number of operations on the disk, or at a random time (power_cut.c says what the disk then holds). It is started again on what
it left, without any repair, and must have every change that was acknowledged, no change by half, and no smaller serial than anyone saw.
Exit status 1 if that is not so. Every acknowledged change is written to FOLDER/acknowledged. About a second a round.
"""

import argparse
import contextlib
import itertools
import json
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import clients  # noqa: E402
import power_cut  # noqa: E402
import servers  # noqa: E402
import update_servers  # noqa: E402

CLIENTS = 4
PAIRS_PER_CLIENT = 10
KINDS = {kind.name: kind for kind in (update_servers.Bind, update_servers.Knot, update_servers.Atlas)}
# What is mapped for writing and made anew when nobody has it open.
SCRATCH = ("-shm", "lock.mdb")
RUNNING_SECONDS = (0.02, 0.4)
OPERATIONS_MAX = 400
# A cut that counts comes this late at most.
CUT_SECONDS_MAX = 1.0
GONE_SECONDS = 10
START_SECONDS = 15
LOG_LINES_SHOWN = 8
TRIALS_MAX = 20


class Report:
    def __init__(self, name):
        self.name = name
        self.rounds = {"cut": 0, "kill": 0}
        self.acknowledged = 0
        self.unanswered = 0
        self.looks = 0
        self.start_seconds = []
        self.faults = []
        self.cuts = []
        self.trials = 0

    def text(self, shown_max=20):
        rounds = ", ".join(f"{count} {kind}s" for kind, count in self.rounds.items())
        starts = self.start_seconds or [0]
        lines = [
            f"{self.name}: {rounds}; {self.acknowledged} updates acknowledged, {self.unanswered} without an answer, {self.looks} looks",
            f"  start: median {statistics.median(starts):.2f} s, longest {max(starts):.2f} s",
        ]
        if self.cuts:
            total = {key: sum(cut[key] for cut in self.cuts) for key in self.cuts[0] if key not in ("operations", "arriving")}
            lines.append("  cut: " + ", ".join(f"{count} {key.replace('_', ' ')}" for key, count in total.items()))
        lines += [f"  {fault}" for fault in self.faults[:shown_max]]
        return "\n".join([*lines, f"  {len(self.faults)} faults"])


class Trial:
    """One server through all its rounds."""

    def __init__(self, kind, seed, folder, entries, library, report):
        self.random = random.Random(seed)
        self.report = report
        self.server = update_servers.make(kind, [clients.APEX], folder)
        self.server.start_seconds = START_SECONDS
        self.cutting = power_cut.PowerCut(library, self.server.durable_folder(), folder, entries, SCRATCH)
        self.numbers = itertools.count(1)
        self.groups = [[clients.Pair(f"p{c}-{p}-") for p in range(PAIRS_PER_CLIENT)] for c in range(CLIENTS)]
        self.pairs = [pair for group in self.groups for pair in group]
        self.log = open(pathlib.Path(folder) / "acknowledged", "w", encoding="ascii")
        self.serial = 0
        self.cuts = 0

    def run(self, kinds):
        """Rounds of `kinds`, "cut" or "kill", as long as the server starts; how many there were."""
        done = 0
        # What an administrator's first start leaves is on the disk.
        self.server.start()
        self.server.stop()
        try:
            for kind in kinds:
                if not self.round(f"round {sum(self.report.rounds.values())}", kind):
                    break
                done += 1
            else:
                self.start([])
                self.look("at the end")
                self.server.stop()
        finally:
            if self.server.process.poll() is None:
                self.server.process.kill()
                self.server.process.wait()
            self.log.close()
            self.cutting.close()
            self.report.cuts += self.cutting.reports()
        return done

    def start(self, prefix):
        begun = time.monotonic()
        self.server.launch(prefix)
        self.server.wait_for_answer(servers.soa_query(clients.APEX), lambda answer: answer[3] & 0x0F == 0, 0.005)
        self.report.start_seconds.append(time.monotonic() - begun)

    def round(self, name, kind):
        """Whether the server started at all."""
        try:
            self.start(self.cutting.prefix(self.random.getrandbits(63)) if kind == "cut" else [])
        except RuntimeError as error:
            lines = str(error).splitlines()[-LOG_LINES_SHOWN:]
            self.report.faults.append("\n    ".join([f"{name}: it does not start, or not with the zone:", *lines]))
            return False
        self.look(f"before {name}")
        begun = [
            clients.Client(self.server.port, group, self.numbers, self.log, self.random.getrandbits(63)) for group in self.groups
        ]
        for client in begun:
            client.serial = 0
        watcher = clients.Watcher(self.server.port, self.pairs, self.random.getrandbits(63))
        for thread in (*begun, watcher):
            thread.start()
        self.end(kind)
        for thread in (*begun, watcher):
            thread.stopping.set()
        for thread in (*begun, watcher):
            thread.join()
        self.report.rounds[kind] += 1
        self.report.acknowledged += sum(client.acknowledged for client in begun)
        self.report.unanswered += sum(pair.unanswered is not None for pair in self.pairs)
        self.report.looks += watcher.looks
        self.serial = max(self.serial, watcher.serial, *(client.serial for client in begun))
        self.report.faults += [f"{name}: {fault}" for thread in (*begun, watcher) for fault in thread.faults]
        return True

    def end(self, kind):
        process = self.server.process
        counts = kind == "cut" and self.random.random() < 0.7
        if counts:
            self.cutting.after(self.random.randint(1, OPERATIONS_MAX))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(CUT_SECONDS_MAX)
        else:
            time.sleep(self.random.uniform(*RUNNING_SECONDS))
        if kind == "cut":
            if process.poll() is None:
                self.cutting.now()
        else:
            process.kill()
        process.wait(GONE_SECONDS)
        if kind == "cut":
            self.cuts += 1
            self.cutting.wait(self.cuts)
        if process.returncode != -signal.SIGKILL:
            self.report.faults.append(f"it ended by itself: {process.returncode}\n{self.server.log()[-2000:]}")

    def look(self, when):
        serial = clients.ask_serial(self.server.port)
        if serial < self.serial:
            self.report.faults.append(f"{when}: the serial went back from {self.serial} to {serial}")
        self.serial = max(self.serial, serial)
        self.report.faults += [f"{when}: {fault}" for fault in clients.check(self.server.port, self.pairs)]


def run(kind, cuts, kills, seed, entries="strict", keep=None):
    """The Report of one server under so many rounds, in random order."""
    rounds = ["cut"] * cuts + ["kill"] * kills
    random.Random(seed).shuffle(rounds)
    report = Report(kind.name)
    with tempfile.TemporaryDirectory(prefix="atlas-durability-") as own:
        library = power_cut.build(own)
        # One that does not start on what was left begins with an empty folder.
        while rounds and report.trials < TRIALS_MAX:
            folder = pathlib.Path(keep or own) / f"trial{report.trials}"
            folder.mkdir(parents=True)
            report.trials += 1
            del rounds[: Trial(kind, seed + report.trials, folder, entries, library, report).run(rounds)]
    return report


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--cuts", type=int, default=200)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--server", action="append", choices=KINDS, help="instead of those that the tests are about")
    options.add_argument("--entries", choices=("strict", "with-files"), default="strict", help="when names of files are on the disk")
    options.add_argument("--keep", help="a folder for what the server and the clients leave")
    options.add_argument("--json", help="a file for the figures")
    chosen = options.parse_args()
    failed = False
    figures = {}
    for name in chosen.server or [kind.name for kind in update_servers.SERVERS]:
        begun = time.monotonic()
        report = run(KINDS[name], chosen.cuts, chosen.kills, chosen.seed, chosen.entries, chosen.keep)
        print(f"{report.text()}; seed {chosen.seed}, {time.monotonic() - begun:.0f} s", flush=True)
        failed = failed or bool(report.faults)
        figures[name] = vars(report)
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps(figures, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
