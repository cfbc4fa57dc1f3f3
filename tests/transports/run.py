#!/usr/bin/env python3
"""Asks Atlas the same questions over UDP, TCP, DoT and DoH (HTTP/1.1 and HTTP/2) and compares the answers section for section.

usage: run.py [--seed N] [--pairs N] [--zones N] [--show N]

Zones and questions are those of the differential tests. Each question goes over every transport; the answer over TCP is what the
others are compared with. One that is truncated over UDP must be a part of it, and those of the others must be the same: RCODE, flags,
question, OPT, and the records of each section. Exit status 1 if one is not.
"""

import argparse
import contextlib
import pathlib
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("transports", "differential", "")]

import encrypted_servers  # noqa: E402
import exchanges  # noqa: E402
import questions as questioning  # noqa: E402
import servers  # noqa: E402
import zones as zonemaking  # noqa: E402
from messages import TC, Malformed, Response, text_name  # noqa: E402

# Attempts at a connection that breaks, as one does that has been idle for long.
ATTEMPTS_MAX = 2
REFERENCE = "TCP"
COMPARED = ("rcode", "question", "answer", "authority", "additional", "edns")


class Report:
    def __init__(self, seed, zones, questions):
        self.head = f"seed {seed}: {questions} questions about {zones} zones"
        self.same = dict.fromkeys(exchanges.TRANSPORTS, 0)
        self.truncated = 0
        self.differences = []

    def compare(self, question, responses):
        """`responses` by transport: a Response, or what went wrong."""
        reference = responses[REFERENCE]
        for transport, response in responses.items():
            wrong = difference(transport, response, reference)
            if wrong is None:
                self.same[transport] += 1
                self.truncated += transport == "UDP" and response.truncated
            else:
                shown = f"{text_name(question.name)} type {question.qtype} over {transport}: {wrong}"
                self.differences.append(f"{shown}\n{text_of(response)}\n instead of\n{text_of(reference)}")

    def text(self, shown_max):
        same = ", ".join(f"{transport} {count}" for transport, count in self.same.items())
        lines = [self.head, f"  the same answers: {same}; truncated over UDP: {self.truncated}"]
        return "\n".join([*lines, *self.differences[:shown_max], f"{len(self.differences)} differences"])


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
        report = Report(seed, zone_count, pairs)
        files = {zone.apex: zone.path for zone in zones}
        # The last zone is what starting waits for, and it may be one whose errors Atlas refuses.
        with servers.running(Patient, files) as server, contextlib.ExitStack() as stack:
            connections = stack.enter_context(exchanges.opened(server))
            for number, question in enumerate(asked):
                query = (number & 0xFFFF).to_bytes(2, "big") + question.wire[2:]
                report.compare(question, {name: ask(server, connections, name, query) for name in connections})
        return report


class Patient(encrypted_servers.Atlas):
    """Ready when it answers: not every generated zone is one that Atlas serves."""

    def wait_until_ready(self):
        self.wait_for_answer(servers.soa_query("."), lambda answer: True)

    def configuration(self):
        return super().configuration() + "tcp:\n  idle: 10m\n"


def ask(server, connections, name, query):
    """The response, or what went wrong."""
    for attempt in range(ATTEMPTS_MAX):
        try:
            answer = connections[name].ask(query)
            return Response(answer) if answer[:2] == query[:2] else "another id"
        except Malformed as error:
            return f"malformed: {error}"
        except (OSError, exchanges.httpx.HTTPError) as error:
            if attempt + 1 == ATTEMPTS_MAX:
                return f"{type(error).__name__}: {error}"
            connections[name].close()
            connections[name] = exchanges.TRANSPORTS[name](server)
    raise AssertionError("not reached")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--pairs", type=int, default=10_000, help="questions, each over every transport")
    options.add_argument("--zones", type=int, help="zones (default: one for each 400 pairs)")
    options.add_argument("--show", type=int, default=20, help="differences shown")
    chosen = options.parse_args()
    report = run(chosen.seed, chosen.pairs, chosen.zones or max(8, chosen.pairs // 400))
    print(report.text(chosen.show))
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main())
