"""atlasctl zone, rrset, change and key, as people and scripts use them."""

import datetime
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import control_api  # noqa: E402
import servers  # noqa: E402

FILE_ZONE = "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 300\n@ NS ns\nns A 127.0.0.1\n"
SECONDS_MAX = 60


class Atlasctl:
    """Runs atlasctl on one server; calling it gives what it printed, and asserts its exit status."""

    def __init__(self, socket_path):
        self.environment = {**os.environ, "ATLAS_SOCKET": str(socket_path), "TZ": "UTC"}

    def run(self, *words, stdin=None):
        command = [servers.atlas_program("atlasctl"), *words]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, env=self.environment, timeout=SECONDS_MAX)

    def __call__(self, *words, status=0, stdin=None):
        done = self.run(*words, stdin=stdin)
        assert done.returncode == status, done.stderr + done.stdout
        assert not servers.SANITIZERS.search(done.stderr), done.stderr
        return done.stdout if status == 0 else done.stderr

    def on_terminal(self, *words, typed):
        """Output and exit status on a terminal where someone types."""
        master, slave = pty.openpty()
        environment = {**self.environment, "TERM": "xterm"}
        command = [servers.atlas_program("atlasctl"), *words]
        process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        os.write(master, typed.encode())
        output, deadline = b"", time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline and select.select([master], [], [], 1)[0] or process.poll() is None:
            try:
                piece = os.read(master, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            output += piece
        os.close(master)
        return output.decode().replace("\r\n", "\n"), process.wait(SECONDS_MAX)


@pytest.fixture(scope="module", name="server")
def shared_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zones")
    (folder / "file.zone").write_text(FILE_ZONE)
    with servers.running(servers.Atlas, {"file.test.": folder / "file.zone"}) as server:
        yield server


@pytest.fixture(name="atlasctl")
def make_atlasctl(server):
    return Atlasctl(server.folder / "control.sock")


@pytest.fixture(name="zone")
def make_zone(atlasctl, request):
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:60].strip("-") + ".test."
    atlasctl("zone", "create", name, "--file", "-", stdin=control_api.ZONE)
    return name


def change_of(output):
    return re.search(r"by change (\d+):", output)[1]


def test_a_zone_is_made_listed_and_shown(atlasctl):
    assert atlasctl("zone", "create", "new.test", "--file", "-", "--dry-run", stdin=control_api.ZONE) == (
        "nothing was done: zone new.test. could be made with serial 1 and 6 records\n"
    )
    made = atlasctl("zone", "create", "new.test", "--file", "-", "--reason", "a test", stdin=control_api.ZONE)
    assert made == "zone new.test. is served with serial 1 and 6 records\n"
    listed = atlasctl("zone", "list").splitlines()
    assert any(re.fullmatch(r"new\.test\. +primary +serving +1 +6", line) for line in listed), listed
    assert any(re.fullmatch(r"file\.test\. +file +serving +1 +3", line) for line in listed), listed
    assert "file.test." not in atlasctl("zone", "list", "--kind", "primary")
    assert json.loads(atlasctl("zone", "list", "--json", "--kind", "file"))["total"] == 1
    shown = atlasctl("zone", "show", "new.test")
    assert re.search(r"^kind +primary", shown, re.M) and re.search(r"^made +20\d\d-.* by user:", shown, re.M)
    shown = atlasctl("zone", "show", "file.test")
    assert re.search(r"^configured at +/.*atlas\.yaml:\d+$", shown, re.M)
    error = atlasctl("zone", "create", "new.test", "--file", "-", status=1, stdin=control_api.ZONE)
    assert error == "atlasctl: error: there is a zone new.test. already\n"


def test_a_zone_is_made_of_names(atlasctl):
    words = ["--primary-ns", "ns1.plain.test", "--address", "192.0.2.1", "--address", "2001:db8::1", "--contact", "admin@plain.test"]
    atlasctl("zone", "create", "plain.test", *words, "--policy", "grant k. zonesub A", "--zonemd", "sha384")
    assert "ns1.plain.test." in atlasctl("rrset", "list", "plain.test", "NS")
    assert "grant k. zonesub A" in atlasctl("zone", "show", "plain.test")
    error = atlasctl("zone", "create", "none.test", status=1)
    assert error.startswith("atlasctl: error: a zone is made of --file, or of --primary-ns and --contact\n")


def test_a_wrong_text_is_shown_with_its_line(atlasctl, tmp_path):
    path = tmp_path / "bad.zone"
    path.write_text(control_api.ZONE + "x A 192.0.2.300\n")
    error = atlasctl("zone", "create", "bad.test", "--file", str(path), status=1)
    assert f'{path}:8:5: error: "192.0.2.300" is not an IPv4 address' in error
    assert "8 | x A 192.0.2.300" in error and "hint:" in error


def test_an_rrset_is_set_listed_and_taken_back(atlasctl, zone):
    www = f"www.{zone}"
    output = atlasctl("rrset", "set", www, "A", "192.0.2.1", "192.0.2.9", "--ttl", "5m", "--reason", "moved")
    lines = output.splitlines()
    assert re.fullmatch(rf"{zone} has serial 2 by change \d+: records 2 removed, 2 added", lines[0]), output
    assert lines[1:] == [
        f"- {zone} 300 IN SOA ns.{zone} admin.{zone} 1 7200 3600 1209600 300",
        f"+ {zone} 300 IN SOA ns.{zone} admin.{zone} 2 7200 3600 1209600 300",
        f"- {www} 300 IN A 192.0.2.2",
        f"+ {www} 300 IN A 192.0.2.9",
    ]
    listed = atlasctl("rrset", "list", www)
    assert [line.split() for line in listed.splitlines()] == [[www, "300", "A", "192.0.2.1"], [www, "300", "A", "192.0.2.9"]]
    assert len(atlasctl("rrset", "list", zone).splitlines()) == 6
    assert len(atlasctl("rrset", "list", zone, "--only").splitlines()) == 2
    assert atlasctl("rrset", "set", www, "A", "192.0.2.1", "192.0.2.9") == f"{zone} is so already, with serial 2\n"
    change = change_of(output)
    shown = atlasctl("change", "show", change)
    assert re.search(r"^reason +moved$", shown, re.M) and re.search(r"^serial +1 to 2$", shown, re.M)
    assert "\n".join(lines[1:]) in shown
    undone = atlasctl("rrset", "undo", www, "A")
    assert f"- {www} 300 IN A 192.0.2.9\n" in undone and f"+ {www} 300 IN A 192.0.2.2\n" in undone
    listed = atlasctl("change", "list", zone).splitlines()
    assert len(listed) == 2 and f"undoes {change}" in listed[0] and listed[1].endswith("moved")


def test_records_are_added_and_removed(atlasctl, zone):
    atlasctl("rrset", "add", f"www.{zone}", "A", "192.0.2.3")
    atlasctl("rrset", "remove", f"www.{zone}", "A", "192.0.2.1", "192.0.2.2")
    assert atlasctl("rrset", "list", f"www.{zone}").split() == [f"www.{zone}", "300", "A", "192.0.2.3"]
    error = atlasctl("rrset", "remove", f"www.{zone}", "A", "192.0.2.1", status=4)
    assert error == f"atlasctl: error: there is no record www.{zone} A 192.0.2.1\n"
    atlasctl("rrset", "remove", f"www.{zone}", "A")
    assert atlasctl("rrset", "list", f"www.{zone}") == ""
    atlasctl("rrset", "set", zone, "TXT", "v=spf1 mx -all", 'say "hello"')
    assert '"v=spf1 mx -all"' in atlasctl("rrset", "list", zone, "TXT")
    atlasctl("rrset", "add", zone, "MX", "10 mail.example.net", "20 @")
    listed = atlasctl("rrset", "list", zone, "MX")
    assert "10 mail.example.net." in listed and f"20 {zone}" in listed


def test_what_is_wrong_is_said(atlasctl, zone):
    for words, message in {
        ("rrset", "set", f"www.{zone}", "A", "1.2.3"): '"1.2.3" is no A data',
        ("rrset", "set", f"www.{zone}", "B", "1.2.3"): "there is no RR type B",
        ("rrset", "set", "www.nowhere.invalid", "A", "192.0.2.1"): "no zone here holds www.nowhere.invalid.",
        ("rrset", "set", f"www.{zone}", "A"): "usage: atlasctl rrset set NAME TYPE DATA...",
        ("rrset", "sett", f"www.{zone}"): 'there is no command "rrset sett"\nhint: did you mean set?',
        ("rrset", "set", f"www.{zone}", "A", "192.0.2.1", "--ttl", "x"): "--ttl needs seconds",
        ("zone", "show", "nowhere.invalid"): "there is no zone nowhere.invalid.",
        ("zone", "undo", zone, "--since", "soon"): "soon is no time",
        ("zone", "undo", zone, "--since", "2100-01-01"): "2100-01-01 is still to come",
        ("zone", "undo", zone): "--since is missing",
        ("change", "show", "4711000"): "there is no change 4711000",
        ("change", "show", "x"): "a number was expected, not x",
        ("key", "delete", "nobody"): "there is no key nobody.",
        ("zones",): 'there is no command "zones"\nhint: did you mean zone?',
    }.items():
        assert message in atlasctl(*words, status=1), words
    assert atlasctl("rrset", "set", f"www.{zone}", "A", "192.0.2.3", "--if-serial", "7", status=4).startswith(
        f"atlasctl: error: zone {zone} has serial 1, not 7\n"
    )
    assert "is atlasd running?" in atlasctl("zone", "list", "--socket", "/nowhere/control.sock", status=9)


def test_dry_runs_change_nothing(atlasctl, zone):
    before = atlasctl("zone", "export", zone)
    output = atlasctl("rrset", "set", f"www.{zone}", "A", "192.0.2.9", "--dry-run")
    assert output.endswith("nothing was done: records would be 3 removed, 2 added\n") and f"+ www.{zone} 300 IN A 192.0.2.9\n" in output
    output = atlasctl("zone", "replace", zone, "-", "--dry-run", stdin=control_api.ZONE + "x A 192.0.2.1\n")
    assert f"+ x.{zone} 300 IN A 192.0.2.1\n" in output
    assert atlasctl("zone", "delete", zone, "--dry-run") == f"nothing was done: zone {zone} would be deleted\n"
    assert atlasctl("zone", "settings", zone, "--zonemd", "sha512", "--dry-run").startswith("nothing was done; it would be\n")
    assert atlasctl("zone", "export", zone) == before


def test_export_and_replace_are_each_others_opposite(atlasctl, zone, tmp_path):
    path = tmp_path / "zone"
    path.write_text(atlasctl("zone", "export", zone))
    assert atlasctl("zone", "replace", zone, str(path)) == f"{zone} is so already, with serial 1\n"
    path.write_text(path.read_text().replace("192.0.2.25", "192.0.2.26"))
    assert f"+ mail.{zone} 300 IN A 192.0.2.26\n" in atlasctl("zone", "replace", zone, str(path))
    assert "192.0.2.26" in atlasctl("zone", "export", zone)


def test_a_large_zone_is_exported_page_by_page(atlasctl, zone):
    lines = "".join(f'n{i:05} TXT "{"x" * 200}" "{"y" * 200}" "{"z" * 200}"\n' for i in range(26_000))
    atlasctl("zone", "replace", zone, "-", "--json", stdin=control_api.ZONE + lines)
    exported = atlasctl("zone", "export", zone).splitlines()
    assert len(exported) == 26_006 and exported[0].split("\t")[3] == "SOA" and len("\n".join(exported)) > 16 << 20


def test_changes_are_taken_back(atlasctl, zone):
    first = change_of(atlasctl("rrset", "set", f"www.{zone}", "A", "192.0.2.9"))
    later = change_of(atlasctl("rrset", "set", f"www.{zone}", "A", "192.0.2.10"))
    error = atlasctl("change", "undo", first, status=4)
    assert f"change {first} cannot be taken back: www.{zone} A has been changed since\n" in error
    assert f"change {later} was the first" in error
    atlasctl("change", "undo", later)
    atlasctl("change", "undo", first, "--reason", "as it was")
    assert "192.0.2.2" in atlasctl("rrset", "list", f"www.{zone}")
    since = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=0)).isoformat()[:19] + "Z"
    time.sleep(1.1)
    atlasctl("rrset", "remove", f"mail.{zone}", "A")
    atlasctl("zone", "undo", zone, "--since", "1s")
    assert "192.0.2.25" in atlasctl("rrset", "list", f"mail.{zone}")
    assert json.loads(atlasctl("change", "list", zone, "--since", since, "--json"))["changes"]


def test_the_recycle_bin(atlasctl, zone):
    deleted = atlasctl("zone", "delete", zone, "--reason", "not needed")
    number = re.fullmatch(rf"zone {zone} is in the recycle bin: atlasctl zone restore (\d+) brings it back\n", deleted)[1]
    assert "not needed" in next(line for line in atlasctl("zone", "deleted").splitlines() if zone in line)
    assert atlasctl("zone", "restore", zone) == f"zone {zone} is back with serial 1 and 6 records\n"
    atlasctl("zone", "delete", zone)
    assert atlasctl("zone", "purge", number) == f"zone {zone} is gone for good\n"
    assert "the recycle bin holds no zone" in atlasctl("zone", "restore", number, status=1)


def test_a_file_zone_is_refused_with_its_line(atlasctl, server):
    for words in (["rrset", "set", "www.file.test", "A", "192.0.2.1"], ["zone", "delete", "file.test"], ["zone", "policy", "file.test", "--clear"]):
        error = atlasctl(*words, status=1)
        assert re.search(rf"{re.escape(str(server.folder))}/atlas\.yaml:\d+", error), error
    assert atlasctl("zone", "reload", "file.test") == "reloaded\n"


def test_policies_are_edited_rule_by_rule(atlasctl, zone):
    output = atlasctl("zone", "policy", zone, "--add", "grant a. zonesub A", "--add", "grant b. zonesub A")
    assert output == "1  grant a. zonesub A\n2  grant b. zonesub A\n"
    assert atlasctl("zone", "policy", zone, "--insert", "deny c. zonesub ANY", "--remove", "1").splitlines() == [
        "1  deny c. zonesub ANY",
        "2  grant b. zonesub A",
    ]
    assert "there is no rule 3" in atlasctl("zone", "policy", zone, "--remove", "3", status=1)
    error = atlasctl("zone", "policy", zone, "--add", "permit a.", status=1)
    assert "permit a." in error
    assert atlasctl("zone", "policy", zone).count("\n") == 2
    assert re.search(r"^zonemd +sha384$", atlasctl("zone", "settings", zone, "--zonemd", "sha384"), re.M)
    assert re.search(r"^update policy +2 rules$", atlasctl("zone", "settings", zone, "--zonemd", "off"), re.M)


def test_keys_are_made_listed_and_deleted(atlasctl, tmp_path):
    made = atlasctl("key", "create", "a-key")
    secret = re.search(r"^secret +(\S{44})$", made, re.M)[1]
    listed = atlasctl("key", "list")
    assert re.search(r"^a-key\. +hmac-sha256 +made 20.* by user:", listed, re.M) and secret not in listed
    (tmp_path / "secret").write_text(secret + "\n")
    atlasctl("key", "create", "b-key", "--algorithm", "hmac-sha512", "--secret-file", str(tmp_path / "secret"))
    for name in ("a-key", "b-key"):
        assert atlasctl("key", "delete", name) == f"key {name}. is gone\n"
    assert atlasctl("key", "list") == ""


def test_what_is_destructive_asks_on_a_terminal(atlasctl, zone):
    output, status = atlasctl.on_terminal("zone", "delete", zone, typed="n\n")
    assert status == 1 and f"delete zone {zone} with 6 records? [y/N]" in output and "nothing was done" in output
    atlasctl("rrset", "set", f"www.{zone}", "A", "192.0.2.9")
    output, status = atlasctl.on_terminal("zone", "replace", zone, "/dev/null", typed="y\n")
    assert status == 1
    time.sleep(1.1)
    atlasctl("rrset", "set", f"www.{zone}", "A", "192.0.2.10")
    output, status = atlasctl.on_terminal("zone", "undo", zone, "--since", "1s", typed="y\n")
    assert status == 0 and "take back everything since" in output
    assert "\033[1;31m- " in output and "\033[32m+ " in output
    assert "192.0.2.9" in atlasctl("rrset", "list", f"www.{zone}")
    output, status = atlasctl.on_terminal("zone", "delete", zone, "--yes", typed="")
    assert status == 0 and "[y/N]" not in output


def test_help_is_there_for_every_command(atlasctl):
    for words in ([], ["zone"], ["rrset"], ["change"], ["key"]):
        for name in re.findall(r"^  (\S+) ", atlasctl("help", *words), re.M):
            text = atlasctl("help", *words, name)
            assert text.startswith("atlasctl ") and text == atlasctl(*words, name, "--help") if name not in ("help", "version") else True
    assert atlasctl("zone", "--help") == atlasctl("help", "zone")
    assert "COMMAND" in atlasctl("zone", status=1)
