"""atlasd as a process: what it tells systemd, whom it becomes, its clocks, descriptors, logs and files."""

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ZONE = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.1\n"
QUERY = servers.make_query("www.a.test")


@pytest.fixture(name="zones")
def make_zones(tmp_path):
    path = tmp_path / "a.zone"
    path.write_text(ZONE)
    return {"a.test.": path}


def with_settings(text):
    class Configured(servers.Atlas):
        def configuration(self):
            return super().configuration() + text.replace("{folder}", str(self.folder))

    return Configured


def wait_for(condition, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def ask_over(stream):
    stream.sendall(len(QUERY).to_bytes(2, "big") + QUERY)
    size = int.from_bytes(stream.recv(2), "big")
    return stream.recv(size)


def test_systemd_is_told_of_start_reload_and_stop(zones, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with servers.running(servers.Atlas, zones) as server:
            assert manager.recv(1000) == b"READY=1"
            before = time.monotonic_ns() // 1000
            server.process.send_signal(signal.SIGHUP)
            reloading = re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=(\d+)", manager.recv(1000))
            assert reloading and before <= int(reloading[1]) <= time.monotonic_ns() // 1000
            assert manager.recv(1000) == b"READY=1"
            server.process.terminate()
            assert manager.recv(1000) == b"STOPPING=1"


def test_the_pid_file_is_there_while_the_server_is(zones):
    class Filed(servers.Atlas):
        def configuration(self):
            return super().configuration().replace("server:\n", f'server:\n  pid-file: "{self.folder}/pid"\n')

    with servers.running(Filed, zones) as server:
        pid_file = server.folder / "pid"
        assert int(pid_file.read_text()) == server.process.pid
        server.process.terminate()
        assert server.process.wait(5) == 0
        assert not pid_file.exists()


def test_wall_clock_is_for_logs_and_monotonic_clock_for_limits(zones, tmp_path, monkeypatch):
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed")
    if "libasan" in subprocess.run(["ldd", servers.atlas_program("atlasd")], capture_output=True, text=True).stdout:
        pytest.skip("AddressSanitizer wants to be loaded before faketime")
    library = subprocess.run(["faketime", "-m", "-f", "+0", "sh", "-c", "echo $LD_PRELOAD"], capture_output=True, text=True, check=True)
    offset = tmp_path / "offset"
    offset.write_text("+3650d\n")
    log = tmp_path / "log"

    class Faked(with_settings(f'log: {{destination: file, file: "{log}"}}\ntcp: {{idle: 30s}}\n')):
        def command(self):
            variables = {
                "LD_PRELOAD": library.stdout.strip(),
                "FAKETIME_TIMESTAMP_FILE": str(offset),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
            return ["env", *(f"{name}={value}" for name, value in variables.items()), *super().command()]

    def years():
        return [int(line[:4]) for line in log.read_text().splitlines()]

    now = time.gmtime().tm_year
    with servers.running(Faked, zones) as server:
        assert all(year in (now + 9, now + 10) for year in years())
        with socket.create_connection(("127.0.0.1", server.port), 5) as client:
            assert ask_over(client)[:2] == QUERY[:2]
            offset.write_text("+7300d\n")
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: any(year in (now + 19, now + 20) for year in years()))
            # Ten years are no idle time.
            assert ask_over(client)[:2] == QUERY[:2]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_without_descriptors_accepting_pauses_and_never_spins(zones):
    with servers.running(servers.Atlas, zones) as server:
        pid = server.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        open_now = len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now, limits[1]))
        clients = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(5)]
        before = cpu_seconds(pid)
        time.sleep(2)
        assert cpu_seconds(pid) - before < 0.4
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(5)
            udp.sendto(QUERY, ("127.0.0.1", server.port))
            assert udp.recv(1000)[:2] == QUERY[:2]
        # Many pauses, one event.
        assert server.log().count("ATLAS-ACCEPT-PAUSED") == 1
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        for client in clients:
            assert ask_over(client)[:2] == QUERY[:2]
            client.close()


def test_a_reload_changes_what_the_log_takes_and_where_it_goes(zones, tmp_path):
    class Logged(servers.Atlas):
        log_settings = "level: info"

        def configuration(self):
            return super().configuration() + f"log: {{{self.log_settings}}}\n"

        def reload(self, settings):
            self.log_settings = settings
            (self.folder / "atlas.yaml").write_text(self.configuration())
            command = [servers.atlas_program("atlasctl"), "reload", "--socket", self.folder / "control.sock"]
            subprocess.run(command, check=True, capture_output=True)

    file = tmp_path / "log"
    with servers.running(Logged, zones) as server:
        assert ("ATLAS-RUNS-AS-ROOT" in server.log()) == (os.geteuid() == 0)
        server.reload(f'destination: file, file: "{file}", level: debug')
        wait_for(lambda: file.exists() and "ATLAS-RELOAD-DONE" in file.read_text())
        assert re.search("ATLAS-LOG-LEVEL-CHANGED log level is now debug, set by uid=", file.read_text()), file.read_text()
        written = len(server.log())
        server.reload(f'destination: file, file: "{file}", level: error')
        server.process.terminate()
        assert server.process.wait(5) == 0
        # Neither the reload nor the stop is an error.
        assert file.read_text().count("ATLAS-CONFIG-RELOADED") == 1 and "ATLAS-SERVER-STOPPING" not in file.read_text()
        assert len(server.log()) == written


def test_json_log_has_known_ids_and_is_reopened(zones):
    settings = 'log: {format: json, destination: file, file: "{folder}/log"}\n'
    known = set(re.findall(r"^\| `(ATLAS-[A-Z-]+)`", (ROOT / "api/events.md").read_text(), re.MULTILINE))
    with servers.running(with_settings(settings), zones) as server:
        log = server.folder / "log"
        log.rename(server.folder / "log.1")
        server.process.send_signal(signal.SIGUSR1)
        wait_for(log.exists)
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "ATLAS-RELOAD-DONE" in log.read_text())
        lines = ((server.folder / "log.1").read_text() + log.read_text()).splitlines()
    events = [json.loads(line) for line in lines]
    assert {"ATLAS-SERVER-READY", "ATLAS-LOG-REOPENED"} <= {event["event"] for event in events} <= known
    assert all(event["level"] in ("debug", "info", "warning", "error") and event["message"] for event in events)


def test_a_secret_is_shown_nowhere(zones, tmp_path):
    secret = "0123456789abcdef0123456789abcdef"
    (tmp_path / "secret").write_text(secret + "\n")
    settings = f'cookies: {{secret-file: "{tmp_path}/secret"}}\nlog: {{level: debug, destination: file, file: "{{folder}}/log"}}\n'
    with servers.running(with_settings(settings), zones) as server:
        shown = subprocess.run(
            [servers.atlas_program("atlasctl"), "config", "show", "--socket", str(server.folder / "control.sock")],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        log = (server.folder / "log").read_text()
    assert yaml.safe_load(shown)["cookies"]["secret-file"] == f"{tmp_path}/secret"
    assert secret not in shown and secret not in log


def test_control_gives_way_to_workers(zones):
    with servers.running(servers.Atlas, zones) as server:
        niceness = {}
        for task in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
            niceness[(task / "comm").read_text().strip()] = os.getpriority(os.PRIO_PROCESS, int(task.name))
        workers = {nice for name, nice in niceness.items() if name.startswith("worker-")}
        assert workers == {os.getpriority(os.PRIO_PROCESS, 0)}
        assert os.getpriority(os.PRIO_PROCESS, server.process.pid) > max(workers)
        assert niceness["courier"] > max(workers)
        assert os.sched_getscheduler(server.process.pid) == os.SCHED_BATCH


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give it up")
def test_root_is_given_up_and_port_53_still_opened():
    """In a network of its own: port 53, an address that a reload adds, and one that the machine gets later."""
    with tempfile.TemporaryDirectory(prefix="atlas-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        (folder / "a.zone").write_text(ZONE)
        (folder / "state").mkdir()
        shutil.chown(folder / "state", "nobody", "nogroup")
        config = folder / "atlas.yaml"
        settings = {
            "config": 1,
            "server": {"user": "nobody", "workers": 1},
            "listen": ["127.0.0.1:53", "192.0.2.53:53"],
            "paths": {"state": str(folder / "state")},
            "control": {"socket": str(folder / "control.sock")},
            "zones": [{"zone": "a.test", "file": "a.zone"}],
        }
        config.write_text(yaml.safe_dump(settings))
        start = f"ip link set lo up && exec {pathlib.Path(servers.atlas_program('atlasd')).resolve()} --config {config}"
        process = subprocess.Popen(["unshare", "--net", "sh", "-c", start])

        def inside(*command):
            return subprocess.run(["nsenter", f"--net=/proc/{process.pid}/ns/net", *command], capture_output=True, text=True)

        def answers(address):
            tool = str(pathlib.Path(servers.atlas_program("atlasctl")).resolve())
            return inside(tool, "query", f"@{address}", "www.a.test", "+short", "+tries=1", "+time=1").stdout.strip() == "192.0.2.1"

        try:
            wait_for(lambda: answers("127.0.0.1"))
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            nobody = subprocess.run(["id", "-u", "nobody"], capture_output=True, text=True, check=True).stdout.strip()
            assert re.search(r"^Uid:\s+(.*)$", status, re.MULTILINE)[1].split() == [nobody] * 4
            # CAP_NET_BIND_SERVICE, and nothing else.
            assert int(re.search(r"^CapEff:\s+(\w+)$", status, re.MULTILINE)[1], 16) == 1 << 10
            assert not answers("192.0.2.53")
            inside("ip", "address", "add", "192.0.2.53/32", "dev", "lo")
            wait_for(lambda: answers("192.0.2.53"))
            settings["listen"].append("127.0.0.2:53")
            config.write_text(yaml.safe_dump(settings))
            process.send_signal(signal.SIGHUP)
            wait_for(lambda: answers("127.0.0.2"))
        finally:
            process.terminate()
            assert process.wait(5) == 0


def test_answers_come_from_the_address_that_was_asked(zones):
    class Anywhere(servers.Atlas):
        def configuration(self):
            text = re.sub(r"listen:\n.*\n.*\n", f'listen: ["0.0.0.0:{self.port}", "[::]:{self.port}"]\n', super().configuration())
            assert "0.0.0.0" in text
            return text

    with servers.running(Anywhere, zones) as server:
        for address in ("127.0.0.1", "127.0.0.2", "127.77.0.9", "::1"):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as client:
                client.settimeout(5)
                client.sendto(QUERY, (address, server.port))
                answer, source = client.recvfrom(1000)
                assert source[0] == address and answer[:2] == QUERY[:2]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_scripts_of_their_shell(shell, tmp_path):
    script = subprocess.run([servers.atlas_program("atlasctl"), "completion", shell], capture_output=True, text=True, check=True).stdout
    assert "check-zone" in script and "--strict" in script and "+nodnssec" in script
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(script)
    subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)
    if shell == "bash":
        for words, offered in {"check-zone --s": "--strict", "zone de": "delete deleted", "rrset set --t": "--ttl", "che": "check-zone check-config"}.items():
            count = len(words.split())
            ask = f"source {tmp_path}/script; COMP_WORDS=(atlasctl {words}); COMP_CWORD={count}; _atlasctl; echo ${{COMPREPLY[@]}}"
            assert subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True).stdout == offered + "\n"
