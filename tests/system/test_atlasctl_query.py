"""atlasctl query against another server."""

import json
import subprocess

import pytest

from servers import Knot, atlas_program, free_port, running

ZONE = """$ORIGIN example.test.
$TTL 3600
@    SOA ns1 hostmaster 2026112401 7200 900 1209600 300
     NS ns1
ns1  A 192.0.2.53
www  300 A 192.0.2.1
     300 A 192.0.2.2
alias CNAME www
xn--bcher-kva A 192.0.2.7
sub  NS ns1.sub
ns1.sub A 192.0.2.99
""" + "".join(f'big TXT "{i}{"b" * 240}"\n' for i in range(8))


def query(*words):
    return subprocess.run([atlas_program("atlasctl"), "query", *words], capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not Knot.is_installed():
        pytest.skip("knotd is not installed")
    zone = tmp_path_factory.mktemp("zone") / "example.zone"
    zone.write_text(ZONE)
    with running(Knot, {"example.test.": zone}) as knot:
        yield f"127.0.0.1:{knot.port}"


def ask(server, *words):
    result = query("@" + server, *words)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_output_is_zone_file_text(server):
    lines = ask(server, "www.example.test").splitlines()
    records = [line.split(";")[0].split() for line in lines if line and not line.startswith(";")]
    assert sorted(records) == [
        ["www.example.test.", "300", "IN", "A", "192.0.2.1"],
        ["www.example.test.", "300", "IN", "A", "192.0.2.2"],
    ]
    assert lines[0] == ";; status    NOERROR"
    assert "\033" not in "".join(lines)


@pytest.mark.parametrize(
    "words, status",
    [
        (["alias.example.test", "AAAA"], "NOERROR: www.example.test. has no AAAA records (NODATA)"),
        (["nope.example.test"], "NXDOMAIN: nope.example.test. does not exist"),
        (["a.sub.example.test"], "NOERROR: a referral to the name servers of sub.example.test."),
        (["example.test", "+edns=1"], "BADVERS: the server does not know EDNS version 1"),
    ],
)
def test_what_the_reply_means_is_said_in_words(server, words, status):
    assert f";; status    {status}\n" in ask(server, *words)


def test_short_prints_rdata_only(server):
    assert sorted(ask(server, "www.example.test", "+short").split()) == ["192.0.2.1", "192.0.2.2"]


def test_truncated_replies_are_asked_for_again_over_tcp(server):
    reply = json.loads(ask(server, "big.example.test", "TXT", "+json"))
    assert reply["transport"] == "TCP"
    assert len(reply["responseMessage"]["answerRRs"]) == 8
    assert reply["notes"] == ["the reply over UDP was truncated: asked again over TCP"]
    ignored = json.loads(ask(server, "big.example.test", "TXT", "+json", "+ignore"))
    assert ignored["transport"] == "UDP" and ignored["responseMessage"]["TC"]


def test_names_are_typed_and_shown_with_their_own_letters(server):
    output = ask(server, "bücher.example.test")
    assert "xn--bcher-kva.example.test." in output and "192.0.2.7" in output
    assert "(bücher.example.test.)" in output


def test_color_only_when_asked_for_or_on_a_terminal(server):
    assert "\033[" in ask(server, "www.example.test", "--color", "always")


def test_nobody_there():
    result = query(f"@127.0.0.1:{free_port()}", "example.test", "+time=1")
    assert result.returncode == 9
    assert "Connection refused" in result.stderr and "is a server running there" in result.stderr


def test_wrong_words():
    result = query("example.test", "+shrot")
    assert result.returncode == 1
    assert result.stderr == "atlasctl: error: there is no option +shrot\nhint: did you mean +short?\n"
