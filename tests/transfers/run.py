#!/usr/bin/env python3
"""Zones under random updates, on their way from every server to every other: are all copies equal, record by record?

usage: run.py [--updates N] [--seed N] [--primary NAME]... [--secondary NAME]... [--link NAME]...

The primary has a zone for each link: without a key, with each HMAC, over TLS and QUIC. Each is changed by as many updates, of which
secondaries hear by NOTIFY. Then every copy is transferred and compared with what the updates make of the zone. Exit status 1 if there is a
difference. A thousand updates take two minutes for each primary.
"""

import argparse
import pathlib
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import random_changes  # noqa: E402
import star  # noqa: E402
import transfer_servers  # noqa: E402

KINDS = {kind.name: kind for kind in transfer_servers.SERVERS}
# What a server that takes no updates reads at once.
UPDATES_A_FILE = 10
PAUSE_SECONDS = 0.3


def change(around, updates, seed):
    """Carries out so many updates of every zone; the Changes by link."""
    changes = {link: random_changes.Changes(link.apex, f"{seed}{link.name}") for link in around.zones}
    for number in range(1, updates + 1):
        for one in changes.values():
            star.update(around.primary, one)
        if not around.primary.takes_updates and number % UPDATES_A_FILE == 0:
            star.rewrite(around.primary, changes, number)
            time.sleep(PAUSE_SECONDS)
    if not around.primary.takes_updates:
        star.rewrite(around.primary, changes, updates + 1)
        time.sleep(PAUSE_SECONDS)
    return changes


def check(around, updates, seed):
    """What is wrong after so many updates of every zone."""
    faults = around.wait_for_arrival()
    changes = change(around, updates, seed)
    faults += around.wait_for_arrival()
    return faults + around.differences(changes)


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--updates", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--primary", action="append", choices=KINDS)
    options.add_argument("--secondary", action="append", choices=KINDS)
    options.add_argument("--link", action="append", choices=[link.name for link in transfer_servers.LINKS])
    chosen = options.parse_args()
    installed = {name: kind for name, kind in KINDS.items() if kind.is_installed()}
    links = [link for link in transfer_servers.LINKS if link.name in (chosen.link or [link.name])]
    failed = False
    for name in chosen.primary or installed:
        secondaries = [installed[other] for other in chosen.secondary or installed]
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="atlas-transfers-") as folder:
            with star.running(folder, KINDS[name], secondaries, links) as around:
                faults = check(around, chosen.updates, chosen.seed)
                ways = sum(map(len, around.links.values()))
                records = len(star.contents(around.primary, around.zones[0].apex))
        print(f"{name}: {len(around.zones)} zones, {ways} copies, {chosen.updates} updates each, {records} records at the end in the first; ", end="")
        print(f"seed {chosen.seed}, {time.monotonic() - begun:.0f} s, {len(faults)} faults")
        for fault in faults:
            print(f"  {fault}")
        failed = failed or bool(faults)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
