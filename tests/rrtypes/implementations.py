"""Other implementations of DNS, asked what they make of one record at a time.

Each has:
    knows(type)        does it know the mnemonic?
    read(type, text)   its Reading of the record, or None where it refuses it; with its own text only if `show`
"""

import dataclasses
import functools
import pathlib
import re
import struct
import subprocess
import tempfile

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

import servers

ORIGIN = "example."
APEX_DATA = "@ 3600 IN NS ns1\nns1 3600 IN A 192.0.2.53\n"
OWNER = "owner"
SECONDS = 20


@dataclasses.dataclass
class Reading:
    wire: str | None  # hex, or None where the program cannot show it
    text: str | None = None  # the program's own text of the RDATA


def zone(type_, text):
    """A zone with one record of interest. An SOA takes the apex, where it belongs."""
    head = f"$ORIGIN {ORIGIN}\n$TTL 3600\n"
    if type_ == "SOA":
        return head + f"@ 3600 IN SOA {text}\n" + APEX_DATA
    apex = "@ 3600 IN SOA ns1 hostmaster 1 3600 900 604800 300\n" + APEX_DATA
    return head + apex + f"{OWNER} 3600 IN {type_} {text}\n"


def rdata_text(type_, output):
    """The RDATA of the record of interest in a zone that a program printed one record a line."""
    owner = ORIGIN if type_ == "SOA" else f"{OWNER}.{ORIGIN}"
    for line in output.splitlines():
        found = re.match(rf"{re.escape(owner)}\s+\d+\s+IN\s+(\S+)(?:\s+(.*))?$", line)
        if found and found.group(1) != "NS" or found and type_ in ("NS", "TYPE2"):
            return (found.group(2) or "").strip()
    return None


def run(command, folder):
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
    )


class ZoneProgram:
    """A program that reads a zone file. Subclasses say how."""

    lowers_names = False
    shows_wire = True

    @functools.cache
    def knows(self, type_):
        # A type bitmap takes every mnemonic that is known, whatever the type's own format is.
        return self.read("NSEC", f"next {type_}") is not None

    def read(self, type_, text, show=False):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "zone").write_text(zone(type_, text))
            return self.read_zone(type_, folder, show)


class Bind(ZoneProgram):
    name = "BIND"
    program = servers.program("named-checkzone")

    def read_zone(self, type_, folder, show):
        command = [self.program, "-q", "-i", "none", "-k", "ignore", "-n", "ignore", "-o"]
        if run([*command, "raw", "-F", "raw", ORIGIN, "zone"], folder).returncode != 0:
            return None
        wire = self.wire_in_raw(type_, (pathlib.Path(folder) / "raw").read_bytes())
        if not show:
            return Reading(wire)
        run([*command, "text", "-F", "text", "-s", "full", ORIGIN, "zone"], folder)
        return Reading(wire, rdata_text(type_, (pathlib.Path(folder) / "text").read_text()))

    @staticmethod
    def wire_in_raw(type_, raw):
        """The first RDATA at the owner in BIND's raw format, version 0 or 1."""
        version = struct.unpack_from(">I", raw, 4)[0]
        at = 12 if version == 0 else 24
        owner = dns.name.from_text(ORIGIN if type_ == "SOA" else f"{OWNER}.{ORIGIN}").to_wire()
        while at < len(raw):
            total, _, number, _, _, count = struct.unpack_from(">IHHHII", raw, at)
            (name_size,) = struct.unpack_from(">H", raw, at + 18)
            name = raw[at + 20 : at + 20 + name_size]
            rdata_at = at + 20 + name_size
            (size,) = struct.unpack_from(">H", raw, rdata_at)
            if name == owner and (type_ != "SOA" or number == 6) and count == 1:
                return raw[rdata_at + 2 : rdata_at + 2 + size].hex().upper()
            at += total
        return None


class Ldns(ZoneProgram):
    name = "ldns"
    program = servers.program("ldns-read-zone")

    def read_zone(self, type_, folder, show):
        unknown = run([self.program, *([] if type_.startswith("TYPE") else ["-u", type_]), "zone"], folder)
        if unknown.returncode != 0:
            return None
        generic = rdata_text(type_, unknown.stdout)
        wire = "".join(generic.split()[2:]).upper() if generic and generic.startswith("\\#") else None
        if not show:
            return Reading(wire)
        text = rdata_text(type_, run([self.program, "zone"], folder).stdout)
        return Reading(wire, text and text.partition(" ;{")[0])


class Nsd(ZoneProgram):
    """Prints names relative, long records over several lines, and all names in lower case."""

    name = "NSD"
    program = servers.program("nsd-checkzone")
    lowers_names = True
    shows_wire = False

    def read_zone(self, type_, folder, show):
        result = run([self.program, "-p", ORIGIN, "zone"], folder)
        if result.returncode != 0:
            return None
        owner = "example" if type_ == "SOA" else OWNER
        found = re.search(rf"^{owner}\t\d+\tIN\t\S+(?:[ \t](.*(?:\n\t\t.*)*))?$", result.stdout, re.MULTILINE)
        text = found.group(1) or ""
        if type_ == "SOA":
            text = text.replace("(", " ").replace(")", " ").replace("\n", " ")
        return Reading(None, text)


class Knot(ZoneProgram):
    """Only says whether it takes the text."""

    name = "Knot"
    program = servers.program("kzonecheck")
    shows_wire = False

    def read_zone(self, type_, folder, show):
        # Its semantic checks fail for zones that are read well; a text that is not understood names the file.
        result = run([self.program, "-v", "-o", ORIGIN, "-d", "off", "zone"], folder)
        refused = "error in zone, file 'zone', line" in result.stdout + result.stderr
        return None if refused else Reading(None)


class Dnspython:
    name = "dnspython"
    program = "dns"
    lowers_names = False
    shows_wire = True

    def knows(self, type_):
        try:
            number = dns.rdatatype.from_text(type_)
        except dns.rdatatype.UnknownRdatatype:
            return False
        return dns.rdata.get_rdata_class(dns.rdataclass.IN, number) is not dns.rdata.GenericRdata

    def read(self, type_, text, show=False):
        number = dns.rdatatype.from_text(type_)
        try:
            # It makes names of the generic form relative to an origin and then cannot write them.
            origin = None if text.startswith("\\#") else dns.name.from_text(ORIGIN)
            rdata = dns.rdata.from_text("IN", number, text, origin, relativize=False)
            return Reading(rdata.to_wire().hex().upper(), rdata.to_text() if show else None)
        except (dns.exception.DNSException, ValueError, IndexError):
            return None


IMPLEMENTATIONS = [Dnspython(), Bind(), Ldns(), Nsd(), Knot()]
