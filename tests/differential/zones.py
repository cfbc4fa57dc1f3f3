"""Zones made from a seed: small, and crowded with what makes answering hard.

Each zone is a plain text file of one record a line. Some are signed by dnssec-signzone with NSEC, NSEC3 or NSEC3 with
opt-out. Everything in them is valid: oddities are those that every server loads.
"""

import dataclasses
import pathlib
import random
import re
import subprocess

LABELS = ["a", "b", "c", "d", "e", "www", "mail", "ns1", "ns2", "x", "y", "_tcp", "_443", "MiXeD", "xn--bcher-kva"]
ODD_LABELS = [r"a\.b", r"sp\032ace", r"\000", r"\255\254", r"q\"uote", r"back\\slash", r"st\*ar", "l" * 63, "_", "-", "0"]
OUT_OF_ZONE = ["www.elsewhere.invalid.", "ns.elsewhere.invalid.", "a.b.elsewhere.invalid."]
KEY_ALGORITHM = "ECDSAP256SHA256"
SIGNING_SECONDS_MAX = 60


@dataclasses.dataclass
class Zone:
    apex: str
    path: pathlib.Path
    names: list  # owner names and names that lie between or near them
    signing: str  # "", "nsec", "nsec3" or "optout"


def child(label, name):
    return label + "." + name if name != "." else label + "."


def parent(name):
    """The name without its first label; escapes are two or four characters."""
    match = re.match(r"(?:\\[0-9]{3}|\\.|[^.\\])+\.", name)
    rest = name[match.end():]
    return rest or "."


def first_label(name):
    return re.match(r"(?:\\[0-9]{3}|\\.|[^.\\])+", name).group(0)


class ZoneMaker:
    """One zone in the making. A name's `kind` says what may still be put there."""

    def __init__(self, rng, apex, signing):
        self.rng = rng
        self.apex = apex
        self.signing = signing
        self.kinds = {}
        self.lines = []
        self.targets = []

    def add(self, name, rtype, rdata, ttl=None):
        ttl = self.ttls.setdefault((name.lower(), rtype), ttl or self.rng.choice([60, 300, 3600, 86400]))
        self.lines.append((name, rtype, f"{name} {ttl} IN {rtype} {rdata}"))

    def label(self):
        return self.rng.choice(ODD_LABELS) if self.rng.random() < 0.08 else self.rng.choice(LABELS)

    def is_below(self, name, kind):
        name = parent(name)
        while len(name) >= len(self.apex):
            if self.kinds.get(name.lower()) == kind:
                return True
            if name.lower() == self.apex.lower():
                return False
            name = parent(name)
        return False

    def fresh_name(self, depth_max=5, wildcard=False):
        """A name that has no kind yet, does not lie below a DNAME, and is at most `depth_max` labels deep."""
        for _ in range(50):
            owners = [self.apex] + [name for name, kind in self.kinds.items() if kind in ("data", "cut", "wild")]
            name = self.apex if self.rng.random() < 0.4 else self.rng.choice(owners)
            for _ in range(self.rng.choice([1, 1, 1, 2, 2, 3, depth_max])):
                name = child(self.label(), name)
            if wildcard:
                name = child("*", name if self.rng.random() < 0.7 else self.apex)
            if len(name) > 180 or name.lower() in self.kinds or self.is_below(name, "dname"):
                continue
            if any(other.endswith("." + name.lower()) for other in self.kinds) and self.rng.random() < 0.5:
                continue
            return name
        return None

    def target(self):
        """Somewhere to point to: mostly in the zone, present or not."""
        roll = self.rng.random()
        names = list(self.kinds)
        if roll < 0.12:
            return self.rng.choice(OUT_OF_ZONE)
        if roll < 0.72 and names:
            return self.rng.choice(names)
        if roll < 0.85 and names:
            return child(self.rng.choice(LABELS), self.rng.choice(names))
        return child(self.rng.choice(LABELS), self.apex)

    def address(self):
        return f"192.0.2.{self.rng.randrange(1, 255)}"

    def address6(self):
        return f"2001:db8::{self.rng.randrange(1, 65535):x}"

    def add_data(self, name):
        rng = self.rng
        simple = {
            "A": self.address,
            "AAAA": self.address6,
            "TXT": lambda: f'"{rng.randrange(10**6)}" "two words"',
            "MX": lambda: f"{rng.randrange(50)} {self.target()}",
            "SRV": lambda: f"{rng.randrange(9)} 1 443 {self.target()}",
            "PTR": self.target,
            "CAA": lambda: '0 issue "ca.example"',
            "SVCB": lambda: f"{rng.choice([0, 1, 2])} {self.target() if rng.random() < 0.7 else '.'}",
            "HTTPS": lambda: rng.choice([f"0 {self.target()}", "1 . alpn=h2,h3", f"2 {self.target()} port=8443", "0 ."]),
            "NAPTR": lambda: f'10 20 "{rng.choice("sau")}" "SIP+D2U" "" {self.target()}',
            "TLSA": lambda: "3 1 1 " + "ab" * 32,
            "HINFO": lambda: '"cpu" "os"',
            "RP": lambda: f"{self.target()} {self.target()}",
            "AFSDB": lambda: f"1 {self.target()}",
            "KX": lambda: f"1 {self.target()}",
            "LOC": lambda: "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
            "SSHFP": lambda: "4 2 " + "cd" * 32,
            "URI": lambda: '10 1 "https://www.example/"',
            "TYPE65280": lambda: r"\# 4 0a000001",
        }
        for rtype in rng.sample(list(simple), rng.choice([1, 1, 2, 2, 3, 5])):
            for _ in range(1 if rtype == "TYPE65280" else rng.choice([1, 1, 1, 2, 3])):
                self.add(name, rtype, simple[rtype]())
        if rng.random() < 0.4:
            self.add(name, "A", self.address())
        if rng.random() < 0.05:
            for i in range(rng.choice([15, 30, 60])):
                self.add(name, "TXT", f'"{i} {"t" * rng.randrange(20, 200)}"')
        if rng.random() < 0.03:
            for i in range(80):
                self.add(name, "A", f"198.51.100.{i}")
        if rng.random() < 0.03:
            for i in range(40):
                self.add(name, "MX", f"{i} {self.target()}")

    def add_ds(self, name):
        for _ in range(self.rng.choice([1, 1, 2])):
            digest = "".join(self.rng.choice("0123456789abcdef") for _ in range(64))
            self.add(name, "DS", f"{self.rng.randrange(65536)} 13 2 {digest}")

    def add_delegation(self, name):
        rng = self.rng
        self.kinds[name.lower()] = "cut"
        for i in range(rng.choice([1, 2, 2, 3, 13]) if rng.random() < 0.9 else 20):
            server = rng.choice([
                child(f"ns{i}", name),
                child(f"ns{i}", name),
                child(rng.choice(["ns1", "ns2"]), self.apex),
                rng.choice(OUT_OF_ZONE),
                self.target(),
                child("ns0", self.rng.choice([k for k, v in self.kinds.items() if v == "cut"])),
                name,
            ])
            self.add(name, "NS", server)
            below = server.lower().endswith("." + name.lower()) or server.lower() == name.lower()
            if below and rng.random() < 0.85:
                if rng.random() < 0.9:
                    self.add(server, "A", self.address())
                if rng.random() < 0.6:
                    self.add(server, "AAAA", self.address6())
        if self.signing and rng.random() < 0.5:
            self.add_ds(name)
        if rng.random() < 0.3:  # occluded data
            self.add(name if rng.random() < 0.3 else child("occluded", name), "TXT", '"occluded"')
        if rng.random() < 0.15:  # a cut below the cut
            deeper = child("deeper", name)
            self.add(deeper, "NS", child("ns", deeper))
            self.add(child("ns", deeper), "A", self.address())

    def add_dname(self, name):
        rng = self.rng
        self.kinds[name.lower()] = "dname"
        roll = rng.random()
        if roll < 0.15:
            target = child(".".join(["z" * 60] * 3), self.apex) if len(self.apex) < 40 else self.target()
        elif roll < 0.25:
            target = child(rng.choice(LABELS), name)  # a loop that grows
        else:
            target = self.target()
        self.add(name, "DNAME", target)
        if rng.random() < 0.4:
            self.add(name, "TXT", '"beside the DNAME"')

    def add_cname(self, name, target=None):
        self.kinds[name.lower()] = "cname"
        self.add(name, "CNAME", target or self.target())

    def add_chain(self):
        """A chain of aliases that ends somewhere, nowhere, or in itself."""
        links = [name for name in (self.fresh_name(1) for _ in range(self.rng.choice([2, 3, 4, 7, 20]))) if name]
        links = list(dict.fromkeys(links))
        for name, target in zip(links, links[1:]):
            self.add_cname(name, target)
        if links:
            self.add_cname(links[-1], links[0] if self.rng.random() < 0.3 else None)

    def make(self, size):
        rng = self.rng
        self.ttls = {}
        soa_ttl, minimum = rng.choice([(3600, 300), (60, 3600), (300, 300), (86400, 0)])
        self.kinds[self.apex.lower()] = "data"
        self.add(self.apex, "SOA", f"ns1.{self.apex} host\\.master.{self.apex} 1 7200 3600 1209600 {minimum}", soa_ttl)
        for server in [child("ns1", self.apex), rng.choice([child("ns2", self.apex), OUT_OF_ZONE[1]])]:
            self.add(self.apex, "NS", server)
        for name in (child("ns1", self.apex), child("ns2", self.apex)):
            self.kinds[name.lower()] = "data"
            self.add(name, "A", self.address())
            if rng.random() < 0.5:
                self.add(name, "AAAA", self.address6())
        if rng.random() < 0.5:
            self.add_data(self.apex)
        if rng.random() < 0.06:
            # Names below a DNAME do not exist, so that this zone has no others but these.
            self.lines = [line for line in self.lines if line[0] == self.apex]
            self.kinds = {self.apex.lower(): "dname"}
            self.add(self.apex, "DNAME", rng.choice(OUT_OF_ZONE))
            return
        for _ in range(size):
            roll = rng.random()
            name = self.fresh_name(wildcard=rng.random() < 0.2)
            if name is None:
                continue
            if roll < 0.55:
                self.kinds[name.lower()] = "data"
                self.add_data(name)
            elif roll < 0.68:
                self.add_cname(name)
            elif roll < 0.74:
                self.add_chain()
            elif roll < 0.80 and not any(other.endswith("." + name.lower()) for other in self.kinds) and \
                    not self.has_lines_below(name) and "*" not in name:
                self.add_dname(name)
            elif roll < 0.97 and "*" not in name:
                self.add_delegation(name)
            elif rng.random() < 0.3 and "*" in name and name.startswith("*."):
                self.kinds[name.lower()] = "wild"
                # BIND refuses an NS at a wildcard, and so does its signer.
                self.add(name, "DNAME" if self.signing else rng.choice(["NS", "DNAME"]), self.target())
        self.drop_below_dnames()

    def has_lines_below(self, name):
        suffix = "." + name.lower()
        return any(owner.lower().endswith(suffix) for owner, _, _ in self.lines)

    def drop_below_dnames(self):
        """Glue may have been put below a DNAME or beside a CNAME, which not every server loads."""
        dnames = ["." + owner.lower() for owner, rtype, _ in self.lines if rtype == "DNAME"]
        aliases = {owner.lower() for owner, rtype, _ in self.lines if rtype == "CNAME"}
        self.lines = [
            line
            for line in self.lines
            if not any(line[0].lower().endswith(dname) for dname in dnames)
            and (line[1] == "CNAME" or line[0].lower() not in aliases)
        ]

    def text(self):
        return "\n".join(dict.fromkeys(line for _, _, line in self.lines)) + "\n"

    def known_names(self):
        names = {}
        for owner, _, _ in self.lines:
            while True:
                names[owner.lower()] = owner
                if owner.lower() == self.apex.lower():
                    break
                owner = parent(owner)
        return list(names.values())


ATTEMPTS_MAX = 5


def sign(zone, folder, rng, dates):
    """Signs the zone into a file of its own, which becomes its file. Raises RuntimeError if the signer refuses it."""
    keys = folder / "keys"
    keys.mkdir(exist_ok=True)
    made = subprocess.run(
        ["dnssec-keygen", "-q", "-K", str(keys), "-a", KEY_ALGORITHM, "-f", "KSK", "--", zone.apex],
        capture_output=True, text=True, timeout=SIGNING_SECONDS_MAX,
    )
    options = []
    if zone.signing in ("nsec3", "optout"):
        options += ["-3", rng.choice(["-", "abcd", "00112233445566778899"]), "-H", str(rng.choice([0, 0, 1, 10]))]
    if zone.signing == "optout":
        options += ["-A"]
    signed = zone.path.with_suffix(".signed")
    done = subprocess.run(
        ["dnssec-signzone", "-q", "-P", "-z", "-n", "1", "-S", "-K", str(keys), "-O", "full", "-o", zone.apex,
         "-s", dates[0], "-e", dates[1], "-f", str(signed), *options, str(zone.path)],
        capture_output=True, text=True, timeout=SIGNING_SECONDS_MAX, cwd=folder,
    )
    if made.returncode != 0 or done.returncode != 0:
        raise RuntimeError(f"{zone.path} could not be signed: {made.stderr}{done.stderr}")
    zone.path = signed


def make_zones(seed, count, folder, size=30):
    """Writes `count` zones to `folder`. The same seed gives the same zones, signatures and keys aside."""
    rng = random.Random(seed)
    zones = []
    for number in range(count):
        signing = rng.choice(["", "nsec", "nsec3", "optout"])
        roll = rng.random()
        if roll < 0.15 and zones and len(zones[-1].apex) < 40:
            cuts = [line.split()[0] for line in zones[-1].path.with_suffix(".zone").read_text().splitlines()
                    if " IN NS " in line and "\\" not in line and "*" not in line]
            cuts = [name for name in cuts if name.lower() != zones[-1].apex.lower() and len(name) < 60]
            apex = rng.choice(cuts) if cuts else f"z{number}.test."
            if apex.lower() in (zone.apex.lower() for zone in zones):
                apex = f"z{number}.test."
        else:
            apex = rng.choice([f"z{number}.test.", f"z{number}.test.", f"deep.zone.z{number}.test.", f"z{number}."])
        zones.append(make_zone(rng, number, apex, signing, folder, size))
    return zones


def make_zone(rng, number, apex, signing, folder, size):
    """One zone. Now and then chance makes one that the signer refuses, and another is made instead."""
    for attempt in range(ATTEMPTS_MAX):
        maker = ZoneMaker(rng, apex, signing)
        maker.make(rng.choice([3, size, size, 2 * size]))
        path = folder / f"{number}.zone"
        path.write_text(maker.text())
        zone = Zone(apex, path, maker.known_names(), signing)
        try:
            if signing:
                sign(zone, folder, rng, ("20200101000000", "20400101000000"))
        except RuntimeError:
            if attempt + 1 == ATTEMPTS_MAX:
                raise
            continue
        if signing in ("nsec3", "optout"):
            zone.names += nsec3_owners(zone.path, rng)
        return zone
    raise AssertionError("not reached")


def nsec3_owners(path, rng):
    owners = [line.split()[0] for line in path.read_text().splitlines() if re.search(r"\sIN\s+NSEC3\s", line)]
    return rng.sample(owners, min(2, len(owners)))
