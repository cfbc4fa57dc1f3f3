"""What benchmarks share: cores, a quiet machine, the load generator, results."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import servers  # noqa: E402

SERVER_CPU, OTHER_CPU = 0, 1


def on_cpu(cpu, command):
    return ["taskset", "--cpu-list", str(cpu), *command]


@contextlib.contextmanager
def everything_else_off(cpu):
    """Moves every process of the machine to the other core until the block ends. Agents that walk all sockets would otherwise be
    measured with the server, and they have more to walk when connections are open."""
    moved = {}
    for task in pathlib.Path("/proc").glob("[0-9]*/task/[0-9]*"):
        thread = int(task.name)
        with contextlib.suppress(OSError):
            before = os.sched_getaffinity(thread)
            if cpu not in before or len(before) == 1:
                continue
            os.sched_setaffinity(thread, before - {cpu})
            moved[thread] = before
    try:
        yield
    finally:
        for thread, before in moved.items():
            with contextlib.suppress(OSError):
                os.sched_setaffinity(thread, before)


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


def udp_load(port, queries, seconds, rate=None):
    """What atlas-load reports. In a closed loop without a rate, in an open one with it."""
    command = [servers.atlas_program("atlas-load"), "udp", f"127.0.0.1:{port}", str(queries), str(seconds)]
    # At an even rate it must not wait behind what it shares its core with: it would measure that.
    first = ["chrt", "--fifo", "10"] if rate else []
    command = on_cpu(OTHER_CPU, first + command + ([str(rate)] if rate else []))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


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
    """(proportional set size now, largest resident set so far) of a process and its children."""
    proportional = peak = 0
    for each in processes(process):
        rollup = pathlib.Path(f"/proc/{each}/smaps_rollup").read_text()
        proportional += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        status = pathlib.Path(f"/proc/{each}/status").read_text()
        peak += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return proportional * 1024, peak * 1024


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
    """Prints a result with machine and commit, and keeps it in bench/results/ if asked to."""
    result = {**result, "machine": description(), "commit": commit()}
    text = json.dumps(result, indent=1)
    print(text)
    if save:
        path = ROOT / "bench" / "results" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
