"""atlasctl query with a key, against servers of others."""

import base64
import json
import pathlib
import subprocess

import pytest

from servers import Bind, Knot, atlas_program, program, running

ZONE = "$ORIGIN example.test.\n$TTL 3600\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n  NS ns1\nns1 A 192.0.2.53\n"
ZONE += "".join(f'big TXT "{i}{"b" * 240}"\n' for i in range(8))
ALGORITHMS = ["hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]
# Of other sizes than any block, so that both sides hash the long ones.
SECRETS = {
    f"{algorithm}-{octets}.key.": (algorithm, base64.b64encode(bytes(range(octets))).decode())
    for algorithm in ALGORITHMS
    for octets in (16, 200)
}


class BindWithKeys(Bind):
    statements = "".join(
        f'key "{name}" {{ algorithm {algorithm}; secret "{secret}"; }};\n'
        for name, (algorithm, secret) in SECRETS.items()
    )


class KnotWithKeys(Knot):
    def command(self):
        command = super().command()
        keys = "".join(
            f"  - id: {name}\n    algorithm: {algorithm}\n    secret: {secret}\n"
            for name, (algorithm, secret) in SECRETS.items()
        )
        # It knows only the keys that a zone allows something.
        allowed = f"acl:\n  - id: keyed\n    key: [{', '.join(SECRETS)}]\n    action: query\n"
        config = self.folder / "knot.conf"
        template = "template:\n  - id: default\n"
        config.write_text(config.read_text().replace(template, f"key:\n{keys}{allowed}{template}    acl: keyed\n"))
        return command


@pytest.fixture(scope="module", params=[BindWithKeys, KnotWithKeys], ids=["BIND", "Knot"])
def server(request, tmp_path_factory):
    if not request.param.is_installed():
        pytest.skip(f"{request.param.executable} is not installed")
    zone = tmp_path_factory.mktemp("zone") / "example.zone"
    zone.write_text(ZONE)
    with running(request.param, {"example.test.": zone}) as started:
        yield started


def query(server, *words):
    command = [atlas_program("atlasctl"), "query", f"@127.0.0.1:{server.port}", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def key_of(name, secret=None, algorithm=None):
    return f"{algorithm or SECRETS[name][0]}:{name}:{secret or SECRETS[name][1]}"


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_replies_are_verified(server, name, transport):
    result = query(server, "example.test", "SOA", transport, "--key", key_of(name))
    assert result.returncode == 0, result.stdout + result.stderr
    assert f";; signature verified, key {name} ({SECRETS[name][0]})\n" in result.stdout
    assert ["SOA", "ns1.example.test."] in [line.split()[3:5] for line in result.stdout.splitlines()]


def test_truncated_replies_are_verified_over_tcp(server):
    result = query(server, "big.example.test", "TXT", "+json", "--key", key_of("hmac-sha256-16.key."))
    assert result.returncode == 0, result.stderr
    reply = json.loads(result.stdout)
    assert reply["transport"] == "TCP"
    assert reply["signature"] == {"key": "hmac-sha256-16.key.", "algorithm": "hmac-sha256", "verified": True}


@pytest.mark.parametrize(
    "key, problem",
    [
        (key_of("hmac-sha256-16.key.", secret="AAAA"), "BADSIG: the request's signature is wrong for it"),
        ("hmac-sha256:other.key.:AAAA", "BADKEY: it has no key of this name and algorithm"),
        (key_of("hmac-sha256-16.key.", algorithm="hmac-sha512"), "BADKEY: it has no key of this name and algorithm"),
    ],
)
def test_what_the_server_objects_to_is_said(server, key, problem):
    result = query(server, "example.test", "SOA", "--key", key)
    assert result.returncode == 9
    assert f";; signature not verified: the server says {problem}" in result.stdout
    assert "NOTAUTH: the server does not accept the query's signature" in result.stdout


def test_short_shows_nothing_that_is_not_verified(server):
    good = query(server, "example.test", "NS", "+short", "--key", key_of("hmac-sha512-200.key."))
    assert (good.returncode, good.stdout) == (0, "ns1.example.test.\n")
    bad = query(server, "example.test", "NS", "+short", "--key", "other.key.:AAAA")
    assert (bad.returncode, bad.stdout) == (9, "")
    assert "error: the reply is not verified: the server says BADKEY" in bad.stderr


def test_keys_are_read_from_the_files_of_tsig_keygen(server, tmp_path):
    name = "hmac-sha384-16.key."
    file = tmp_path / "key"
    file.write_text(f'key "{name}" {{\n\talgorithm hmac-sha384;\n\tsecret "{SECRETS[name][1]}";\n}};\n')
    result = query(server, "example.test", "SOA", "--key-file", str(file))
    assert result.returncode == 0 and f";; signature verified, key {name} (hmac-sha384)\n" in result.stdout


def test_what_tsig_keygen_writes_is_a_key_file(server, tmp_path):
    if program("tsig-keygen") is None:
        pytest.skip("tsig-keygen is not installed")
    file = pathlib.Path(tmp_path) / "key"
    made = subprocess.run([program("tsig-keygen"), "made.key"], check=True, capture_output=True, timeout=60)
    file.write_bytes(made.stdout)
    result = query(server, "example.test", "SOA", "--key-file", str(file))
    assert "the server says BADKEY" in result.stdout and "key made.key. (hmac-sha256)" in result.stdout


def test_wrong_key_files_are_refused(server, tmp_path):
    file = tmp_path / "key"
    file.write_text('key "k" {\n  algorithm hmac-sha256;\n};\n')
    result = query(server, "example.test", "SOA", "--key-file", str(file))
    assert result.returncode == 10
    assert f"error: {file}: line 3: the key has no secret\n" in result.stderr
    assert query(server, "example.test", "SOA", "--key-file", str(tmp_path / "none")).returncode == 10
