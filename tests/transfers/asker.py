"""One who asks over UDP all the time while something else goes on."""

import socket
import threading
import time

TYPE_A, CLASS_IN = b"\0\1", b"\0\1"


def a_query(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    return b"\x12\x34" + b"\1\0" + b"\0\1" + bytes(6) + labels + b"\0" + TYPE_A + CLASS_IN


class Asker(threading.Thread):
    """`slowest`, in seconds, and `lost` say how it was answered."""

    def __init__(self, port, name):
        super().__init__(daemon=True)
        self.address = ("127.0.0.1", port)
        self.query = a_query(name)
        self.stopping = threading.Event()
        self.answered = self.lost = 0
        self.slowest = 0.0

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(1)
            client.connect(self.address)
            while not self.stopping.wait(0.01):
                begun = time.monotonic()
                client.send(self.query)
                try:
                    client.recv(4096)
                except TimeoutError:
                    self.lost += 1
                    continue
                self.answered += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()
