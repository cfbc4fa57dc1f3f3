"""A reload changes what is answered and nothing else: no query is lost or answered wrongly while one goes on."""

import pathlib
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402
from test_server import ZONE, control  # noqa: E402

ZONES = 12_000
# Zones that are asked for; one in the middle changes.
ASKED = [f"z{number}.test" for number in range(0, ZONES, 40)]
CHANGED = "z6000.test"
OLD, NEW = (socket.inet_aton(address) for address in ("192.0.2.1", "192.0.2.2"))
# Queries on their way: few enough for every socket buffer, so that one without an answer was lost by the server.
WINDOW = 64
ANSWER_SECONDS = 5


class Sender(threading.Thread):
    """Asks as fast as it is answered, and keeps every query that was not answered as it must be."""

    def __init__(self, port):
        super().__init__()
        self.port = port
        self.running = True
        self.changed = False  # set once the reload is over: the old answer is wrong from here on
        self.answered = 0
        self.faults = []
        self.answers = {OLD: 0, NEW: 0}  # of the zone that changes

    def run(self):
        queries = [b"\0\0\0\1\0\0\0\0\0\0" + servers.wire_name(f"www.{zone}") + b"\0\1\0\1" for zone in ASKED]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(ANSWER_SECONDS)
            client.connect(("127.0.0.1", self.port))
            turn = 0
            while self.running:
                waiting = {}
                for _ in range(WINDOW):
                    index = turn % len(ASKED)
                    if turn % 2 == 0:
                        index = ASKED.index(CHANGED)
                    identifier = turn % 65536
                    waiting[identifier] = (index, self.changed)
                    client.send(identifier.to_bytes(2, "big") + queries[index])
                    turn += 1
                while waiting:
                    try:
                        answer = client.recv(4096)
                    except TimeoutError:
                        self.faults += [f"lost: {ASKED[index]}" for index, _ in waiting.values()]
                        return
                    index, changed = waiting.pop(int.from_bytes(answer[:2], "big"))
                    self.check(ASKED[index], changed, answer)

    def check(self, zone, changed, answer):
        self.answered += 1
        allowed = [OLD] if zone != CHANGED else [NEW] if changed else [OLD, NEW]
        if answer[3] & 15 != 0 or answer[6:8] != b"\0\1" or answer[-4:] not in allowed:
            self.faults.append(f"wrong: {zone} {answer.hex()}")
        elif zone == CHANGED:
            self.answers[answer[-4:]] += 1


def test_no_query_is_lost_or_answered_wrongly_by_reloads(tmp_path):
    zones = {}
    for number in range(ZONES):
        path = tmp_path / f"z{number}.zone"
        path.write_text(ZONE.format(serial=1, address="192.0.2.1"))
        zones[f"z{number}.test."] = path
    with servers.running(servers.Atlas, zones) as server:
        before = control(server, "GET", "/v1/stats")[1]
        sender = Sender(server.port)
        sender.start()
        try:
            time.sleep(0.5)
            zones[f"{CHANGED}."].write_text(ZONE.format(serial=2, address="192.0.2.2"))
            status, body = control(server, "POST", f"/v1/zones/{CHANGED}/reload")
            assert status == 200, body
            sender.changed = True
            time.sleep(0.3)
            # One zone more, and every other one looked at again.
            added = tmp_path / "added.zone"
            added.write_text(ZONE.format(serial=1, address="192.0.2.1"))
            config = server.folder / "atlas.yaml"
            config.write_text(config.read_text() + f'  - {{zone: "added.test.", file: "{added}"}}\n')
            for _ in range(3):
                status, body = control(server, "POST", "/v1/reload")
                assert status == 200, body
            assert control(server, "GET", "/v1/status")[1]["zones_serving"] == ZONES + 1
            time.sleep(0.3)
        finally:
            sender.running = False
            sender.join()
        assert sender.faults[:5] == []
        assert sender.answers[OLD] > 0 and sender.answers[NEW] > 0
        after = control(server, "GET", "/v1/stats")[1]
        for counted in ("queries", "responses"):
            assert after[counted]["udp"] - before[counted]["udp"] == sender.answered > 1000
        print(f"{sender.answered} queries answered during reloads")
