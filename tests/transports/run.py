#!/usr/bin/env python3
"""Asks Atlas the same questions over UDP, TCP, DoT, DoH (HTTP/1.1, 2 and 3) and DoQ, and compares the answers section for section.

usage: run.py [--seed N] [--pairs N] [--zones N] [--show N]

Zones and questions are those of the differential tests. Each question goes over every transport; the answer over TCP is what the
others are compared with. One that is truncated over UDP must be a part of it, and those of the others must be the same: RCODE, flags,
question, OPT, and the records of each section. Exit status 1 if one is not. A process for each core asks and compares its share, over
connections of its own that are kept and have many questions on their way.
"""

import argparse
import multiprocessing
import os
import pathlib
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("transports", "differential", "")]

import encrypted_servers  # noqa: E402
import exchanges  # noqa: E402
import questions as questioning  # noqa: E402
import servers  # noqa: E402
import zones as zonemaking  # noqa: E402
from messages import TC, Malformed, Response, text_name  # noqa: E402

CHUNK = 250  # questions that a process asks and compares at once; they differ in id
REFERENCE = "TCP"
COMPARED = ("rcode", "question", "answer", "authority", "additional", "edns")


class Report:
    def __init__(self):
        self.asked = 0
        self.same = dict.fromkeys(exchanges.TRANSPORTS, 0)
        self.octets_same = dict.fromkeys(exchanges.TRANSPORTS, 0)
        self.truncated = 0
        self.differences = []

    def compare(self, question, answers):
        """`answers` to it by transport: octets, or a text of what went wrong."""
        self.asked += 1
        reference = response_of(answers[REFERENCE])
        for transport, answer in answers.items():
            # Octets that are the same are not read a second time.
            identical = answer == answers[REFERENCE]
            response = reference if identical else response_of(answer)
            wrong = difference(transport, response, reference)
            if wrong is None:
                self.same[transport] += 1
                self.octets_same[transport] += identical
                self.truncated += transport == "UDP" and response.truncated
            else:
                shown = f"{text_name(question.name)} type {question.qtype} over {transport}: {wrong}"
                self.differences.append(f"{shown}\n{text_of(response)}\n instead of\n{text_of(reference)}")

    def add(self, part):
        self.asked += part.asked
        self.truncated += part.truncated
        self.differences += part.differences
        for name in self.same:
            self.same[name] += part.same[name]
            self.octets_same[name] += part.octets_same[name]

    def text(self, shown_max):
        counts = (f"{name} {self.same[name]} ({self.octets_same[name]} octet for octet)" for name in self.same)
        lines = [f"  the same answers: {', '.join(counts)}; truncated over UDP: {self.truncated}"]
        return "\n".join([*lines, *self.differences[:shown_max], f"{len(self.differences)} differences"])


def response_of(answer):
    """A Response, or a text of what is wrong."""
    if isinstance(answer, str):
        return answer
    try:
        return Response(answer)
    except Malformed as error:
        return f"malformed: {error}"


def text_of(response):
    return response.text() if isinstance(response, Response) else f"  {response}"


def difference(transport, response, reference):
    """What is wrong with a response, None if nothing is."""
    if not isinstance(response, Response) or not isinstance(reference, Response):
        return "no answer that can be read"
    if transport == "UDP" and response.truncated:
        parts = ("rcode", "question", "edns")
        if response.answer - reference.answer or response.authority - reference.authority:
            return "records that the whole answer has not"
    else:
        parts = COMPARED
    if (response.flags ^ reference.flags) & ~TC:
        return "other flags"
    if response.truncated and transport != "UDP":
        return "truncated"
    return next((part for part in parts if not same(transport, part, response, reference)), None)


def same(transport, part, response, reference):
    ours, whole = getattr(response, part), getattr(reference, part)
    # What nobody needs is left out over UDP where it does not fit, without TC (RFC 2181 9).
    return ours <= whole if transport == "UDP" and part == "additional" else ours == whole


def run(seed, pairs, zone_count):
    with tempfile.TemporaryDirectory(prefix="atlas-transports-") as folder:
        zones = zonemaking.make_zones(seed, zone_count, pathlib.Path(folder))
        asked = questioning.make_questions(seed, zones, pairs)
        chunks = [asked[begin : begin + CHUNK] for begin in range(0, len(asked), CHUNK)]
        report = Report()
        # The last zone is what starting waits for, and it may be one whose errors Atlas refuses.
        with servers.running(Patient, {zone.apex: zone.path for zone in zones}) as server:
            with multiprocessing.get_context("fork").Pool(os.cpu_count(), open_connections, (server,)) as pool:
                for part in pool.imap(ask_and_compare, chunks):
                    report.add(part)
        return report


connections = {}  # of this process, by transport


def open_connections(server):
    connections.update((name, exchanges.Kept(server, name)) for name in exchanges.TRANSPORTS)


def ask_and_compare(asked):
    """The report about a part of the questions."""
    queries = [number.to_bytes(2, "big") + question.wire[2:] for number, question in enumerate(asked)]
    answers = {}
    for name, connection in connections.items():
        answers[name] = [
            "another id" if isinstance(answer, bytes) and answer[:2] != query[:2] else answer
            for query, answer in zip(queries, connection.ask_all(queries))
        ]
    report = Report()
    for place, question in enumerate(asked):
        report.compare(question, {name: answers[name][place] for name in answers})
    return report


class Patient(encrypted_servers.Atlas):
    """Ready when it answers: not every generated zone is one that Atlas serves."""

    def wait_until_ready(self):
        self.wait_for_answer(servers.soa_query("."), lambda answer: True)

    def configuration(self):
        return super().configuration() + "tcp:\n  idle: 10m\n"


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--pairs", type=int, default=10_000, help="questions, each over every transport")
    options.add_argument("--zones", type=int, help="zones (default: one for each 400 pairs)")
    options.add_argument("--show", type=int, default=20, help="differences shown")
    chosen = options.parse_args()
    zone_count = chosen.zones or max(8, chosen.pairs // 400)
    begun = time.monotonic()
    report = run(chosen.seed, chosen.pairs, zone_count)
    print(f"seed {chosen.seed}: {report.asked} questions about {zone_count} zones, {time.monotonic() - begun:.0f} s")
    print(report.text(chosen.show))
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main())
