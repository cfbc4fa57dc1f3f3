"""Zone images: the next start takes them, and does without them where they are not what they should be."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402

ZONE = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\nwww A {address}\n"


def run_once(zones, folder):
    """Starts a server whose state is in `folder`, and stops it when all zones are loaded; returns its log."""
    folder.mkdir(exist_ok=True)
    with servers.running(servers.Atlas, zones, folder) as server:
        deadline = time.monotonic() + 20
        while "ATLAS-SERVER-READY" not in server.log():
            assert time.monotonic() < deadline
            time.sleep(0.01)
    return server.log()


def sources(log):
    """How many zones were read from text, and how many from images."""
    return len(re.findall("records from text", log)), len(re.findall("records from its image", log))


@pytest.fixture
def zones(tmp_path):
    paths = {}
    for name in ("a.test.", "b.test."):
        paths[name] = tmp_path / f"{name}zone"
        paths[name].write_text(ZONE.format(address="192.0.2.1"))
    time.sleep(0.05)  # younger files are read again
    return paths


def test_the_next_start_reads_images_of_what_has_not_changed(zones, tmp_path):
    assert sources(run_once(zones, tmp_path / "run")) == (2, 0)
    assert sources(run_once(zones, tmp_path / "run")) == (0, 2)
    zones["b.test."].write_text(ZONE.format(address="192.0.2.2"))
    assert sources(run_once(zones, tmp_path / "run")) == (1, 1)


@pytest.mark.parametrize("damage", ["octet", "end", "other"])
def test_a_damaged_image_is_read_from_text_with_the_reason(zones, tmp_path, damage):
    run_once(zones, tmp_path / "run")
    image = tmp_path / "run/state/images/a.test.image"
    octets = bytearray(image.read_bytes())
    octets[-20] ^= 1
    image.write_bytes({"octet": octets, "end": octets[:-1], "other": b"text"}[damage])
    log = run_once(zones, tmp_path / "run")
    assert sources(log) == (1, 1)
    reason = {"octet": "a checksum differs", "end": "not what its head says", "other": "too short for a zone image"}[damage]
    assert re.search(f"WARNING ATLAS-IMAGE-DAMAGED zone a.test. is read from text: .*a.test.image: .*{reason}", log), log
    assert sources(run_once(zones, tmp_path / "run")) == (0, 2)


def test_a_full_disk_leaves_serving_from_memory():
    """The state directory is a file system of its own with no room for an image."""
    with tempfile.TemporaryDirectory(prefix="atlas-") as name:
        folder = pathlib.Path(name)
        (folder / "state").mkdir()
        lines = "".join(f"n{number} TXT {'x' * 200}\n" for number in range(2000))
        (folder / "a.zone").write_text(ZONE.format(address="192.0.2.1") + lines)
        port = servers.free_port()
        settings = {
            "config": 1,
            "server": {"workers": 1},
            "listen": [f"127.0.0.1:{port}"],
            "paths": {"state": str(folder / "state")},
            "control": {"socket": str(folder / "control.sock")},
            "zones": [{"zone": "a.test", "file": str(folder / "a.zone")}],
        }
        (folder / "atlas.yaml").write_text(json.dumps(settings))
        time.sleep(0.05)
        atlasd = pathlib.Path(servers.atlas_program("atlasd")).resolve()
        mount = f"mount -t tmpfs -o size=64k none {folder}/state"
        command = ["unshare", "--mount", "sh", "-c", f"{mount} && exec {atlasd} --config {folder}/atlas.yaml"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        lines = []
        try:
            for line in process.stderr:
                lines.append(line)
                if "ATLAS-IMAGE-NOT-WRITTEN" in line or "mount:" in line:
                    break
            if "mount:" in lines[-1]:
                pytest.skip("may not mount a file system")
            assert "No space left on device" in lines[-1]
            tool = pathlib.Path(servers.atlas_program("atlasctl")).resolve()
            asked = subprocess.run(
                [tool, "query", "@127.0.0.1", f"-p{port}", "www.a.test", "+short"], capture_output=True, text=True
            )
            assert asked.stdout.strip() == "192.0.2.1"
        finally:
            process.terminate()
            process.communicate()
            assert process.returncode == 0


def test_twelve_thousand_zones_start_from_images(tmp_path):
    zones = {}
    for number in range(12_000):
        path = tmp_path / f"z{number}.zone"
        path.write_text(ZONE.format(address="192.0.2.1"))
        zones[f"z{number}.test."] = path
    time.sleep(0.05)
    folder = tmp_path / "run"
    folder.mkdir()
    with servers.running(servers.Atlas, zones, folder):
        deadline = time.monotonic() + 20
        while len(list((folder / "state/images").glob("*.image"))) < len(zones):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    log = run_once(zones, folder)
    # The log keeps a few lines of each kind a second.
    assert "records from text" not in log
    ready = re.search(r"ready after ([\d.]+) s: 12000 zones, 0 of them failed", log)
    print(f"12,000 zones ready {ready[1]} s after the start, from images")
