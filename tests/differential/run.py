#!/usr/bin/env python3
"""Asks Atlas, NSD, Knot and BIND the same questions about the same generated zones and compares the answers.

usage: run.py [--seed N] [--pairs N] [--zones N] [--show N] [--keep FOLDER]

Every difference between Atlas and a peer must have a rule (differences.py), which differences.md explains; one that has
none is shown and makes the exit status 1. So does a question that a server does not answer.
"""

import argparse
import contextlib
import pathlib
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent.parent)]

import asking
import compare
import questions as questioning
import servers
import zones as zonemaking
from messages import TYPES, query, wire_name


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--pairs", type=int, default=100_000, help="questions, each to every server")
    options.add_argument("--zones", type=int, help="zones (default: one for each 400 pairs)")
    options.add_argument("--show", type=int, default=20, help="unexplained differences shown")
    options.add_argument("--keep", type=pathlib.Path, help="folder for the zones, kept")
    chosen = options.parse_args()
    report = run(chosen.seed, chosen.pairs, chosen.zones or max(8, chosen.pairs // 400), chosen.keep)
    print(report.text(chosen.show))
    return 1 if report.failed else 0


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
            responses[name] = ask_all(server.port, asked)
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


def ask_all(port, asked):
    """The responses by the question's place, over TCP or UDP as each question says."""
    datagrams = [i for i, question in enumerate(asked) if not question.tcp]
    responses = dict(zip(datagrams, asking.ask_udp(port, [asked[i].wire for i in datagrams])))
    streams = [i for i, question in enumerate(asked) if question.tcp]
    responses.update(zip(streams, asking.ask_tcp(port, [asked[i].wire for i in streams])))
    return responses


if __name__ == "__main__":
    sys.exit(main())
