"""The status listener: ``/healthz`` (alive), ``/readyz`` (send requests here?), ``/metrics``, pages of JSON.

One request per connection, bounded in size, time and number: a scraper that hangs costs one greenlet for a while.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple

import gevent
from gevent.pool import Pool
from gevent.server import StreamServer
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from edge.agent.facts import Readiness

MAX_HEAD = 8 * 1024
"""Bytes of a request head."""
MAX_CONNECTIONS = 64
REQUEST_S = 5.0
"""From the accept to the last byte of the answer."""


Pages = Mapping[str, Callable[[], dict[str, Any]]]
"""Path → what is said there as JSON."""
NO_PAGES: Pages = MappingProxyType({})


class Answer(NamedTuple):
    status: int
    content_type: str
    body: bytes


class StatusServer:
    """Serves ``listener``; ``metrics`` is asked at every ``/metrics``, ``ready`` at ``/readyz``, ``pages`` at each of
    their paths."""

    def __init__(
        self,
        listener: socket.socket,
        metrics: Callable[[], bytes],
        ready: Callable[[], Readiness],
        pages: Pages = NO_PAGES,
    ) -> None:
        self._pages = pages
        self._metrics = metrics
        self._ready = ready
        self._server = StreamServer(listener, self._serve, spawn=Pool(MAX_CONNECTIONS))

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        """Takes no more; answers that are being written get a second."""
        self._server.stop(timeout=1)

    def answer(self, method: str, path: str) -> Answer:
        """What a request gets; the query does not matter."""
        if method not in ("GET", "HEAD"):
            return _text(405, "only GET and HEAD\n")
        match path.partition("?")[0]:
            case "/healthz":
                return _text(200, "ok\n")
            case "/readyz":
                readiness = self._ready()
                return _json(readiness.status, readiness.body)
            case "/metrics":
                return Answer(200, CONTENT_TYPE_LATEST, self._metrics())
            case page if page in self._pages:
                return _json(200, self._pages[page]())
            case _:
                return _text(404, f"try {', '.join(('/healthz', '/readyz', *self._pages))} or /metrics\n")

    def _serve(self, client: socket.socket, _address: object) -> None:
        with client:
            try:
                with gevent.Timeout(REQUEST_S, TimeoutError("too slow")):
                    self._converse(client)
            except OSError:
                return  # the asker went away or is too slow: nobody is left to tell

    def _converse(self, client: socket.socket) -> None:
        head = _read_head(client)
        if head is None:
            return
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        path, _, version = rest.partition(" ")
        sound = version.startswith("HTTP/1.") and path.startswith("/")
        answer = self.answer(method, path) if sound else _text(400, "not an HTTP/1.1 request\n")
        client.sendall(_head_of(answer))
        if method != "HEAD":
            client.sendall(answer.body)
        client.shutdown(socket.SHUT_WR)


def _json(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, "application/json", json.dumps(body).encode() + b"\n")


def _text(status: int, text: str) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", text.encode())


def _read_head(client: socket.socket) -> bytes | None:
    """The bytes up to the empty line; None if there is none within ``MAX_HEAD`` bytes."""
    head = b""
    while b"\r\n\r\n" not in head:
        if len(head) > MAX_HEAD:
            return None
        piece = client.recv(MAX_HEAD)
        if not piece:
            return None
        head += piece
    return head


def _head_of(answer: Answer) -> bytes:
    lines = (
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        "Cache-Control: no-store",
        "Connection: close",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
