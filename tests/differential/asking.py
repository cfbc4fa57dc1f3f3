"""Asks one server many queries, many at a time."""

import select
import socket
import struct
import time

UDP_WINDOW = 128
TCP_CONNECTIONS = 32
TCP_SECONDS = 5
RETRY_SECONDS = 0.25
RETRIES_MAX = 3


def ask_udp(port, queries, address="127.0.0.1"):
    """One response for each query, None where there was none. Each query's id is replaced by its place."""
    responses = [None] * len(queries)
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        udp.connect((address, port))
        udp.setblocking(False)
        for start in range(0, len(queries), UDP_WINDOW):
            missing = set(range(start, min(start + UDP_WINDOW, len(queries))))
            for _ in range(RETRIES_MAX):
                for i in missing:
                    udp.send(struct.pack("!H", i & 0xFFFF) + queries[i][2:])
                deadline = time.monotonic() + RETRY_SECONDS
                while missing and select.select([udp], [], [], max(0, deadline - time.monotonic()))[0]:
                    try:
                        while missing:
                            response = udp.recv(65535)
                            i = start + ((response[0] << 8 | response[1]) - start & 0xFFFF)
                            if i in missing:
                                missing.remove(i)
                                responses[i] = response
                    except BlockingIOError:
                        pass
                if not missing:
                    break
    return responses


def ask_tcp(port, queries, address="127.0.0.1"):
    """As ask_udp, one query at a time on each of several connections: not every server reads ahead."""
    responses = [None] * len(queries)
    connections = [None] * TCP_CONNECTIONS
    for start in range(0, len(queries), TCP_CONNECTIONS):
        window = range(start, min(start + TCP_CONNECTIONS, len(queries)))
        for _ in range(RETRIES_MAX):
            missing = [i for i in window if responses[i] is None]
            for i in missing:
                slot = i - start
                try:
                    if connections[slot] is None:
                        connections[slot] = socket.create_connection((address, port), TCP_SECONDS)
                    connections[slot].sendall(struct.pack("!HH", len(queries[i]), i & 0xFFFF) + queries[i][2:])
                except OSError:
                    connections[slot] = None
            for i in missing:
                slot = i - start
                try:
                    responses[i] = receive_tcp(connections[slot])
                except (OSError, AttributeError):
                    connections[slot] = None
            if all(responses[i] is not None for i in window):
                break
    for connection in connections:
        if connection is not None:
            connection.close()
    return responses


def receive_tcp(connection):
    octets = b""
    while len(octets) < 2 or len(octets) < 2 + (octets[0] << 8 | octets[1]):
        more = connection.recv(65537)
        if not more:
            raise OSError("closed")
        octets += more
    return octets[2:]
