"""Zones that are made and changed through the control socket, their history, undo and the recycle bin."""

import datetime
import pathlib
import re
import socket
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import control_api  # noqa: E402
import servers  # noqa: E402

FILE_ZONE = "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 300\n@ NS ns\nns A 127.0.0.1\n"


def addresses(server, name):
    """RCODE and the addresses that a server answers with."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(servers.make_query(name), ("127.0.0.1", server.port))
        answer = client.recv(4096)
    count = int.from_bytes(answer[6:8], "big")
    return answer[3] & 15, sorted(socket.inet_ntoa(answer[len(answer) - 16 * i - 4 : len(answer) - 16 * i]) for i in range(count))


def now():
    return datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")


def without_serial(text):
    return re.sub(r"(SOA\t\S+ \S+) \d+", r"\1", text)


@pytest.fixture(scope="module", name="server")
def shared_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zones")
    (folder / "file.zone").write_text(FILE_ZONE)
    with servers.running(servers.Atlas, {"file.test.": folder / "file.zone"}) as server:
        yield server


@pytest.fixture(name="api")
def make_api(server):
    api = control_api.Api(server.folder / "control.sock")
    api.port = server.port
    return api


@pytest.fixture(name="zone")
def make_zone(api, request):
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:60].strip("-") + ".test."
    api.create(name)
    return name


def test_a_zone_is_made_of_a_text_and_served(api, server):
    made = api.create("made.test", reason="for a test")
    assert made == {"zone": "made.test.", "change": 0, "serial": 1, "records_removed": 0, "records_added": 6}
    assert addresses(server, "www.made.test") == (0, ["192.0.2.1", "192.0.2.2"])
    zone = api.good("GET", "/v1/zones/made.test")
    assert zone["kind"] == "primary" and not zone["read_only"] and zone["created_by"].startswith("user:")
    problem = api.refused(409, "exists", "POST", "/v1/zones", {"zone": "made.TEST.", "text": control_api.ZONE})
    assert problem["detail"] == "there is a zone made.TEST. already"


def test_a_zone_is_made_of_names(api):
    wanted = {"zone": "plain.test", "primary_ns": "ns1.plain.test", "addresses": ["192.0.2.1", "2001:db8::1"], "contact": "a.b@plain.test"}
    api.good("POST", "/v1/zones", wanted)
    assert api.text("plain.test").splitlines() == [
        "plain.test.\t3600\tIN\tSOA\tns1.plain.test. a\\.b.plain.test. 1 7200 3600 1209600 3600",
        "plain.test.\t3600\tIN\tNS\tns1.plain.test.",
        "ns1.plain.test.\t3600\tIN\tA\t192.0.2.1",
        "ns1.plain.test.\t3600\tIN\tAAAA\t2001:db8::1",
    ]
    status, problem = api.call("POST", "/v1/zones", {"zone": "x.test", "primary_ns": "ns.x.test", "contact": "a@x.test"})
    assert status == 400 and "needs an address" in problem["detail"]


def test_a_text_that_is_no_zone_says_where(api):
    problem = api.refused(422, "invalid", "POST", "/v1/zones", {"zone": "bad.test", "text": control_api.ZONE + "x A 192.0.2.300\n"})
    assert problem["detail"].startswith("line 8: ")
    [finding] = problem["diagnostics"]
    assert (finding["line"], finding["column"], finding["source_line"]) == (8, 5, "x A 192.0.2.300")
    problem = api.refused(422, "invalid", "POST", "/v1/zones", {"zone": "bad.test", "text": "$INCLUDE /etc/passwd\n"})
    assert "$INCLUDE" in problem["detail"]


def test_rrsets_are_set_added_and_removed_in_one_change(api, server, zone):
    body = {
        "rrsets": [{"name": f"new.{zone}", "type": "TXT", "ttl": 60, "records": ['"x y"']}, {"name": f"mail.{zone}", "type": "A", "records": []}],
        "remove": [{"name": f"www.{zone}", "type": "A", "data": "192.0.2.1"}],
        "add": [{"name": f"www.{zone.rstrip('.')}", "type": "A", "data": "192.0.2.7"}, {"name": "@", "type": "MX", "data": "10 @"}],
        "reason": "all at once",
    }
    dry = api.good("PATCH", f"/v1/zones/{zone}/rrsets", {**body, "dry_run": True})
    assert dry["change"] == 0 and dry["serial"] == 1
    made = api.good("PATCH", f"/v1/zones/{zone}/rrsets", body)
    assert made["serial"] == 2 and made["change"] > 0
    assert (made["records_removed"], made["records_added"]) == (dry["records_removed"], dry["records_added"]) == (3, 4)
    assert addresses(server, f"www.{zone}") == (0, ["192.0.2.2", "192.0.2.7"])
    assert addresses(server, f"mail.{zone}")[0] == 3
    change = api.good("GET", f"/v1/changes/{made['change']}")
    assert change["diff"] == dry["diff"] and change["reason"] == "all at once"
    assert change["source"].startswith("control socket")
    assert ["+", zone, "3600", "IN", "MX", "10", zone] in [line.split() for line in change["diff"]["text"].splitlines()]
    assert api.good("PATCH", f"/v1/zones/{zone}/rrsets", {**body, "remove": []})["change"] == 0
    problem = api.refused(409, "conflict", "PATCH", f"/v1/zones/{zone}/rrsets", {"remove": body["remove"]})
    assert problem["detail"] == f"there is no record www.{zone} A 192.0.2.1"


def test_what_would_be_no_zone_is_refused(api, zone):
    before = api.text(zone)
    path = f"/v1/zones/{zone}/rrsets"
    api.refused(422, "invalid", "PATCH", path, {"rrsets": [{"name": "@", "type": "SOA", "records": []}]})
    api.refused(422, "invalid", "PATCH", path, {"add": [{"name": "outside.invalid", "type": "A", "data": "192.0.2.1"}]})
    api.refused(422, "invalid", "PATCH", path, {"add": [{"name": f"www.{zone}", "type": "CNAME", "data": "x.test"}]})
    problem = api.refused(422, "invalid", "PATCH", path, {"add": [{"name": f"www.{zone}", "type": "A", "data": "1.2.3"}]})
    assert '"1.2.3" is no A data' in problem["detail"]
    for wrong in ('{"rrsets": 1}', '{"add": [{"name": "a", "type": "AXFR", "data": ""}]}', '{"nothing": 1}', "[1]", "{"):
        status, _, text = api.raw("PATCH", path, wrong)
        assert status == 400, text
    assert api.text(zone) == before


def test_a_serial_that_is_not_there_any_more_is_a_conflict(api, zone):
    api.set(zone, f"www.{zone}", "A", "192.0.2.9", if_serial=1)
    body = {"rrsets": [{"name": f"www.{zone}", "type": "A", "records": ["192.0.2.10"]}], "if_serial": 1}
    assert "has serial 2, not 1" in api.refused(409, "conflict", "PATCH", f"/v1/zones/{zone}/rrsets", body)["detail"]
    api.refused(409, "conflict", "PUT", f"/v1/zones/{zone}/text", {"text": control_api.ZONE, "if_serial": 1})
    api.refused(409, "conflict", "DELETE", f"/v1/zones/{zone}", if_serial=1)


def test_a_zone_becomes_a_text_with_one_change(api, zone):
    text = control_api.ZONE.replace("mail A 192.0.2.25", "mail A 192.0.2.26\nmore A 192.0.2.1")
    dry = api.good("PUT", f"/v1/zones/{zone}/text", {"text": text, "dry_run": True})
    made = api.good("PUT", f"/v1/zones/{zone}/text", {"text": text})
    assert made["serial"] == 2 and (made["records_removed"], made["records_added"]) == (2, 3)
    assert api.good("GET", f"/v1/changes/{made['change']}")["diff"] == dry["diff"]
    assert api.good("PUT", f"/v1/zones/{zone}/text", {"text": text})["change"] == 0
    assert api.good("PUT", f"/v1/zones/{zone}/text", {"text": text.replace("admin 1", "admin 2026112501")})["serial"] == 2026112501
    assert api.good("PUT", f"/v1/zones/{zone}/text", {"text": api.text(zone)})["change"] == 0


def test_records_come_in_pages_of_whole_owners(api, zone):
    lines = "".join(f"n{i:03} A 192.0.2.1\nn{i:03} TXT x\n" for i in range(100))
    api.good("PUT", f"/v1/zones/{zone}/text", {"text": control_api.ZONE + lines})
    listed, query = [], {"limit": 7}
    while True:
        page = api.good("GET", f"/v1/zones/{zone}/records", **query)
        assert page["serial"] == 2 and len(page["rrsets"]) <= 9
        listed += page["rrsets"]
        if "next" not in page:
            break
        assert page["next"] not in {rrset["name"] for rrset in page["rrsets"]}
        query["from"] = page["next"]
    text = "".join(f"{r['name']}\t{r['ttl']}\tIN\t{r['type']}\t{data}\n" for r in listed for data in r["records"])
    assert text == api.text(zone)
    one = api.good("GET", f"/v1/zones/{zone}/records", name=f"www.{zone}", type="a")["rrsets"]
    assert one == [{"name": f"www.{zone}", "type": "A", "ttl": 300, "records": ["192.0.2.1", "192.0.2.2"]}]
    assert api.good("GET", f"/v1/zones/{zone}/records", name=f"absent.{zone}")["rrsets"] == []
    assert len(api.good("GET", f"/v1/zones/{zone}/records", type="TXT")["rrsets"]) == 100
    assert api.call("GET", f"/v1/zones/{zone}/records", name="outside.invalid")[0] == 400
    assert api.call("GET", f"/v1/zones/{zone}/records", type="NONSENSE")[0] == 400


def test_undo_of_a_change_and_of_the_undo(api, server, zone):
    before = without_serial(api.text(zone))
    change = api.set(zone, f"www.{zone}", "A", "192.0.2.9")["change"]
    after = without_serial(api.text(zone))
    dry = api.good("POST", f"/v1/changes/{change}/undo", {"dry_run": True})
    assert dry["change"] == 0 and dry["diff"]["text"]
    undone = api.good("POST", f"/v1/changes/{change}/undo")
    assert without_serial(api.text(zone)) == before and undone["serial"] == 3
    assert addresses(server, f"www.{zone}") == (0, ["192.0.2.1", "192.0.2.2"])
    assert api.good("GET", f"/v1/changes/{undone['change']}")["undoes"] == change
    api.good("POST", f"/v1/changes/{undone['change']}/undo")
    assert without_serial(api.text(zone)) == after


def test_undo_behind_a_later_change_of_the_same_records_is_a_conflict(api, zone):
    first = api.set(zone, f"www.{zone}", "A", "192.0.2.9")["change"]
    later = api.set(zone, f"www.{zone}", "A", "192.0.2.10")["change"]
    problem = api.refused(409, "conflict", "POST", f"/v1/changes/{first}/undo")
    assert problem["detail"] == f"change {first} cannot be taken back: www.{zone} A has been changed since"
    assert f"change {later} was the first" in problem["hint"]
    api.good("POST", f"/v1/changes/{first}/undo", {"overwrite": True})


def test_undo_of_one_rrset(api, zone):
    api.set(zone, f"www.{zone}", "A", "192.0.2.9")
    change = api.good(
        "PATCH",
        f"/v1/zones/{zone}/rrsets",
        {"rrsets": [{"name": f"{n}.{zone}", "type": "A", "records": ["192.0.2.77"]} for n in ("www", "mail")]},
    )["change"]
    undone = api.good("POST", f"/v1/zones/{zone}/undo", {"name": f"www.{zone}", "type": "A"})
    text = api.text(zone)
    assert f"www.{zone}\t300\tIN\tA\t192.0.2.9\n" in text and f"mail.{zone}\t300\tIN\tA\t192.0.2.77\n" in text
    assert api.good("GET", f"/v1/changes/{undone['change']}")["undoes"] == change
    api.refused(404, "unknown", "POST", f"/v1/zones/{zone}/undo", {"name": f"ns.{zone}", "type": "A"})


def test_undo_of_everything_since_a_time(api, zone):
    api.set(zone, f"www.{zone}", "A", "192.0.2.9")
    before = without_serial(api.text(zone))
    time.sleep(0.05)
    since = now()
    for i in range(5):
        api.set(zone, f"www.{zone}", "A", f"192.0.2.{100 + i}")
        api.set(zone, f"n{i}.{zone}", "A", "192.0.2.1")
    api.good("POST", f"/v1/zones/{zone}/undo", {"since": since, "dry_run": True})
    api.good("POST", f"/v1/zones/{zone}/undo", {"since": since, "reason": "back"})
    assert without_serial(api.text(zone)) == before
    api.refused(422, "invalid", "POST", f"/v1/zones/{zone}/undo", {"since": "2001-01-01T00:00:00Z"})
    for wrong in ({}, {"since": "yesterday"}, {"since": since, "name": "@", "type": "A"}, {"name": "@"}):
        assert api.call("POST", f"/v1/zones/{zone}/undo", wrong)[0] == 400


def test_the_history_is_listed_in_pages(api, zone):
    made = [api.set(zone, f"www.{zone}", "A", f"192.0.2.{i}", reason=f"number {i}")["change"] for i in range(10, 17)]
    listed, query = [], {"zone": zone, "limit": 3}
    while True:
        page = api.good("GET", "/v1/changes", **query)
        listed += page["changes"]
        if "next" not in page:
            break
        query["below"] = page["next"]
    assert [change["id"] for change in listed] == made[::-1]
    assert [change["reason"] for change in listed] == [f"number {i}" for i in range(16, 9, -1)]
    assert all(change["zone"] == zone for change in listed)
    assert api.good("GET", "/v1/changes", zone=zone, actor="nobody")["changes"] == []
    assert api.good("GET", "/v1/changes", zone=zone, since=now())["changes"] == []
    assert len(api.good("GET", "/v1/changes", zone=zone, since=listed[2]["time"])["changes"]) == 3
    api.refused(404, "unknown", "GET", "/v1/changes/123456789")
    api.refused(404, "unknown", "GET", "/v1/changes", zone="nowhere.test")
    assert api.call("GET", "/v1/changes", since="yesterday")[0] == 400


def test_the_recycle_bin(api, server, zone):
    change = api.set(zone, f"www.{zone}", "A", "192.0.2.9")["change"]
    before = api.text(zone)
    dry = api.good("DELETE", f"/v1/zones/{zone}", dry_run="true")
    assert addresses(server, f"www.{zone}")[0] == 0
    deleted = api.good("DELETE", f"/v1/zones/{zone}", reason="too many")
    assert deleted["id"] == dry["id"]
    assert addresses(server, f"www.{zone}")[0] == 5
    api.refused(404, "unknown", "GET", f"/v1/zones/{zone}")
    [one] = [z for z in api.good("GET", "/v1/deleted-zones")["zones"] if z["zone"] == zone]
    assert one["reason"] == "too many" and one["deleted_by"].startswith("user:")
    assert [c["id"] for c in api.good("GET", "/v1/changes", zone=deleted["id"])["changes"]] == [change]
    api.refused(404, "unknown", "POST", f"/v1/changes/{change}/undo")
    path = f"/v1/deleted-zones/{deleted['id']}"
    api.good("POST", f"{path}/restore", {"dry_run": True})
    assert addresses(server, f"www.{zone}")[0] == 5
    assert api.good("POST", f"{path}/restore")["zone"] == zone
    assert addresses(server, f"www.{zone}") == (0, ["192.0.2.9"]) and api.text(zone) == before
    api.refused(404, "unknown", "POST", f"{path}/restore")

    api.good("DELETE", f"/v1/zones/{zone}")
    api.create(zone)
    problem = api.refused(409, "exists", "POST", f"{path}/restore")
    assert zone in problem["detail"]
    assert api.call("DELETE", path)[0] == 204
    api.refused(404, "unknown", "DELETE", path)
    api.refused(404, "unknown", "GET", f"/v1/changes/{change}")


def test_settings_are_replaced(api, zone):
    settings = {"update_policy": ["grant ddns-key. zonesub A AAAA"], "zonemd": "sha384"}
    assert api.good("PUT", f"/v1/zones/{zone}/settings", {**settings, "dry_run": True})["settings"] == settings
    assert "zonemd" not in api.good("GET", f"/v1/zones/{zone}")["settings"]
    assert api.good("PUT", f"/v1/zones/{zone}/settings", settings)["settings"] == settings
    api.set(zone, f"www.{zone}", "A", "192.0.2.9")
    assert len(api.good("GET", f"/v1/zones/{zone}/records", name=zone, type="ZONEMD")["rrsets"]) == 1
    problem = api.refused(422, "invalid", "PUT", f"/v1/zones/{zone}/settings", {"update_policy": ["permit everybody"]})
    assert "permit" in problem["detail"]
    assert api.good("GET", f"/v1/zones/{zone}")["settings"] == settings


def test_a_file_zone_belongs_to_the_configuration_and_says_where(api, server):
    zone = api.good("GET", "/v1/zones/file.test")
    config = server.folder / "atlas.yaml"
    line = next(n for n, text in enumerate(config.read_text().splitlines(), 1) if "file.test." in text)
    assert zone["read_only"] and zone["kind"] == "file" and zone["configured_at"] == f"{config}:{line}"
    rrset = {"rrsets": [{"name": "www.file.test", "type": "A", "records": ["192.0.2.1"]}]}
    for problem in (
        api.refused(403, "read-only", "PATCH", "/v1/zones/file.test/rrsets", rrset),
        api.refused(403, "read-only", "PATCH", "/v1/zones/file.test/rrsets", {**rrset, "dry_run": True}),
        api.refused(403, "read-only", "PUT", "/v1/zones/file.test/text", {"text": FILE_ZONE + "x A 192.0.2.1\n"}),
        api.refused(403, "read-only", "PUT", "/v1/zones/file.test/settings", {}),
        api.refused(403, "read-only", "DELETE", "/v1/zones/file.test"),
    ):
        assert problem["configured_at"] == f"{config}:{line}"
    problem = api.refused(409, "exists", "POST", "/v1/zones", {"zone": "file.test", "text": FILE_ZONE})
    assert f"{config}:{line}" in problem["hint"]


def test_the_zone_that_holds_a_name_is_found(api, zone):
    api.create(f"sub.{zone}")
    for name, holder in ((f"a.b.{zone}", zone), (zone, zone), (f"x.sub.{zone}", f"sub.{zone}"), (f"SUB.{zone}", f"sub.{zone}")):
        assert [z["zone"] for z in api.good("GET", "/v1/zones", holds=name)["zones"]] == [holder]
    assert api.good("GET", "/v1/zones", holds="nowhere.invalid")["zones"] == []
    assert {z["zone"] for z in api.good("GET", "/v1/zones", kind="file")["zones"]} == {"file.test."}


def test_keys_show_their_secret_once(api):
    made = api.good("POST", "/v1/keys", {"name": "ddns-key", "reason": "for a test"})
    assert made["name"] == "ddns-key." and made["algorithm"] == "hmac-sha256" and len(made["secret"]) == 44
    [listed] = api.good("GET", "/v1/keys")["keys"]
    assert listed == {key: value for key, value in made.items() if key != "secret"}
    api.refused(409, "exists", "POST", "/v1/keys", {"name": "DDNS-key."})
    api.refused(422, "invalid", "POST", "/v1/keys", {"name": "other", "algorithm": "rot13"})
    api.refused(422, "invalid", "POST", "/v1/keys", {"name": "other", "secret": "c2hvcnQ="})
    given = api.good("POST", "/v1/keys", {"name": "given", "algorithm": "hmac-sha512", "secret": made["secret"]})
    assert given["secret"] == made["secret"]
    for name in ("ddns-key", "given."):
        assert api.call("DELETE", f"/v1/keys/{name}")[0] == 204
    api.refused(404, "unknown", "DELETE", "/v1/keys/given")


def test_the_log_says_who_changed_what():
    # Of many events the log shows a few only: this server has no others.
    with servers.running(servers.Atlas, {}) as server:
        api = control_api.Api(server.folder / "control.sock")
        api.create("a.test")
        api.set("a.test", "www.a.test", "A", "192.0.2.9", reason="a better address")
        line = re.compile(r"ATLAS-ZONE-CHANGED zone a\.test\.: .*\(a better address\) by user:")
        # It is written by a thread of its own.
        deadline = time.monotonic() + 5
        while not line.search(server.log()):
            assert time.monotonic() < deadline, server.log()
            time.sleep(0.05)


def test_everything_is_there_after_a_restart(tmp_path):
    with servers.running(servers.Atlas, {}, tmp_path) as server:
        api = control_api.Api(server.folder / "control.sock")
        api.create("a.test")
        api.create("gone.test")
        change = api.set("a.test", "www.a.test", "A", "192.0.2.9")["change"]
        api.good("PUT", "/v1/zones/a.test/settings", {"update_policy": ["grant k. zonesub A"]})
        deleted = api.good("DELETE", "/v1/zones/gone.test")["id"]
        api.good("POST", "/v1/keys", {"name": "k"})
        text, zone = api.text("a.test"), api.good("GET", "/v1/zones/a.test")
        history = api.good("GET", "/v1/changes")
        for stop in (server.stop, lambda: (server.process.kill(), server.process.wait())):
            stop()
            server.start()
            assert addresses(server, "www.a.test") == (0, ["192.0.2.9"])
            assert api.text("a.test") == text and api.good("GET", "/v1/changes") == history
            again = api.good("GET", "/v1/zones/a.test")
            assert {**again, "memory_octets": 0} == {**zone, "memory_octets": 0}
            assert [key["name"] for key in api.good("GET", "/v1/keys")["keys"]] == ["k."]
        api.good("POST", f"/v1/deleted-zones/{deleted}/restore")
        api.good("POST", f"/v1/changes/{change}/undo")
        assert addresses(server, "www.a.test") == (0, ["192.0.2.1", "192.0.2.2"])
        assert addresses(server, "www.gone.test")[0] == 0
