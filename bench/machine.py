"""What benchmarks share: cores, a quiet machine, the load generator, results."""

import contextlib
import ipaddress
import json
import os
import pathlib
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

import encrypted_servers  # noqa: E402, F401: for the benchmarks
import restore_cores  # noqa: E402
import servers  # noqa: E402

SERVER_CPU, OTHER_CPU = 0, 1
# A server that used less of its core than this while it was watched is idle.
IDLE_SHARE = 0.04
IDLE_SECONDS = 0.5
SETTLE_SECONDS_MAX = 120
# Between two questions of a start: what the clock is wrong by.
PAUSE_SECONDS = 0.005
CONNECTIONS_PER_PROCESS = 5000
# Before the command of a generator that keeps an even rate: it must not wait behind what it shares its core with.
IN_TIME = ["chrt", "--fifo", "10"]
SENT_SHARE_MIN = 0.99
RRTYPES = {"A": 1, "MX": 15, "TXT": 16, "AAAA": 28}
# Some load millions of records, beside others.
servers.Server.start_seconds = 600


def on_cpu(cpu, command):
    return ["taskset", "--cpu-list", str(cpu), *command]


@contextlib.contextmanager
def everything_else_off(cpu, root=None):
    """Moves every process of the machine (or `root` and all below it) to the other cores until the block ends. Agents that walk all
    sockets would otherwise be measured with the server, and they have more to walk when connections are open. What they start
    meanwhile inherits that; at the end all have their cores back, even if the benchmark is killed: another process sees to it."""
    # The end comes when the benchmark is told to stop, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    before = restore_cores.affinities(root)
    moved = {thread: cores for thread, cores in before.items() if cpu in cores and len(cores) > 1}
    keeper = subprocess.Popen(
        [sys.executable, restore_cores.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    task = {"benchmark": os.getpid(), "cpu": cpu, "root": root, "known": list(before)}
    task["moved"] = {thread: sorted(cores) for thread, cores in moved.items()}
    keeper.stdin.write(json.dumps(task) + "\n")
    keeper.stdin.flush()
    if keeper.stdout.readline() != "ready\n":
        raise RuntimeError("nobody would give the cores back")
    restore_cores.set_affinities({thread: cores - {cpu} for thread, cores in moved.items()})
    try:
        yield
    finally:
        # What the benchmark forked may hold the pipe open: a word ends the wait, too.
        keeper.stdin.write("end\n")
        keeper.stdin.close()
        keeper.wait()


def threads(process):
    """(id, name) of each thread of a process."""
    tasks = pathlib.Path(f"/proc/{process}/task")
    return [(int(task.name), (task / "comm").read_text().strip()) for task in tasks.iterdir()]


def pin_atlas(process):
    """The worker on the server's core; control and log threads on the other."""
    workers = [name for _, name in threads(process) if name.startswith("worker")]
    if not workers:
        raise RuntimeError(f"no worker thread found among {threads(process)}")
    for task, name in threads(process):
        os.sched_setaffinity(task, {SERVER_CPU if name.startswith("worker") else OTHER_CPU})


def peers(only, among=servers.SPEED_PEERS):
    """The classes of the peers that are installed; of those named, if names are given."""
    wanted = [peer for peer in among if only is None or peer.name in only]
    for peer in wanted:
        if not peer.is_installed():
            print(f"{peer.name} is not installed and is left out", file=sys.stderr)
    return [peer for peer in wanted if peer.is_installed()]


def interleaved(names, rounds, measure):
    """What measure(name) returned in each round, by name. Noise of the machine comes over all of them alike."""
    found = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            found[name].append(measure(name))
            print(f"{number + 1}/{rounds} {name}: {found[name][-1]}", file=sys.stderr, flush=True)
    return found


def median(rounds, key):
    return statistics.median(one[key] for one in rounds)


def settle(process):
    """Waits until a process and its children have nothing more to do, such as zones that they load behind their first answers."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    before = sum(cpu_seconds(process))
    while time.monotonic() < deadline:
        time.sleep(IDLE_SECONDS)
        now = sum(cpu_seconds(process))
        if now - before < IDLE_SHARE * IDLE_SECONDS:
            return
        before = now
    raise RuntimeError(f"process {process} is still busy after {SETTLE_SECONDS_MAX} s")


def last_host(zone):
    """A query for the last address of a file of the zone bench.test, and that address. All of the file is read: then it is in the
    page cache."""
    tail = b""
    with open(zone, "rb") as file:
        while piece := file.read(1 << 20):
            tail = (tail + piece)[-4096:]
    name, _, address = next(line for line in reversed(tail.decode("ascii").splitlines()) if " A " in line).split()
    return servers.make_query(f"{name}.bench.test."), ipaddress.ip_address(address).packed


def launch_until_answer(server, last, prefix=()):
    """Launches a server: seconds, and CPU seconds of it and its children, until it gives the answer that last_host() knows."""
    query, address = last
    begun = time.monotonic()
    server.launch(prefix)
    server.wait_for_answer(query, lambda answer: answer[3] & 0x0F == 0 and address in answer, PAUSE_SECONDS)
    return {"seconds": time.monotonic() - begun, "cpu_s": sum(cpu_seconds(server.process.pid))}


def udp_load(port, queries, seconds, rate=None):
    """What atlas-load reports. In a closed loop without a rate, in an open one with it."""
    if not rate:
        return load([], "udp", port, queries, seconds)
    found = load(IN_TIME, "udp", port, queries, seconds, rate)
    require_whole(found, seconds, rate)
    return found


def require_whole(found, seconds, rate):
    """Raises if a generator was held up: it did not measure what it should."""
    if found["sent"] < SENT_SHARE_MIN * rate * seconds:
        raise RuntimeError(f"{found['sent']} queries were sent instead of {rate * seconds:.0f}: the generator was held up")


def stream_load(transport, port, queries, seconds, connections, pending):
    """What atlas-load reports: `pending` queries wait on each of `connections`."""
    return load([], transport, port, queries, seconds, connections, pending)


def handshake_load(transport, port, queries, seconds, resumed, concurrent):
    """What atlas-load reports of connections with a query each, so many at a time."""
    return load([], f"{transport}-resumptions" if resumed else f"{transport}-handshakes", port, queries, seconds, concurrent)


def load(first, transport, port, queries, *words):
    command = [servers.atlas_program("atlas-load"), transport, f"127.0.0.1:{port}", str(queries), *map(str, words)]
    done = subprocess.run(on_cpu(OTHER_CPU, first + command), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def ask_all(ask, questions):
    """One run of ask(seconds) over a file of so many questions in which every one of it is answered."""
    seconds = 2
    while (answered := ask(seconds)["answered"]) < questions:
        seconds *= max(1.5, 1.2 * questions / max(answered, 1))


@contextlib.contextmanager
def clients(*words, first=()):
    """Clients of atlas-load that are connected, until the block ends."""
    command = on_cpu(OTHER_CPU, [*first, servers.atlas_program("atlas-load"), *words])
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if process.stdout.readline().strip() != "ready":
        raise RuntimeError(f"{' '.join(words)} did not connect")
    try:
        yield
    finally:
        process.stdin.close()
        process.wait(30)


@contextlib.contextmanager
def idle_clients(transport, port, count, first=()):
    """So many connections that say nothing, from several processes, until the block ends."""
    with contextlib.ExitStack() as stack:
        for begin in range(0, count, CONNECTIONS_PER_PROCESS):
            number = min(CONNECTIONS_PER_PROCESS, count - begin)
            stack.enter_context(clients(f"{transport}-idle", f"127.0.0.1:{port}", str(number), first=first))
        yield


def cost_under_load(server, ask, seconds):
    """A server, all of it on its core, under ask(seconds): queries a second, CPU a query, what went wrong."""
    process = server.process.pid
    for each in processes(process):
        for task, _ in threads(each):
            os.sched_setaffinity(task, {SERVER_CPU})
    settle(process)
    ask(1)
    before = cpu_seconds(process)
    result = ask(seconds)
    after = cpu_seconds(process)
    user, system = after[0] - before[0], after[1] - before[1]
    answered = max(result["answered"], 1)
    return {
        "per_second": result["per_second"],
        "attempted_per_second": result["sent"] / result["seconds"],
        "user_ns": user / answered * 1e9,
        "system_ns": system / answered * 1e9,
        "busy": (user + system) / result["seconds"],
        "wrong": result["wrong"],
        "unanswered": result["sent"] - result["answered"],
    }


def sampled_answers(port, queries, count=200):
    """(RCODE, answer records) of queries that are spread evenly over a file of them, for comparing servers."""
    lines = queries.read_text().splitlines()
    found = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(2)
        asker.connect(("127.0.0.1", port))
        for line in lines[:: max(1, len(lines) // count)]:
            name, rrtype = line.split()
            asker.send(servers.make_query(name, RRTYPES[rrtype]))
            answer = asker.recv(4096)
            found[line] = (answer[3] & 0x0F, int.from_bytes(answer[6:8], "big"))
    return found


def cpu_seconds(process):
    """(user, system) of a process and its children, all threads, in seconds."""
    tick = os.sysconf("SC_CLK_TCK")
    user = system = 0
    for folder in processes(process):
        fields = (pathlib.Path("/proc") / str(folder) / "stat").read_text().rsplit(")", 1)[1].split()
        user += int(fields[11])
        system += int(fields[12])
    return user / tick, system / tick


def processes(process):
    """A process and all below it."""
    found = [process]
    for parent in found:
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
        found += [int(child) for child in children.read_text().split()]
    return found


def memory_octets(process):
    """(proportional set size now, largest resident set so far of any one) of a process and its children."""
    proportional = peak = 0
    for each in processes(process):
        rollup = pathlib.Path(f"/proc/{each}/smaps_rollup").read_text()
        proportional += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        status = pathlib.Path(f"/proc/{each}/status").read_text()
        peak = max(peak, next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")))
    return proportional * 1024, peak * 1024


def established(port):
    """How many connections of TCP this machine has to a port of 127.0.0.1, on the server's side."""
    rows = [line.split() for line in open("/proc/net/tcp", encoding="ascii").readlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


class PeakMemory:
    """The most memory that a process and its children had at once, until stop(). The kernel's own mark (VmHWM) counts what
    processes share once for each, so it stands for one process alone; what several had together is looked at now and then."""

    def __init__(self, process):
        self.octets = 0
        self._process = process
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def look(self):
        # Children come and go meanwhile.
        with contextlib.suppress(OSError, StopIteration):
            self.octets = max(self.octets, *memory_octets(self._process))
        return self.octets

    def stop(self):
        self._stopped.set()
        self._thread.join()

    def _watch(self):
        while not self._stopped.wait(0.1):
            self.look()


def description():
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")),
        "unknown",
    )
    return f"{model}, {os.cpu_count()} cores, Linux {os.uname().release}"


def commit():
    return subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()


def report(name, result, save):
    """Prints a result with command, machine and commit. If asked to, keeps it in bench/results/ and docs/performance.md."""
    words = [word for word in sys.argv[1:] if word != "--save"]
    command = shlex.join(["./dev", "bench", pathlib.Path(sys.argv[0]).name, *words])
    result = {"command": command, **result, "machine": description(), "commit": commit()}
    text = json.dumps(result, indent=1)
    print(text)
    if save:
        path = ROOT / "bench" / "results" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
        subprocess.run([sys.executable, str(ROOT / "tools" / "performance_document.py")], check=True)
