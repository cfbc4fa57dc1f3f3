#!/usr/bin/env python3
"""Abuses Atlas's TLS and HTTPS listeners in every way of abusers.py at once, while an honest client measures answers over UDP.

usage: abuse.py [--seconds N] [--quiet-seconds N] [--rate N] [--ratio-max N] [--growth-max MB]     (30 minutes by default)

One process for each way of abuse, on the second core with all else; the server's worker has the first. ATLAS_BIN_DIR says which build:
build/dev/bin is one under AddressSanitizer, where times mean little. Prints JSON: p50 and p99 of the honest client in quiet and under
abuse, and their ratio; memory before, and after the abuse is over and its connections are gone; how often each abuser had its way,
and how often the server ended it; whether the server lives and still answers over each transport. Exit status 1 if it does not, if an
answer was wrong, if memory grew by more than --growth-max, or if the ratio is above --ratio-max.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
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
import servers  # noqa: E402

ZONE = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.1\n"
NAME, ADDRESS = "www.a.test", bytes([192, 0, 2, 1])
ANSWER_SECONDS_MAX = 1.0  # what takes longer counts as this, and as unanswered
# In it the server drops what abusers left: connections that are idle for 10 s.
CLEAR_SECONDS = 20
SO_TIMESTAMPNS = 35  # as of asm-generic/socket.h; Python has no name for it


class Server(encrypted_servers.Atlas):
    # All clients have one address here, which a limit for each would shut out.
    def configuration(self):
        limits = "tcp: {connections-per-client-max: 20000}\n"
        return super().configuration() + "  handshakes-per-client-max: 1000\n" + limits


def honest(port, seconds, rate):
    """Latencies in microseconds, by the kernel's time of receipt, of queries at even intervals; unanswered and wrong ones."""
    query = servers.make_query(NAME)
    latencies, wrong, sent_at = [], 0, {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        client.connect(("127.0.0.1", port))
        begin = time.monotonic()
        number, end = 0, begin + seconds
        while (now := time.monotonic()) < end + ANSWER_SECONDS_MAX:
            due = begin + number / rate
            if now >= due and due < end:
                ident = number & 0xFFFF
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
                latencies.append((received + nanoseconds / 1e9 - begun) * 1e6)
                wrong += ADDRESS not in answer or answer[3] & 15 != 0
    latencies += [ANSWER_SECONDS_MAX * 1e6] * len(sent_at)
    return {"latencies": latencies, "unanswered": len(sent_at), "wrong": wrong}


def measured(port, seconds, rate, results):
    """honest() in a process of its own, ahead of abusers that share its core."""
    os.sched_setaffinity(0, {machine.OTHER_CPU})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    results.put(honest(port, seconds, rate))


def ask_honestly(port, seconds, rate):
    results = multiprocessing.Queue()
    process = multiprocessing.Process(target=measured, args=(port, seconds, rate, results))
    process.start()
    found = results.get()
    process.join()
    return found


def abuse(what, ports, ended, done, closed):
    """Over and over; counts the calls that came to an end, and those that the server cut short."""
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


def run(chosen):
    with tempfile.TemporaryDirectory(prefix="atlas-abuse-") as folder:
        zone = pathlib.Path(folder) / "zone"
        zone.write_text(ZONE)
        with machine.everything_else_off(machine.SERVER_CPU), servers.running(Server, {"a.test.": zone}) as server:
            return measure(server, chosen)


def measure(server, chosen):
    process = server.process.pid
    still_answers(server)
    machine.pin_atlas(process)
    quiet = ask_honestly(server.port, chosen.quiet_seconds, chosen.rate)
    before, _ = machine.memory_octets(process)
    ended = multiprocessing.Event()
    clients = {}
    for what in abusers.ALL:
        counts = (multiprocessing.Value("Q", 0), multiprocessing.Value("Q", 0))
        client = multiprocessing.Process(target=abuse, args=(what, server.ports, ended, *counts))
        client.start()
        clients[what.__name__] = (client, *counts)
    worker_before = worker_seconds(process)
    try:
        abused = ask_honestly(server.port, chosen.seconds, chosen.rate)
        worker = [after - before for after, before in zip(worker_seconds(process), worker_before)]
    finally:
        ended.set()
        for client, _, _ in clients.values():
            client.join(4 * abusers.SECONDS_MAX)
            client.kill()
    lives = server.process.poll() is None
    result = {
        "seconds": chosen.seconds,
        "rate_per_second": chosen.rate,
        "quiet": summary(quiet),
        "abused": summary(abused),
        "abusers": {name: {"done": done.value, "ended_by_server": closed.value} for name, (_, done, closed) in clients.items()},
        "worker_cpu_s": round(worker[0], 2),
        "worker_waited_s": round(worker[1], 2),
        "lives": lives,
        "memory_before_octets": before,
    }
    result["ratio_p99"] = round(result["abused"]["p99_us"] / result["quiet"]["p99_us"], 2)
    if lives:
        time.sleep(CLEAR_SECONDS)
        result["memory_after_octets"] = machine.memory_octets(process)[0]
        result["answers_over"] = still_answers(server)
    else:
        print(server.log(), file=sys.stderr)
    server.stop()
    result["exit_status"] = server.process.returncode
    return result


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
        except (OSError, exchanges.httpx.HTTPError) as error:
            print(f"{name}: {error}", file=sys.stderr)
    return good


def summary(found):
    cuts = statistics.quantiles(found["latencies"], n=1000)
    return {
        "answered": len(found["latencies"]) - found["unanswered"],
        "unanswered": found["unanswered"],
        "wrong": found["wrong"],
        "p50_us": round(cuts[499], 1),
        "p99_us": round(cuts[989], 1),
        "p999_us": round(cuts[998], 1),
    }


def is_good(result, ratio_max, growth_octets_max):
    return (
        result["lives"]
        and result["exit_status"] == 0
        and result["answers_over"] == list(exchanges.TRANSPORTS)
        and result["abused"]["wrong"] == 0
        and result["ratio_p99"] <= ratio_max
        and result["memory_after_octets"] - result["memory_before_octets"] <= growth_octets_max
    )


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seconds", type=float, default=1800)
    options.add_argument("--quiet-seconds", type=float, default=20)
    options.add_argument("--rate", type=float, default=1000, help="honest queries a second")
    options.add_argument("--ratio-max", type=float, default=3, help="p99 under abuse to p99 in quiet")
    options.add_argument("--growth-max", type=float, default=64, help="MB of memory")
    chosen = options.parse_args()
    result = run(chosen)
    print(json.dumps(result, indent=1))
    return 0 if is_good(result, chosen.ratio_max, chosen.growth_max * 1e6) else 1


if __name__ == "__main__":
    sys.exit(main())
