"""atlasctl change wait: whether the secondaries serve a change, and who does not."""

import json
import pathlib
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import control_api  # noqa: E402
import random_changes  # noqa: E402
import star  # noqa: E402
import transfer_servers  # noqa: E402

LINK = transfer_servers.HMAC_SHA256
SECONDARIES = (transfer_servers.Knot, transfer_servers.Bind, transfer_servers.Nsd)
SEED = 3


@pytest.fixture(scope="module", name="around")
def start_star(tmp_path_factory):
    kinds = [kind for kind in SECONDARIES if kind.is_installed()]
    if not kinds:
        pytest.skip("no peer is installed")
    with star.running(tmp_path_factory.mktemp("star"), transfer_servers.Atlas, kinds, [LINK]) as started:
        assert started.wait_for_arrival() == []
        yield started


@pytest.fixture(name="change")
def make_change(around):
    """Makes one; its id."""
    changes = random_changes.Changes(LINK.apex, SEED)
    changes.continue_from(star.without_soa(star.contents(around.primary, LINK.apex)))
    before = star.serial(around.primary, LINK.apex)
    while star.serial(around.primary, LINK.apex) == before:
        star.update(around.primary, changes)
    page = control_api.Api(around.primary.folder / "control.sock").good("GET", "/v1/changes", zone=LINK.apex, limit=1)
    return page["changes"][0]["id"]


def wait(around, change, seconds, *words):
    return around.primary.control("change", "wait", str(change), "--timeout", f"{seconds}s", *words, check=False)


def test_all_serve_a_change(around, change):
    done = wait(around, change, 20)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(star.serial(server, LINK.apex) == star.serial(around.primary, LINK.apex) for server in around.secondaries)
    for server in around.secondaries:
        assert f"127.0.0.1:{server.port}" in done.stdout


def test_the_api_says_since_when(around, change):
    api = control_api.Api(around.primary.folder / "control.sock")
    report = api.good("GET", f"/v1/changes/{change}/propagation", wait="20s")
    assert report["in_sync"] and report["served_here"] and report["zone"] == LINK.apex
    assert len(report["secondaries"]) == len(around.secondaries)
    assert all(one["serves"] and one["serial"] == report["serial"] and one["since"] for one in report["secondaries"])


def test_who_lags_is_named(around, request):
    stopped = around.secondaries[0]
    stopped.stop()
    try:
        change = request.getfixturevalue("change")
        done = wait(around, change, 2)
        assert done.returncode == 1, done.stdout + done.stderr
        said = done.stdout + done.stderr
        assert f"127.0.0.1:{stopped.port}" in said
        report = json.loads(wait(around, change, 1, "--json").stdout)
        lagging = [one["address"] for one in report["secondaries"] if not one["serves"]]
        assert lagging == [f"127.0.0.1:{stopped.port}"]
    finally:
        stopped.start()
    # It comes back, and catches up.
    assert wait(around, change, 30).returncode == 0
