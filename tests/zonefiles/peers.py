"""The zone-checking programs of other servers."""

import subprocess
from dataclasses import dataclass

import servers

TIMEOUT_S = 20  # far above what a small zone needs


def run(words, folder):
    """The exit status, the output and the errors of a program; 124 if it hangs."""
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return 124, b"", f"{words[0]}: no end after {TIMEOUT_S} s"
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


@dataclass(frozen=True)
class Peer:
    name: str
    program: str
    check: tuple  # arguments; {file} and {origin} are replaced
    dump: tuple = ()  # those of dump_program that print one record a line; empty if it cannot
    dump_program: str = ""

    @property
    def path(self):
        return servers.program(self.program)

    @property
    def dump_path(self):
        return servers.program(self.dump_program) if self.dump else None

    def accepts(self, path, origin):
        status, out, errors = run([self.path, *fill(self.check, path, origin)], path.parent)
        return status == 0, out.decode(errors="replace") + errors

    def dumped(self, path, origin):
        status, out, errors = run([self.dump_path, *fill(self.dump, path, origin)], path.parent)
        assert status == 0, errors
        return out.decode()


def fill(words, path, origin):
    return [word.format(file=path, origin=origin) for word in words]


BIND = Peer(
    "bind",
    "named-checkzone",
    ("{origin}", "{file}"),
    ("-q", "-k", "ignore", "-n", "ignore", "-i", "none", "-s", "full", "-o", "-", "{origin}", "{file}"),
    "named-compilezone",
)
KNOT = Peer("knot", "kzonecheck", ("-o", "{origin}", "{file}"))
NSD = Peer("nsd", "nsd-checkzone", ("{origin}", "{file}"))
# Without an origin of its own, it must stand in the text.
LDNS = Peer("ldns", "ldns-read-zone", ("{file}.with-origin",), ("{file}.with-origin",), "ldns-read-zone")

CHECKERS = (BIND, KNOT, NSD)
DUMPERS = (BIND, LDNS)
