"""atlasctl query with AXFR and IXFR: all messages of a response, until the SOA that ends it."""

import json
import socket
import struct
import subprocess
import threading

import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import dns.tsig
import pytest

from servers import atlas_program, free_port

APEX = "example.test."
SECRET = "c2VjcmV0c2VjcmV0"
KEYRING = {dns.name.from_text("xfr."): dns.tsig.Key("xfr.", SECRET, "hmac-sha256")}
SECONDS_MAX = 30


def soa(serial):
    return f"{APEX} 300 IN SOA ns.{APEX} admin.{APEX} {serial} 7200 3600 1209600 300"


def host(number):
    return f"h{number}.{APEX} 60 IN A 192.0.2.{number}"


AXFR = [[soa(3), host(1)], [host(2)], [host(3), soa(3)]]
IXFR = [[soa(3), soa(1), host(1), soa(2)], [host(2), soa(2), soa(3)], [host(3), soa(3)]]


class Primary:
    """Answers one transfer with these messages, and says nothing more on the connection."""

    def __init__(self, messages, tamper=False):
        self.messages, self.tamper, self.queries = messages, tamper, []
        self.listener = socket.create_server(("127.0.0.1", free_port()))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        connection = self.listener.accept()[0]
        connection.settimeout(SECONDS_MAX)
        with connection:
            stream = connection.makefile("rb")
            (size,) = struct.unpack("!H", stream.read(2))
            query = dns.message.from_wire(stream.read(size), keyring=KEYRING)
            self.queries.append(query)
            context = None
            for number, texts in enumerate(self.messages):
                response = dns.message.make_response(query) if number == 0 else dns.message.Message(query.id)
                response.flags = 0x8400
                response.answer = [dns.rrset.from_text(*text.split(" ", 4)) for text in texts]
                if query.had_tsig:
                    response.use_tsig(KEYRING, "xfr.", algorithm=dns.tsig.HMAC_SHA256)
                    response.request_mac = query.mac
                wire = response.to_wire(multi=True, tsig_ctx=context)
                context = response.tsig_ctx
                if self.tamper and number == 1:
                    wire = wire.replace(bytes([192, 0, 2, 2]), bytes([192, 0, 2, 9]))
                connection.sendall(struct.pack("!H", len(wire)) + wire)
            stream.read(1)  # until the client closes

    def close(self):
        self.listener.close()
        self.thread.join(SECONDS_MAX)


@pytest.fixture(name="primary")
def make_primary():
    made = []

    def make(messages, **more):
        made.append(Primary(messages, **more))
        return made[-1]

    yield make
    for primary in made:
        primary.close()


def query(*words):
    return subprocess.run([atlas_program("atlasctl"), "query", *words], capture_output=True, text=True, timeout=SECONDS_MAX)


def records(output):
    return [" ".join(line.split(";")[0].split()) for line in output.splitlines() if line and not line.startswith(";")]


def test_a_whole_zone_is_shown(primary):
    server = primary(AXFR)
    done = query(f"@{server.address}", APEX, "AXFR")
    assert done.returncode == 0, done.stderr
    assert records(done.stdout) == [soa(3), host(1), host(2), host(3), soa(3)]
    assert " in 3 messages from 127.0.0.1:" in done.stdout
    assert server.queries[0].question[0].rdtype == dns.rdatatype.AXFR


def test_steps_from_a_version_are_shown(primary):
    server = primary(IXFR)
    reply = json.loads(query(f"@{server.address}", APEX, "IXFR=1", "+json").stdout)
    assert len(reply["responseMessage"]["answerRRs"]) == sum(map(len, IXFR))
    assert reply["messages"] == 3 and reply["transport"] == "TCP"
    (asked_from,) = server.queries[0].authority
    assert asked_from[0].serial == 1


def test_nothing_newer_is_one_soa(primary):
    server = primary([[soa(3)]])
    assert records(query(f"@{server.address}", APEX, "IXFR=3").stdout) == [soa(3)]


def test_every_message_is_verified(primary):
    key = f"hmac-sha256:xfr.:{SECRET}"
    done = query(f"@{primary(AXFR).address}", APEX, "AXFR", "--key", key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ";; signature verified, key xfr." in done.stdout
    done = query(f"@{primary(AXFR, tamper=True).address}", APEX, "AXFR", "--key", key)
    assert done.returncode == 9
    assert ";; signature not verified" in done.stdout


def test_a_transfer_that_breaks_off_is_an_error(primary):
    done = query(f"@{primary(AXFR[:2]).address}", APEX, "AXFR", "+time=1")
    assert done.returncode == 9
    assert "behind 2 messages of the transfer" in done.stderr


def test_no_transfer_goes_over_http():
    done = query("@127.0.0.1", APEX, "AXFR", "+https")
    assert done.returncode == 1
    assert "a transfer does not go over HTTP" in done.stderr
