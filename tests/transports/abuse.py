#!/usr/bin/env python3
"""Abuses Atlas's TLS, HTTPS and QUIC listeners in every way of abusers.py and quic_abusers.py at once, while an honest client measures
answers over UDP and another one asks over each transport in turn.

usage: abuse.py [--seconds N] [--quiet-seconds N] [--rate N] [--ratio-max N] [--unanswered-max SHARE] [--refused-max SHARE]
                [--growth-max MB] [--shared]

30 minutes by default. One process for each way of abuse, on the second core with all else; the server's worker has the first. With
--shared, the machine is left as it is, and times are shown but not judged. ATLAS_BIN_DIR says which build: build/dev/bin is one under
AddressSanitizer, where times mean little. It keeps freed memory (ASAN_OPTIONS=quarantine_size_mb=N) and the stacks that memory was
taken under (malloc_context_size=1 makes them short).

Prints JSON: p50 and p99 of the honest client in quiet and under abuse, and their ratio, what was unanswered and wrong; what the one
that asks over each transport had answered, wrong and not at all; resident memory
before, at the beginning, in the middle and at the end of the abuse, after its connections are gone, and samples between; how often
each abuser had its way, and how often the server ended it; whether the server lives and still answers over each transport. Exit
status 1 if it does not, if a sanitizer said something, if an answer was wrong or a larger share than --unanswered-max was missing, or
over a transport than --refused-max, since all clients here are one to the limits, if
memory after the abuse is above that before by more than --growth-max, if it grew by more than a quarter of that in the
second half of the abuse, or if the ratio is above --ratio-max.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import pathlib
import queue
import socket
import statistics
import struct
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/transports"), str(ROOT / "tests"), str(ROOT / "bench")]

import abusers  # noqa: E402
import encrypted_servers  # noqa: E402
import exchanges  # noqa: E402
import machine  # noqa: E402
import quic_abusers  # noqa: E402
import servers  # noqa: E402

ZONE = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.1\n"
NAME, ADDRESS = "www.a.test", bytes([192, 0, 2, 1])
ANSWER_SECONDS_MAX = 1.0  # what takes longer counts as this, and as unanswered
SAMPLE_SECONDS = 1
SAMPLES_SHOWN = 30
VISITS_OF_A_CONNECTION = 20
# In it the server drops what abusers left: connections that are idle for 10 s.
CLEAR_SECONDS = 20
SO_TIMESTAMPNS = 35  # as of asm-generic/socket.h; Python has no name for it


class Server(encrypted_servers.Atlas):
    # All clients have one address here, which a limit for each would shut out.
    def configuration(self):
        limits = "tcp: {connections-per-client-max: 20000}\nquic: {connections-per-client-max: 20000}\n"
        return super().configuration() + "  handshakes-per-client-max: 1000\n" + limits


def honest(port, seconds, rate):
    """Latencies in microseconds, by the kernel's time of receipt, of queries at even intervals; unanswered and wrong ones."""
    query = servers.make_query(NAME)
    latencies, wrong, sent_at = [], 0, {}
    number = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        client.connect(("127.0.0.1", port))
        begin = time.monotonic()
        end = begin + seconds
        while (now := time.monotonic()) < end + ANSWER_SECONDS_MAX:
            due = begin + number / rate
            if now >= due and due < end:
                ident = number & 0xFFFF
                # One of the same number that has not been answered is not any more.
                sent_at[ident] = time.clock_gettime(time.CLOCK_REALTIME)
                client.send(ident.to_bytes(2, "big") + query[2:])
                number += 1
                continue
            client.settimeout(max(0.0005, min(due, end + ANSWER_SECONDS_MAX) - now) if due < end else 0.05)
            try:
                answer, ancillary, _, _ = client.recvmsg(4096, 64)
            except (TimeoutError, BlockingIOError):
                if due >= end and not sent_at:
                    break
                continue
            received, nanoseconds = struct.unpack("@qq", ancillary[0][2][:16])
            begun = sent_at.pop(int.from_bytes(answer[:2], "big"), None)
            if begun is not None:
                if (latency := received + nanoseconds / 1e9 - begun) < ANSWER_SECONDS_MAX:
                    latencies.append(latency * 1e6)
                wrong += ADDRESS not in answer or answer[3] & 15 != 0
    unanswered = number - len(latencies)
    return {"latencies": latencies + [ANSWER_SECONDS_MAX * 1e6] * unanswered, "unanswered": unanswered, "wrong": wrong}


def measured(port, seconds, rate, shared, results):
    """honest() in a process of its own, ahead of abusers that share its core."""
    if not shared:
        os.sched_setaffinity(0, {machine.OTHER_CPU})
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    results.put(honest(port, seconds, rate))


def ask_honestly(server, seconds, chosen):
    """What honest() found, and samples of the server's resident memory meanwhile. Less of both if the server ends."""
    results = multiprocessing.Queue()
    process = multiprocessing.Process(target=measured, args=(server.port, seconds, chosen.rate, chosen.shared, results))
    process.start()
    memory = [resident_octets(server.process.pid)]
    while True:
        try:
            found = results.get(timeout=SAMPLE_SECONDS)
            break
        except queue.Empty:
            if server.process.poll() is not None:
                process.kill()
                found = None
                break
            memory.append(resident_octets(server.process.pid))
    process.join()
    return found, memory


def resident_octets(process):
    return int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def abuse(what, ports, shared, ended, done, closed):
    """Over and over; counts the calls that came to an end, and those that the server cut short."""
    if not shared:
        os.sched_setaffinity(0, {machine.OTHER_CPU})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while not ended.is_set():
        try:
            what(ports)
            done.value += 1
        except (OSError, ValueError):
            closed.value += 1
            # A server that refuses connections is asked again, not hammered: it is one client.
            time.sleep(0.01)


def visit(server, ended, counts):
    """Asks over each transport, on connections that are kept and, once in a while, new."""
    connections = {name: exchanges.Kept(server, name) for name in counts}
    rounds = 0
    while not ended.is_set():
        rounds += 1
        for name, (right, wrong, missing) in counts.items():
            [answer] = connections[name].ask_all([servers.make_query(NAME)])
            count = missing if isinstance(answer, str) else right if ADDRESS in answer else wrong
            count.value += 1
            if rounds % VISITS_OF_A_CONNECTION == 0:
                connections[name].close()
        time.sleep(0.05)


def run(chosen):
    with tempfile.TemporaryDirectory(prefix="atlas-abuse-") as folder:
        zone = pathlib.Path(folder) / "zone"
        zone.write_text(ZONE)
        with contextlib.ExitStack() as stack:
            if not chosen.shared:
                stack.enter_context(machine.everything_else_off(machine.SERVER_CPU))
            return measure(stack.enter_context(servers.running(Server, {"a.test.": zone})), chosen)


def measure(server, chosen):
    process = server.process.pid
    still_answers(server)
    if not chosen.shared:
        machine.pin_atlas(process)
    quiet, memory_before = ask_honestly(server, chosen.quiet_seconds, chosen)
    ended = multiprocessing.Event()
    clients = {}
    visits = {name: [multiprocessing.Value("Q", 0) for _ in range(3)] for name in exchanges.TRANSPORTS}
    visitor = multiprocessing.Process(target=visit, args=(server, ended, visits))
    visitor.start()
    for what in (*abusers.ALL, *quic_abusers.ALL):
        counts = (multiprocessing.Value("Q", 0), multiprocessing.Value("Q", 0))
        client = multiprocessing.Process(target=abuse, args=(what, server.ports, chosen.shared, ended, *counts))
        client.start()
        clients[what.__name__] = (client, *counts)
    worker_before = worker_seconds(process)
    try:
        abused, memory = ask_honestly(server, chosen.seconds, chosen)
    finally:
        ended.set()
        for client in (visitor, *(client for client, _, _ in clients.values())):
            client.join(4 * abusers.SECONDS_MAX)
            client.kill()
    result = {
        "seconds": chosen.seconds,
        "rate_per_second": chosen.rate,
        "quiet": summary(quiet),
        "abusers": {name: {"done": done.value, "ended_by_server": closed.value} for name, (_, done, closed) in clients.items()},
        "lives": abused is not None and server.process.poll() is None,
    }
    if result["lives"]:
        worker = [after - before for after, before in zip(worker_seconds(process), worker_before)]
        time.sleep(CLEAR_SECONDS)
        result |= {
            "abused": summary(abused),
            "visits": {name: dict(zip(("right", "wrong", "missing"), (count.value for count in counts))) for name, counts in visits.items()},
            "worker_cpu_s": round(worker[0], 2),
            "worker_waited_s": round(worker[1], 2),
            "memory_octets": memory_summary(memory_before, memory, resident_octets(process)),
            "memory_samples_mb": [round(octets / 1e6) for octets in memory[:: max(1, len(memory) // SAMPLES_SHOWN)]],
            "answers_over": still_answers(server),
        }
        result["ratio_p99"] = round(result["abused"]["p99_us"] / result["quiet"]["p99_us"], 2)
    server.stop()
    result["exit_status"] = server.process.returncode
    result["sanitizers_silent"] = servers.SANITIZERS.search(server.log()) is None
    if not (result["lives"] and result["exit_status"] == 0 and result["sanitizers_silent"]):
        print(server.log(), file=sys.stderr)
    return result


def memory_summary(before, during, after):
    """Medians of a tenth of the samples at the beginning, around the middle and at the end."""
    tenth = max(1, len(during) // 10)
    middle = (len(during) - tenth) // 2
    parts = {"before": before[-tenth:], "begin": during[:tenth], "middle": during[middle : middle + tenth], "end": during[-tenth:]}
    return {name: round(statistics.median(samples)) for name, samples in parts.items()} | {"after": after}


def worker_seconds(process):
    """(CPU time, time spent waiting for a core) of the worker: what others of the machine took from it shows in the latter."""
    worker = next(task for task, name in machine.threads(process) if name.startswith("worker"))
    used, waited, _ = pathlib.Path(f"/proc/{process}/task/{worker}/schedstat").read_text().split()
    return int(used) / 1e9, int(waited) / 1e9


def still_answers(server):
    """The transports that give the right answer."""
    good = []
    for name, connect in exchanges.TRANSPORTS.items():
        try:
            connection = connect(server)
            if ADDRESS in connection.ask(servers.make_query(NAME)):
                good.append(name)
            connection.close()
        except OSError as error:
            print(f"{name}: {error}", file=sys.stderr)
    return good


def summary(found):
    if found is None:
        return None
    cuts = statistics.quantiles(found["latencies"], n=1000)
    return {
        "answered": len(found["latencies"]) - found["unanswered"],
        "unanswered": found["unanswered"],
        "wrong": found["wrong"],
        "p50_us": round(cuts[499], 1),
        "p99_us": round(cuts[989], 1),
        "p999_us": round(cuts[998], 1),
    }


def is_good(result, chosen):
    if not (result["lives"] and result["exit_status"] == 0 and result["sanitizers_silent"]):
        return False
    abused, memory, growth_octets_max = result["abused"], result["memory_octets"], chosen.growth_max * 1e6
    return (
        result["answers_over"] == list(exchanges.TRANSPORTS)
        and abused["wrong"] == 0
        and all(is_served(visits, chosen) for visits in result["visits"].values())
        and abused["unanswered"] <= chosen.unanswered_max * (abused["answered"] + abused["unanswered"])
        and (chosen.shared or result["ratio_p99"] <= chosen.ratio_max)
        and memory["after"] - memory["before"] <= growth_octets_max
        and memory["end"] - memory["middle"] <= growth_octets_max / 4
    )


def is_served(visits, chosen):
    return visits["wrong"] == 0 and visits["right"] > 0 and visits["missing"] <= chosen.refused_max * sum(visits.values())


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seconds", type=float, default=1800)
    options.add_argument("--quiet-seconds", type=float, default=20)
    options.add_argument("--rate", type=float, default=1000, help="honest queries a second")
    options.add_argument("--ratio-max", type=float, default=3, help="p99 under abuse to p99 in quiet")
    options.add_argument("--unanswered-max", type=float, default=1e-4, help="share of the honest queries")
    options.add_argument("--refused-max", type=float, default=0.05, help="share of the honest queries over each transport")
    options.add_argument("--growth-max", type=float, default=64, help="MB of memory")
    options.add_argument("--shared", action="store_true", help="leave other processes where they are, and judge no times")
    chosen = options.parse_args()
    result = run(chosen)
    print(json.dumps(result, indent=1))
    return 0 if is_good(result, chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
