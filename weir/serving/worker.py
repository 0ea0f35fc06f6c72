"""gunicorn's gevent worker, with an end that does not wait for who is idle, and a bound for who is silent."""

from __future__ import annotations

import contextlib
import functools
import logging
import time
from http import HTTPStatus
from types import FrameType, TracebackType
from typing import Any

import gevent
import msgspec
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer
from greenlet import greenlet
from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.util import write_nonblock
from gunicorn.workers.base_async import AsyncWorker
from gunicorn.workers.ggevent import GeventWorker

from weir.api.problem import MEDIA, ProblemAnswer

HEARTBEAT_S = 1.0
REFUSED = {
    LimitRequestLine: (414, "target-too-long"),
    LimitRequestHeaders: (431, "head-too-large"),
    UnsupportedTransferCoding: (501, "transfer-coding"),
    ExpectationFailed: (417, "expectation"),
}
DETAILS = {
    "target-too-long": "The request line is over 8190 bytes.",
    "head-too-large": "The request has over 64 header fields, or one over 8190 bytes.",
}
MALFORMED = "This is no HTTP/1.1 request that could be understood in one way only."
SILENCE_S = 30.0
"""How long a client may send nothing of a body, or take nothing of an answer."""


class ServingWorker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Streams watch ``app.stopping``; connections between two requests are closed when the worker stops."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.idle: dict[greenlet, gevent.Timeout] = {}
        self.stopping: Event | None = None
        self.log.error_log.addFilter(is_worth_a_line)

    def run(self) -> None:
        """As gunicorn's own, but the end is noticed at once and not within a second."""
        self.stopping = stopping = Event()
        servers = [self._server(listener) for listener in self.sockets]
        for server in servers:
            server.start()
        while self.alive:
            self.notify()
            stopping.wait(HEARTBEAT_S)
        for server in servers:
            server.close()
        self._end_idle()
        self._wait_for(servers)

    def _server(self, listener: Any) -> StreamServer:
        listener.setblocking(1)
        handle = functools.partial(self.handle, listener)
        server = StreamServer(listener, handle=handle, spawn=Pool(self.worker_connections))
        if self.cfg.workers > 1:
            server.max_accept = 1
        return server

    def _wait_for(self, servers: list[StreamServer]) -> None:
        """Until the last request is answered, or the time for it is over."""
        deadline = time.monotonic() + self.cfg.graceful_timeout
        for server in servers:
            while server.pool and not server.pool.join(HEARTBEAT_S) and time.monotonic() < deadline:
                self.notify()
            server.stop(timeout=1)

    def handle(self, listener: Any, client: Any, address: Any) -> None:
        client.settimeout(SILENCE_S)
        AsyncWorker.handle(self, listener, client, address)

    def timeout_ctx(self) -> Idle:
        return Idle(self.idle, self.cfg.keepalive)

    def handle_error(self, request: Any, client: Any, address: Any, error: BaseException) -> None:
        """What is no HTTP is refused as problem+json; of it nothing is logged, for it may hold anything."""
        is_ours = isinstance(error, InvalidResponseHeader | InvalidResponseHeaderName)
        if is_ours or not isinstance(error, ParseException):
            super().handle_error(request, client, address, error)
            return
        with contextlib.suppress(OSError):
            write_nonblock(client, refusal_of(error))

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        if self.app.stopping is not None:
            self.app.stopping.set()
        super().handle_exit(number, frame)
        if self.stopping is not None:
            self.stopping.set()

    def _end_idle(self) -> None:
        for waiting, timeout in list(self.idle.items()):
            gevent.kill(waiting, timeout)


class Idle:
    """While a connection waits for a request: for so many seconds, or until the worker stops."""

    def __init__(self, idle: dict[greenlet, gevent.Timeout], seconds: float) -> None:
        self._idle = idle
        self._timeout = gevent.Timeout(seconds)

    def __enter__(self) -> None:
        self._idle[gevent.getcurrent()] = self._timeout
        self._timeout.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        del self._idle[gevent.getcurrent()]
        self._timeout.close()
        return error is self._timeout


def refusal_of(error: ParseException) -> bytes:
    """The whole answer; the connection is closed after it."""
    status, code = REFUSED.get(type(error), (400, "malformed"))
    phrase = HTTPStatus(status).phrase
    problem = ProblemAnswer(title=phrase, status=status, detail=DETAILS.get(code, MALFORMED), code=code)
    body = msgspec.json.encode(problem)
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nConnection: close\r\nContent-Type: {MEDIA}\r\n"
        f"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """A client that fell silent is no fault of ours."""
    return not (record.exc_info and isinstance(record.exc_info[1], TimeoutError))
