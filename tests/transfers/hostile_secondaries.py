"""Clients that are a burden to a primary: what they ask for and how they take it. Each works on sockets of its own."""

import contextlib
import selectors
import socket
import struct
import time

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig

import random_changes

RESET = struct.pack("ii", 1, 0)


def axfr_query(apex, number=1):
    """Signed, with its length in front."""
    query = dns.message.make_query(apex, "AXFR")
    query.id = number
    query.use_tsig(random_changes.KEYRING)
    wire = query.to_wire()
    return len(wire).to_bytes(2, "big") + wire


def connect(port, source="127.0.0.1", buffer_octets=None):
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if buffer_octets:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_octets)
    client.settimeout(10)
    client.bind((source, 0))
    client.connect(("127.0.0.1", port))
    return client


def read_messages(client, is_last, seconds=30):
    """Messages until is_last(message), by their ids; those of a connection that was closed are what came."""
    client.settimeout(seconds)
    found = {}
    data = b""
    with contextlib.suppress(OSError):
        while True:
            while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
                piece = client.recv(1 << 16)
                if not piece:
                    return found
                data += piece
            length = int.from_bytes(data[:2], "big")
            wire, data = data[2 : 2 + length], data[2 + length :]
            found.setdefault(int.from_bytes(wire[:2], "big"), []).append(wire)
            if is_last(wire, found):
                return found
    return found


def is_whole(wires):
    """Whether messages are an AXFR: an SOA first and last. Signatures are not looked at."""
    messages = [dns.message.from_wire(wire, ignore_trailing=True, keyring=False, one_rr_per_rrset=True) for wire in wires]
    answers = [rrset for message in messages for rrset in message.answer]
    return len(answers) > 1 and answers[0].rdtype == answers[-1].rdtype == dns.rdatatype.SOA


def ends_with_soa(wire):
    message = dns.message.from_wire(wire, keyring=False, one_rr_per_rrset=True)
    return message.rcode() != dns.rcode.NOERROR or (message.answer and message.answer[-1].rdtype == dns.rdatatype.SOA)


def many_at_once(port, apex, count, seconds):
    """So many connections that ask for the zone at once and read as fast as they can: how many got all of it, how many an RCODE instead,
    and from how many the server took the connection away."""
    whole = turned_away = closed = 0
    selector = selectors.DefaultSelector()
    clients = {}
    query = axfr_query(apex)
    for _ in range(count):
        with contextlib.suppress(OSError):
            client = connect(port)
            client.sendall(query)
            client.setblocking(False)
            clients[client] = bytearray()
            selector.register(client, selectors.EVENT_READ)
    refused_connections = count - len(clients)
    end = time.monotonic() + seconds
    while clients and time.monotonic() < end:
        for key, _ in selector.select(0.5):
            client = key.fileobj
            try:
                piece = client.recv(1 << 18)
            except OSError:
                piece = b""
            clients[client] += piece
            state = state_of(clients[client])
            if state or not piece:
                whole += state == "whole"
                turned_away += state == "turned away"
                closed += not state
                selector.unregister(client)
                client.close()
                del clients[client]
    unfinished = len(clients)
    for client in clients:
        client.close()
    return {"whole": whole, "turned away": turned_away, "closed": closed + refused_connections, "unfinished": unfinished}


def state_of(data):
    """Of a stream of messages so far."""
    position, last, count = 0, None, 0
    while len(data) >= position + 2:
        length = int.from_bytes(data[position : position + 2], "big")
        if len(data) < position + 2 + length:
            return ""
        last = data[position + 2 : position + 2 + length]
        position += 2 + length
        count += 1
    if last is None or position != len(data):
        return ""
    if last[3] & 0x0F:
        return "turned away"
    # The first SOA is not the last, unless the zone is that small.
    return "whole" if ends_with_soa(bytes(last)) and (count > 1 or int.from_bytes(last[6:8], "big") > 1) else ""


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()
