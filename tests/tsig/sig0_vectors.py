#!/usr/bin/env python3
"""Updates that BIND's nsupdate signed with SIG(0), for atlas/tsig/sig0_vectors.inc: `sig0_vectors.py PORT` prints them.

Each algorithm gets a key of its own, whose private half is thrown away. nsupdate sends to PORT of 127.0.0.1.
"""

import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import dns.rdata
import dns.rdataclass
import dns.rdatatype

ALGORITHMS = {
    5: ["RSASHA1", "-b", "1024"],
    8: ["RSASHA256", "-b", "2048"],
    10: ["RSASHA512", "-b", "1024"],
    13: ["ECDSAP256SHA256"],
    14: ["ECDSAP384SHA384"],
    15: ["ED25519"],
    16: ["ED448"],
}
SECONDS_MAX = 10
COLUMNS = 100


def make_key(folder: pathlib.Path, algorithm: list[str]) -> tuple[pathlib.Path, bytes]:
    """The private key's file, and the RDATA of the KEY record."""
    command = ["dnssec-keygen", "-q", "-T", "KEY", "-n", "HOST", "-K", str(folder), "-a", *algorithm, "Signer.test."]
    name = subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS_MAX).stdout.strip()
    text = (folder / f"{name}.key").read_text().splitlines()[-1].split(" KEY ", 1)[1]
    return folder / f"{name}.private", dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, text).to_wire()


def signed_update(private_key: pathlib.Path, listener: socket.socket, port: int) -> bytes:
    update = f"server 127.0.0.1 {port}\nzone Zone.test.\nupdate add www.Zone.test. 60 A 192.0.2.1\nsend\n"
    command = ["nsupdate", "-k", str(private_key), "-t", "1", "-r", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sender:
        sender.stdin.write(update.encode())
        sender.stdin.close()
        message = listener.recv(65535)
        sender.kill()
    return message


def main() -> None:
    port = int(sys.argv[1])
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", port))
    listener.settimeout(SECONDS_MAX)
    print("// What BIND's nsupdate signs. Made by tests/tsig/sig0_vectors.py.")
    for number, algorithm in ALGORITHMS.items():
        with tempfile.TemporaryDirectory() as folder:
            private_key, key = make_key(pathlib.Path(folder), algorithm)
            message = signed_update(private_key, listener, port)
        print("{")
        print(f"    .algorithm = {number},")
        print(f"    .time = {int(time.time())},")
        for member, octets in (("key", key), ("message", message)):
            text = octets.hex()
            print(f"    .{member} =")
            lines = [f'        "{text[at : at + COLUMNS]}"' for at in range(0, len(text), COLUMNS)]
            print("\n".join(lines) + ",")
        print("},")


if __name__ == "__main__":
    main()
