"""Clients that change a zone by signed updates and keep what was acknowledged, to look later whether it is there.

Each update changes two names together, each to an RRset of several TXT records that say which update made them. So it is
seen whether an update is lost, is there by half, or only some of its records are.
"""

import contextlib
import json
import random
import socket
import threading
import time

import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update
import update_servers

APEX = "example.test."
ANSWER_SECONDS = 5
LOOK_SECONDS = 0.1  # between two looks whether anybody still waits for the answer
# Records of an RRset, and octets of each: more than a page together now and then, and still within one answer over UDP.
RECORDS_MAX = 5
OCTETS_MAX = 200
KEYS = dns.tsigkeyring.from_text({update_servers.KEY_NAME: (update_servers.ALGORITHM, update_servers.SECRET)})


def strings_of(change):
    """What the TXT records of a change say; none of the change 0, which is that nothing is there."""
    number, kind = change
    if kind == "removed":
        return frozenset()
    generator = random.Random(number)
    count = generator.randint(1, RECORDS_MAX)
    return frozenset(f"{number} {place}/{count} {'x' * generator.randint(0, OCTETS_MAX)}" for place in range(count))


class Asker:
    """One question at a time over UDP. Waits for no answer once `stopping` is set."""

    def __init__(self, port, stopping=None):
        self.stopping = stopping or threading.Event()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(LOOK_SECONDS)
        self.socket.connect(("127.0.0.1", port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, message):
        """What is answered to it."""
        self.socket.send(message)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self.stopping.is_set() and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                answer = self.socket.recv(65535)
                if answer[:2] == message[:2]:
                    return answer
        raise TimeoutError("no answer")

    def answer(self, name, rrtype):
        query = dns.message.make_query(name, rrtype, use_edns=0, payload=1232)
        return dns.message.from_wire(self.send(query.to_wire()))

    def strings(self, name):
        """What the TXT records of a name say."""
        answer = self.answer(name, "TXT")
        return frozenset(
            b"".join(record.strings).decode() for found in answer.answer if found.rdtype == dns.rdatatype.TXT for record in found
        )

    def serial(self):
        return self.answer(APEX, "SOA").answer[0][0].serial


class Pair:
    """Two names that change together."""

    def __init__(self, name):
        self.names = (f"{name}a.{APEX}", f"{name}b.{APEX}")
        self.held = (0, "removed")  # the last change that was acknowledged, or found
        self.unanswered = None  # one that may have happened


class Client(threading.Thread):
    """Sends one update after another, until the server is gone or it is told to stop."""

    def __init__(self, port, pairs, numbers, log, seed):
        super().__init__()
        self.port = port
        self.pairs = pairs
        self.numbers = numbers
        self.log = log
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.acknowledged = 0
        self.serial = 0  # the largest that was seen
        self.faults = []

    def run(self):
        with Asker(self.port, self.stopping) as asker:
            try:
                while not self.stopping.is_set():
                    self.change_one(asker)
            except (OSError, EOFError):
                pass  # the server is gone
            except (dns.exception.DNSException, AssertionError) as error:
                self.faults.append(f"client: {error!r}")

    def change_one(self, asker):
        pair = self.random.choice(self.pairs)
        change = (next(self.numbers), "removed" if self.random.random() < 0.15 else "made")
        update = dns.update.UpdateMessage(APEX, keyring=KEYS)
        held = strings_of(pair.held)
        if self.random.random() < 0.3:
            for name in pair.names:
                for text in held:
                    update.present(name, "TXT", f'"{text}"')
                if not held:
                    update.absent(name, "TXT")
        for name in pair.names:
            update.delete(name, "TXT")
            for text in strings_of(change):
                update.add(name, 60, "TXT", f'"{text}"')
        pair.unanswered = change
        wire = update.to_wire()
        answer = dns.message.from_wire(asker.send(wire), keyring=KEYS, request_mac=update.mac)
        if answer.rcode() != dns.rcode.NOERROR:
            pair.unanswered = None
            self.faults.append(f"an update of {pair.names[0]} was answered {dns.rcode.to_text(answer.rcode())}")
            return
        assert answer.had_tsig, "an answer that is not signed"
        changes = strings_of(change) != held
        pair.held, pair.unanswered = change, None
        self.acknowledged += 1
        self.look(asker, pair, changes)

    def look(self, asker, pair, changes):
        """What was acknowledged is seen at once, and the serial moves on where something changed."""
        serial = asker.serial()
        if serial < self.serial + changes:
            self.faults.append(f"the serial is {serial} behind a change, and was {self.serial} before")
        self.serial = serial
        self.log.write(json.dumps({"names": pair.names, "change": pair.held, "serial": serial, "at": time.time()}) + "\n")
        if self.random.random() < 0.2:
            for name in pair.names:
                if asker.strings(name) != strings_of(pair.held):
                    self.faults.append(f"{name} does not show the change that was acknowledged")


class Watcher(threading.Thread):
    """Asks for the names of pairs: both show the same change, and all of it."""

    def __init__(self, port, pairs, seed):
        super().__init__()
        self.port = port
        self.pairs = pairs
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.looks = 0
        self.serial = 0
        self.faults = []

    def run(self):
        with Asker(self.port, self.stopping) as asker, contextlib.suppress(OSError):
            while not self.stopping.is_set():
                self.look(asker, self.random.choice(self.pairs))
                time.sleep(0.002)

    def look(self, asker, pair):
        first, second = self.random.sample(pair.names, 2)
        before = asker.strings(first)
        other = asker.strings(second)
        after = asker.strings(first)
        serial = asker.serial()
        if serial < self.serial:
            self.faults.append(f"the serial went from {self.serial} to {serial}")
        self.serial = serial
        self.looks += 1
        for strings in (before, other):
            if not is_whole(strings):
                self.faults.append(f"a part of an RRset of {pair.names} is seen: {shortened(strings)}")
        # Names of changes are never used again: what was the same before and after was so between.
        if before == after != other:
            self.faults.append(f"one name of {pair.names} shows {shortened(before)}, the other {shortened(other)}")


def is_whole(strings):
    return not strings or strings == strings_of((int(next(iter(strings)).split()[0]), "made"))


def shortened(strings):
    return sorted(text.strip("x") for text in strings)


def check(port, pairs):
    """Faults of what a server has of these pairs. What it has is what they hold from here on."""
    faults = []
    with Asker(port) as asker:
        for pair in pairs:
            first, second = (asker.strings(name) for name in pair.names)
            allowed = [pair.held, *([pair.unanswered] if pair.unanswered else [])]
            found = next((change for change in allowed if strings_of(change) == first), None)
            if first != second:
                faults.append(f"half of a change: {pair.names} have {shortened(first)} and {shortened(second)}, not {allowed}")
            elif found is None:
                faults.append(f"lost: {pair.names} have {shortened(first)}, not {allowed}")
            pair.held = found or (int(next(iter(first)).split()[0]) if first else 0, "made" if first else "removed")
            pair.unanswered = None
    return faults


def ask_serial(port):
    with Asker(port) as asker:
        return asker.serial()
