"""A worker's engine in this process, with real sockets: clients and upstreams are as they are, no worker is forked.

Its loop runs whenever a test waits for something in it; what it counts and remembers can be looked at.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import gevent
import gevent.socket
from gevent.event import Event

from edge.downstream.connection import Downstream
from edge.limiting.verdict import Limiting
from edge.transport import Transport
from tests.support.in_process import InProcess
from tests.support.upstream import Request, Upstream

PATIENCE_S = 20.0
KNOWN = 3
"""After so many times a head is known, and what is sent for it."""


class Client:
    """One connection to the engine."""

    def __init__(self, edge: Served, peer: str = "192.0.2.7") -> None:
        ours, theirs = gevent.socket.socketpair()
        ours.settimeout(PATIENCE_S)
        self.sock = ours
        self.edge = edge
        self.peer = peer
        self.over = Event()
        """Set when the edge closed it."""
        self.downstream = Downstream(edge.engine, Transport(theirs), peer, 80, "http", self.over.set)
        gevent.get_hub().loop.run_callback(self.downstream.begin)

    def send(self, data: bytes) -> Client:
        self.sock.sendall(data)
        return self

    def answer(self) -> bytes:
        """One with Content-Length, or chunked; what came when the edge closes."""
        data = b""
        while not _is_whole(data):
            more = self.sock.recv(65536)
            if not more:
                return data
            data += more
        return data

    def ask(self, data: bytes) -> bytes:
        return self.send(data).answer()

    def close(self) -> None:
        self.sock.close()
        self.over.wait(PATIENCE_S)


class Served(InProcess):
    """``client`` connects to it; its sweeper runs until ``stop``."""

    known_by_others = False
    """What ``known`` makes known comes on another connection: then a client has no greenlet yet."""

    def __init__(self, directory: Path, rules: str, limiter: Limiting | None = None) -> None:
        super().__init__(directory, rules, limiter)
        self.clients: list[Client] = []
        self.engine.sweeper.start()

    def client(self, peer: str = "192.0.2.7") -> Client:
        self.clients.append(Client(self, peer))
        return self.clients[-1]

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        self.engine.sweeper.stop()


def get(path: str = "/", *lines: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: a.test", *lines, "", ""]).encode()


def known(client: Client, data: bytes) -> None:
    asks = Client(client.edge, client.peer) if client.edge.known_by_others else client
    for _ in range(KNOWN):
        assert b" 200 " in asks.ask(data)
    if asks is not client:
        asks.close()
    assert client.downstream.has_greenlet is (asks is client)


def slow(client: Client) -> Client:
    """All of its requests are for the pipeline."""
    client.downstream._fast.take = lambda _: False
    return client


def settled(served: Served) -> bool:
    """Nothing is under way, or held for something that is over."""
    engine = served.engine
    return engine.telemetry.in_flight == 0 and engine.snapshot.users == 0


def sent(request: Request) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Without what differs each time."""
    ids = (b"x-request-id", b"traceparent")
    return request.line, sorted(field for field in request.headers if field[0].lower() not in ids)


def without_ids(answer: bytes) -> list[bytes]:
    """Its lines. Fields of different names have no order (RFC 9110 section 5.3): theirs depends on how much of the body
    is there when the head is passed on."""
    blocks = answer.split(b"\r\n\r\n")
    return [line for block in blocks for line in _in_order(block) if not _differs(line)]


def _in_order(block: bytes) -> list[bytes]:
    first, *fields = block.split(b"\r\n")
    if not first.startswith(b"HTTP/1.1 "):
        return [first, *fields]
    return [first, *sorted(fields, key=lambda line: line.partition(b":")[0].lower())]


def _differs(line: bytes) -> bool:
    """Each time."""
    return b"equest-Id" in line or b"request_id" in line or b"Date" in line


def until(is_so: Callable[[], bool]) -> None:
    with gevent.Timeout(20):
        while not is_so():
            gevent.sleep(0.002)


def proxy(upstream: Upstream, clauses: str = "", of_upstream: str = "") -> str:
    return f"upstream u {{ target {upstream.url}; {of_upstream} }}\nrule all {{ {clauses}; proxy u }}"


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
        if line.startswith(b"transfer-encoding:"):
            return body.endswith(b"0\r\n\r\n")
    return True


def reset(sock: socket.socket) -> None:
    """Closes with a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()
