#!/usr/bin/env python3
"""Has testssl.sh look at Atlas's TLS and HTTPS listeners, and h2spec at the HTTP/2 of the latter.

usage: tls_scan.py [--fast] [--tool testssl|h2spec]...

testssl.sh trusts the authority that the certificate comes from. A finding of medium severity or worse fails the run, and so does a
failure of h2spec, unless EXPLAINED or EXPLAINED_HTTP2 has it. h2spec is used where it is installed
(go install github.com/summerwind/h2spec/cmd/h2spec@latest). Takes twenty minutes; --fast leaves the handshakes of known clients and
the known holes of old libraries out. ATLAS_BIN_DIR says which build.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import encrypted_servers  # noqa: E402
import servers  # noqa: E402

ZONE = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n"
SEVERE = ("MEDIUM", "HIGH", "CRITICAL", "FATAL")
# What says nothing of TLS as it is spoken here, by testssl.sh's id.
EXPLAINED = {
    "cert_revocation": "the test authority has neither CRL nor OCSP",
    "cert_validityPeriod": "the test certificate's",
    "HSTS": "a resolver's path is not for browsers to navigate to",
    "DNS_CAArecord": "of the test certificate's name, which is not in the DNS",
}
# What h2spec has of RFC 7540 and is otherwise here, by its words. It asks for STREAM_CLOSED where DATA comes on a closed stream.
# RFC 9113 5.1 (closed) says that an endpoint may treat that as an error, and may read and discard what comes on any closed stream,
# which nghttp2 does; 6.1, read alone, asks for a stream error as RFC 7540 did.
CLOSED = "discarded, as RFC 9113 5.1 allows for closed streams (6.1 would have a stream error)"
EXPLAINED_HTTP2 = {
    "closed: Sends a DATA frame after sending RST_STREAM frame": CLOSED,
    "closed: Sends a DATA frame": CLOSED,
    "Sends PRIORITY frame that depend on itself": "of the priorities of RFC 7540 5.3, which RFC 9113 5.3.2 deprecates",
}
SCAN_SECONDS_MAX = 1500


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--fast", action="store_true")
    options.add_argument("--tool", action="append", choices=("testssl", "h2spec"))
    chosen = options.parse_args()
    tools = chosen.tool or ["testssl", "h2spec"]
    failed = False
    with tempfile.TemporaryDirectory(prefix="atlas-scan-") as folder:
        zone = pathlib.Path(folder) / "zone"
        zone.write_text(ZONE)
        with servers.running(Patient, {"a.test.": zone}) as server:
            if "testssl" in tools:
                for transport in ("tls", "https"):
                    failed |= scan(server, transport, pathlib.Path(folder), chosen.fast)
            if "h2spec" in tools:
                failed |= check_http2(server)
    return 1 if failed else 0


class Patient(encrypted_servers.Atlas):
    def configuration(self):
        # testssl.sh takes its time between two octets, and makes hundreds of connections.
        tcp = "tcp: {connections-per-client-max: 20000, setup-time-max: 1m}\n"
        return super().configuration() + "  handshakes-per-client-max: 1000\n" + tcp


def run(command):
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SCAN_SECONDS_MAX, check=False
    )


def scan(server, transport, folder, fast):
    """Whether testssl.sh has found something."""
    found = folder / f"{transport}.json"
    command = [shutil.which("testssl") or "testssl.sh", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none"]
    command += ["--add-ca", str(server.certificate.authority), "--jsonfile", str(found), "--ip", "127.0.0.1"]
    command += ["--protocols", "--server-defaults", "--server-preference", "--fs", "--headers"] if fast else []
    print(f"testssl.sh on {transport}", flush=True)
    command.append(f"dns.test:{server.ports[transport]}")
    done = run(command)
    if not found.exists():
        print(done.stdout, done.stderr)
        return True
    findings = json.loads(found.read_text())
    severe = [one for one in findings if one["severity"] in SEVERE]
    for one in severe:
        reason = EXPLAINED.get(one["id"].split(" ")[0])
        print(f"  {one['severity']} {one['id']}: {one['finding']}{f' -- explained: {reason}' if reason else ''}")
    print(f"  {len(findings)} findings, {len(severe)} of medium severity or worse")
    return not findings or any(one["id"].split(" ")[0] not in EXPLAINED for one in severe)


def check_http2(server):
    """Whether h2spec has found something."""
    go = pathlib.Path(os.environ.get("GOPATH", pathlib.Path.home() / "go")) / "bin"
    tool = shutil.which("h2spec", path=f"{os.environ['PATH']}:{go}")
    if tool is None:
        print("h2spec is not installed and is left out")
        return False
    command = [tool, "--tls", "--insecure", "--host", "127.0.0.1", "--port", str(server.ports["https"]), "--path", "/dns-query"]
    done = run([*command, "--timeout", "5"])
    tests = re.search(r"\d+ tests, \d+ passed, \d+ skipped, (\d+) failed", done.stdout)
    if tests is None:
        print(done.stdout, done.stderr)
        return True
    failures = re.findall(r"^ +× \d+: (.*)$", done.stdout.partition("Failures:")[2], re.MULTILINE)
    for words in failures:
        print(f"  {words}{f' -- explained: {EXPLAINED_HTTP2[words]}' if words in EXPLAINED_HTTP2 else ''}")
    print(f"h2spec: {tests[0]}")
    return len(failures) != int(tests[1]) or any(words not in EXPLAINED_HTTP2 for words in failures)


if __name__ == "__main__":
    sys.exit(main())
