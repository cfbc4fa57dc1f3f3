#!/usr/bin/env python3
"""Asks Atlas, NSD, Knot and BIND the same questions about the same generated zones and compares the answers.

usage: run.py [--seed N] [--pairs N] [--zones N] [--show N] [--keep FOLDER] | --explain

Every difference between Atlas and a peer must have a rule (differences.py), which differences.md explains; one that has
none is shown and makes the exit status 1. So does a question that a server does not answer.
"""

import argparse
import contextlib
import pathlib
import sys
import tempfile
import textwrap
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parent.parent)]

import asking
import compare
import differences
import questions as questioning
import servers
import zones as zonemaking
from messages import TYPES, query, wire_name

# Questions asked before a look whether the server still runs.
CHUNK = 512
# Missing answers in a chunk that are taken for a server that hangs.
MISSING_MAX = 64


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--pairs", type=int, default=100_000, help="questions, each to every server")
    options.add_argument("--zones", type=int, help="zones (default: one for each 400 pairs)")
    options.add_argument("--show", type=int, default=20, help="unexplained differences shown")
    options.add_argument("--keep", type=pathlib.Path, help="folder for the zones, kept")
    options.add_argument("--explain", action="store_true", help="print differences.md and end")
    chosen = options.parse_args()
    if chosen.explain:
        print(explanation(), end="")
        return 0
    report = run(chosen.seed, chosen.pairs, chosen.zones or max(8, chosen.pairs // 400), chosen.keep)
    print(report.text(chosen.show))
    return 1 if report.failed else 0


def explanation():
    """differences.md: what each rule is for."""
    text = (
        "# Where Atlas and its peers differ\n\n"
        "`run.py` asks Atlas, NSD 4.6, Knot 3.2 and BIND 9.18 the same questions about the same generated zones. Every difference\n"
        "that it finds has one of these reasons; one that has none fails the run. `run.py --explain` prints this page from\n"
        "`differences.py`.\n"
    )
    for rule in differences.RULES:
        words = " ".join(rule.__doc__.split())
        lines = "\n".join(textwrap.wrap(words, 118, break_on_hyphens=False, break_long_words=False))
        text += f"\n## {rule.__name__.replace('_', ' ')}\n\n{lines}\n"
    return text


def run(seed, pairs, zone_count, keep=None, peers=servers.PEERS):
    with contextlib.ExitStack() as stack:
        folder = keep or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atlas-differential-")))
        folder.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        zones = zonemaking.make_zones(seed, zone_count, folder)
        asked = questioning.make_questions(seed, zones, pairs)
        report = compare.Report(seed, zones, asked)
        report.time("zones made and signed", started)
        files = {zone.apex: zone.path for zone in zones}
        running = {}
        for kind in (servers.Atlas, *peers):
            started = time.monotonic()
            running[kind.name] = stack.enter_context(servers.running(kind, files))
            report.time(f"{kind.name} started", started)
        responses, whole, loaded = {}, {}, {}
        for name, server in running.items():
            started = time.monotonic()
            loaded[name] = loaded_zones(server.port, zones)
            responses[name] = ask_all(server, asked, report)
            report.time(f"{name} asked", started)
        truncated = sorted({i for octets in responses.values() for i in octets if is_truncated(octets[i])})
        for name, server in running.items():
            whole[name] = dict(zip(truncated, asking.ask_tcp(server.port, [asked[i].wire for i in truncated])))
        started = time.monotonic()
        report.compare(responses, whole, loaded)
        report.time("compared", started)
        return report


def loaded_zones(port, zones):
    queries = [query(0, wire_name(zone.apex), TYPES["SOA"]) for zone in zones]
    answers = asking.ask_udp(port, queries)
    return {i for i, octets in enumerate(answers) if octets and octets[2] & 4 and octets[3] & 15 == 0}


def is_truncated(octets):
    return octets is not None and bool(octets[2] & 2)


def ask_all(server, asked, report):
    """The responses by the question's place, over TCP or UDP as each question says."""
    responses = {}
    for ask, tcp in ((asking.ask_udp, False), (asking.ask_tcp, True)):
        places = [i for i, question in enumerate(asked) if question.tcp == tcp]
        for start in range(0, len(places), CHUNK):
            chunk = places[start : start + CHUNK]
            answers = ask(server.port, [asked[i].wire for i in chunk])
            responses.update(zip(chunk, answers))
            dead = server.process.poll() is not None
            stuck = answers[-1] is None and answers.count(None) > MISSING_MAX
            if not dead and not stuck:
                continue
            # A peer that dies or hangs is not ours to mend: these answers of its are missing, and it starts again.
            report.deaths.append(f"{server.name} {'died' if dead else 'answered no more'} and was started again")
            if server.name == "Atlas":
                report.faults.append(report.deaths[-1])
            server.stop()
            server.start()
    return responses


if __name__ == "__main__":
    sys.exit(main())
