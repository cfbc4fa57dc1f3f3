"""The zone-checking programs of other servers."""
import shutil
import subprocess
from dataclasses import dataclass

TIMEOUT_S = 20  # far above what a small zone needs; a hang is a failure, not a wait


@dataclass(frozen=True)
class Peer:
    name: str
    command: tuple  # {file} and {origin} are replaced

    @property
    def available(self):
        return shutil.which(self.command[0]) is not None

    def accepts(self, path, origin):
        words = [word.format(file=path, origin=origin) for word in self.command]
        done = subprocess.run(words, cwd=path.parent, capture_output=True, timeout=TIMEOUT_S, check=False)
        return done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


BIND = Peer("bind", ("named-checkzone", "{origin}", "{file}"))
KNOT = Peer("knot", ("kzonecheck", "-o", "{origin}", "{file}"))
NSD = Peer("nsd", ("/usr/sbin/nsd-checkzone", "{origin}", "{file}"))
PEERS = (BIND, KNOT, NSD)
