"""Zone texts, good and bad, judged and dumped by Atlas and by the tools of other servers.

Every difference stands in differences.py with its reason.
"""

import os

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
import servers
from zonefiles import cases, differences
from zonefiles.peers import CHECKERS, DUMPERS, run

ATLASCTL = servers.atlas_program("atlasctl")

pytestmark = pytest.mark.skipif(not os.access(ATLASCTL, os.X_OK), reason=f"{ATLASCTL} is not built")


@pytest.fixture(name="zone_file")
def write_zone_file(tmp_path):
    def write(case):
        path = tmp_path / "zone"
        path.write_bytes(case.text)
        (tmp_path / "zone.with-origin").write_bytes(f"$ORIGIN {cases.ORIGIN}\n".encode() + case.text)
        for name, content in case.files:
            (tmp_path / name).write_bytes(content)
        return path

    return write


def atlas_accepts(path):
    status, _, errors = run([ATLASCTL, "check-zone", cases.ORIGIN, str(path)], path.parent)
    assert status in (0, 1), f"exit status {status}\n{errors}"
    return status == 0, errors


def records(text):
    """A dump of one record a line as a set of records in canonical form."""
    found = set()
    for line in text.splitlines():
        words = line.split(None, 4)
        if not words or words[0].startswith(";"):
            continue
        owner, ttl, rr_class, rr_type, rdata = words
        try:
            form = dns.rdata.from_text(
                dns.rdataclass.from_text(rr_class), dns.rdatatype.from_text(rr_type), rdata, relativize=False
            ).to_digestable(dns.name.root)
        except dns.exception.SyntaxError:  # a type that dnspython does not know: its words
            form = "".join(rdata.split()).encode()
        name = dns.name.from_text(owner).canonicalize()
        found.add((name.to_text(), int(ttl), rr_type, form.hex()))
    return found


def by_name(case):
    return case.name


@pytest.mark.parametrize("case", cases.CASES, ids=by_name)
@pytest.mark.parametrize("peer", CHECKERS, ids=by_name)
def test_accepts_what_the_peer_accepts(peer, case, zone_file):
    if peer.path is None:
        pytest.skip(f"{peer.program} is not installed")
    path = zone_file(case)
    ours, our_words = atlas_accepts(path)
    theirs, their_words = peer.accepts(path, cases.ORIGIN)
    if (case.name, peer.name) not in differences.VERDICTS:
        assert ours == theirs, f"atlas:\n{our_words}\n{peer.name}:\n{their_words}"


@pytest.mark.parametrize("case", cases.CASES, ids=by_name)
@pytest.mark.parametrize("peer", DUMPERS, ids=by_name)
def test_dumps_the_records_that_the_peer_dumps(peer, case, zone_file):
    if peer.path is None or peer.dump_path is None:
        pytest.skip(f"{peer.program} is not installed")
    path = zone_file(case)
    if not atlas_accepts(path)[0] or not peer.accepts(path, cases.ORIGIN)[0]:
        return  # judged by the other test
    status, out, errors = run([ATLASCTL, "dump-zone", cases.ORIGIN, str(path)], path.parent)
    assert status == 0, errors
    ours = records(out.decode("ascii"))
    theirs = records(peer.dumped(path, cases.ORIGIN))
    if (case.name, peer.name) not in differences.DUMPS:
        assert ours == theirs


@pytest.mark.parametrize("case", cases.CASES, ids=by_name)
def test_a_dump_reads_back_to_itself(case, zone_file):
    path = zone_file(case)
    if not atlas_accepts(path)[0]:
        return
    _, first, _ = run([ATLASCTL, "dump-zone", cases.ORIGIN, str(path)], path.parent)
    again = path.parent / "again"
    again.write_bytes(first)
    _, second, errors = run([ATLASCTL, "dump-zone", cases.ORIGIN, str(again)], path.parent)
    assert first == second, errors


def test_refused_zones_say_where(zone_file):
    for case in cases.CASES:
        accepted, words = atlas_accepts(zone_file(case))
        assert accepted or ": error: " in words, case.name


def test_listed_differences_are_of_known_cases_and_peers():
    names = {case.name for case in cases.CASES}
    assert len(names) == len(cases.CASES)
    for table, peers in ((differences.VERDICTS, CHECKERS), (differences.DUMPS, DUMPERS)):
        for case_name, peer_name in table:
            assert case_name in names
            assert peer_name in {peer.name for peer in peers}
