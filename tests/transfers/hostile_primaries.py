#!/usr/bin/env python3
"""A secondary among primaries that misbehave, each in its own way and all at once: what it serves, and what it costs.

usage: hostile_primaries.py [--server NAME] [--seconds N] [--show] [CASE]...

Each case has a zone, which is transferred while its primary is good. Then all misbehave and say that they have something newer. For so many
seconds the version that was good has to be served; then the primaries are good again, with a newer version, which has to come.
Exit status 1 if anything is not so.
"""

import argparse
import contextlib
import pathlib
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import dns.exception  # noqa: E402
import dns.message  # noqa: E402
import dns.query  # noqa: E402

import hostile_cases  # noqa: E402
import hostile_primary  # noqa: E402
import process_costs  # noqa: E402
import transfer_servers  # noqa: E402
from hostile_primary import BAD, GOOD, GOOD_AGAIN  # noqa: E402

KINDS = {kind.name: kind for kind in transfer_servers.SERVERS}
ARRIVE_SECONDS = 30
RECOVER_SECONDS = 40


class Atlas(transfer_servers.Atlas):
    """With limits that are reached soon."""

    transfers = """  in-max: 100
  in-time-max: 5s
  in-size-max: 4MiB
  in-records-max: 20000
"""


class Trial:
    def __init__(self, kind, cases, folder):
        folder = pathlib.Path(folder)
        self.hostiles = [hostile_primary.Hostile(case, transfer_servers.new_port()) for case in cases]
        self.secondary = kind(folder / "secondary", transfer_servers.Certificate(folder))
        for hostile in self.hostiles:
            link = hostile_primary.SIGNED if hostile.case.signed else transfer_servers.PLAIN
            self.secondary.as_secondary(link, hostile, hostile.case.apex)
        self.faults = []

    def mark(self, hostile):
        """The serial of which the contents are that are served; None: none are."""
        query = dns.message.make_query(hostile.zone.name("mark"), "TXT")
        try:
            response = dns.query.udp(query, "127.0.0.1", port=self.secondary.port, timeout=1)
        except (dns.exception.Timeout, OSError):
            return None
        return int(response.answer[0][0].to_text().strip('"').split("-")[1]) if response.answer else None

    def missing(self, serial):
        return [hostile for hostile in self.hostiles if self.mark(hostile) != serial]

    def notify_all(self, serial):
        for hostile in self.hostiles:
            hostile_primary.notify(hostile, self.secondary.port, serial)

    def begin(self):
        self.secondary.start()
        if not hostile_primary.wait_until(lambda: not self.missing(GOOD), ARRIVE_SECONDS):
            names = [hostile.case.name for hostile in self.missing(GOOD)]
            raise RuntimeError(f"these did not come at all: {names}\n{self.secondary.log()[-4000:]}")

    def misbehave(self, seconds):
        """Lets all misbehave for so long."""
        for hostile in self.hostiles:
            hostile.is_bad = True
        self.notify_all(BAD)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for hostile in self.hostiles:
                allowed = {GOOD, BAD} if hostile.case.may_be_taken else {GOOD}
                if (mark := self.mark(hostile)) not in allowed:
                    self.faults.append(f"{hostile.case.name}: what is served is of {mark}")
            time.sleep(0.5)
        for hostile in self.hostiles:
            if hostile.case.answer is None and not hostile.transfers_asked:
                self.faults.append(f"{hostile.case.name}: was not asked for a transfer")

    def recover(self):
        """Seconds until all have the version that is good again."""
        begun = time.monotonic()
        for hostile in self.hostiles:
            hostile.is_bad, hostile.serial = False, GOOD_AGAIN
        left = self.hostiles
        while left and time.monotonic() < begun + RECOVER_SECONDS:
            # What is under way may have to end first.
            for hostile in left:
                hostile_primary.notify(hostile, self.secondary.port, GOOD_AGAIN)
            time.sleep(0.5)
            left = [hostile for hostile in left if self.mark(hostile) != GOOD_AGAIN]
        self.faults += [f"{hostile.case.name}: did not recover, serves {self.mark(hostile)}" for hostile in left]
        return time.monotonic() - begun


@contextlib.contextmanager
def running(kind, cases, folder):
    trial = Trial(kind, cases, folder)
    with hostile_primary.Primaries(trial.hostiles):
        try:
            trial.begin()
            yield trial
        finally:
            trial.secondary.stop()


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--server", choices=KINDS, default="Atlas")
    options.add_argument("--seconds", type=float, default=15)
    options.add_argument("--show", action="store_true", help="its log, too")
    options.add_argument("case", nargs="*")
    chosen = options.parse_args()
    cases = [case for case in hostile_cases.CASES if not chosen.case or case.name in chosen.case]
    kind = Atlas if chosen.server == "Atlas" else KINDS[chosen.server]
    with tempfile.TemporaryDirectory(prefix="atlas-hostile-") as folder, running(kind, cases, folder) as trial:
        process = trial.secondary.process.pid
        costs = process_costs.Costs(process)
        trial.misbehave(chosen.seconds)
        print(f"{kind.name}: {len(cases)} cases; while they misbehaved: {costs}")
        print(f"recovered after {trial.recover():.1f} s")
        if chosen.show:
            print(trial.secondary.log())
        for fault in sorted(set(trial.faults)):
            print(f"  {fault}")
    return 1 if trial.faults else 0


if __name__ == "__main__":
    sys.exit(main())
