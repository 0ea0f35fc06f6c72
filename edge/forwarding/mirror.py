"""Copies of requests for another upstream: ``mirror``. Their answers are read and dropped.

The real request waits for nothing here and fails with nothing here. A copy goes out when its body is complete; a body
is kept up to a bound and no copy is made of a longer one. So many copies may be under way in a worker, and what would
be one more is counted instead, as is one for which the upstream's ``concurrency`` has no place. A copy says
``X-Weir-Mirror: 1``, so that its receiver can leave undone what must not be done twice; clients cannot send that field.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, NamedTuple

import gevent

from edge.http.upgrade import asks_for_upgrade
from edge.http.writer import request_head
from edge.telemetry.telemetry import Telemetry
from edge.upstream.errors import UpstreamError
from edge.upstream.target import Target

if TYPE_CHECKING:
    from edge.exchange import Exchange
    from edge.versions.plan import Share

MAX_BODY = 64 * 1024
"""Bytes of a request's body."""
MAX_IN_FLIGHT = 64
"""Copies of one worker that wait for their bodies or their answers."""
MAX_S = 30.0
"""Seconds from the start of a copy to the end of its answer, if the upstream's ``timeout total`` is not shorter."""
MAX_ANSWER = 1024 * 1024
"""Bytes of an answer that are read to keep the connection; a longer one closes it."""

log = logging.getLogger("weir.edge")


class Mirror(NamedTuple):
    """Of a rule."""

    share: Share
    chance: float
    """0 to 1."""


class Copy:
    """One request on its way to be copied; it has a place among those in flight until it is sent or dropped."""

    __slots__ = ("_body", "_exchange", "_mirrors", "_share")

    def __init__(self, mirrors: Mirrors, exchange: Exchange, share: Share) -> None:
        self._mirrors = mirrors
        self._exchange = exchange
        self._share = share
        self._body = b""

    def add(self, data: bytes, *, last: bool) -> None:
        """The next piece of the body; with the last one, the copy goes out. Never raises, never waits."""
        self._body += data
        if len(self._body) > MAX_BODY:
            self.drop("body-too-large")
        elif last:
            self._exchange.copy = None
            self._mirrors.send(self._share, self._exchange, self._body)

    def drop(self, outcome: str) -> None:
        """It will not be sent."""
        self._exchange.copy = None
        self._mirrors.over(self._share.upstream.name, outcome)


class Mirrors:
    """Of one worker."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self.in_flight = 0

    def begin(self, exchange: Exchange, share: Share) -> None:
        """Before the request is forwarded; ``exchange.copy`` takes its body as it is read."""
        refused = self._refused(exchange)
        if refused:
            self._telemetry.mirror(share.upstream.name, refused)
            return
        self.in_flight += 1
        exchange.copy = Copy(self, exchange, share)
        if exchange.message.complete and not exchange.message.pieces:
            exchange.copy.add(b"", last=True)

    def send(self, share: Share, exchange: Exchange, body: bytes) -> None:
        """Everything is taken from the exchange now, and it is not looked at later."""
        upstream = share.upstream
        target = upstream.choose("" if upstream.key is None else upstream.key(exchange))
        if target is None:
            self.over(upstream.name, "failed")
            return
        request = _request(share, target, exchange, body)
        if upstream.gate is not None and not upstream.gate.slots.try_enter():
            self.over(upstream.name, "overloaded")
            return
        gevent.spawn(self._run, share, target, request, exchange.method == "HEAD")

    def over(self, upstream: str, outcome: str) -> None:
        """A copy gives its place free."""
        self.in_flight -= 1
        self._telemetry.mirror(upstream, outcome)

    def _refused(self, exchange: Exchange) -> str:
        """Why there is no copy; empty where there can be one."""
        length = exchange.head.length
        if asks_for_upgrade(exchange.head):
            return "upgrade"
        if length is not None and length > MAX_BODY:
            return "body-too-large"
        return "too-many" if self.in_flight >= MAX_IN_FLIGHT else ""

    def _run(self, share: Share, target: Target, request: bytes, is_head: bool) -> None:
        outcome, gate = "failed", share.upstream.gate
        in_flight, began = 0 if gate is None else gate.slots.in_flight, time.monotonic()
        try:
            status, seconds = _send(share, target, request, is_head)
            outcome = "answered"
            if gate is not None:
                gate.answered(status, seconds, in_flight)
        except UpstreamError as error:
            log.debug("a copy for %s failed: %s", target.url, error.detail)
            if gate is not None:
                gate.failed(error, time.monotonic() - began, in_flight)
        finally:
            if gate is not None:
                gate.slots.leave()
            self.over(share.upstream.name, outcome)


def _request(share: Share, target: Target, exchange: Exchange, body: bytes) -> bytes:
    """As it is forwarded, its body with a length."""
    head = exchange.head
    fields = exchange.fields
    if not exchange.forwarding_written:
        fields = fields + exchange.added_fields()
    more = b"X-Weir-Mirror: 1\r\n"
    if head.lengths or head.length is None:
        more += b"Content-Length: %d\r\n" % len(body)
    host = target.authority if share.host_of_target else share.host or exchange.host_sent
    path = exchange.sent_path or exchange.path + exchange.query_string
    return request_head(head.method, path.encode("ascii"), host, fields, more) + body


def _send(share: Share, target: Target, request: bytes, is_head: bool) -> tuple[int, float]:
    """The answer's status, and after how many seconds its head came. Raises UpstreamError."""
    began = time.monotonic()
    until = began + min(MAX_S, MAX_S if share.total_s is None else share.total_s)
    connection = target.acquire(min(share.connect_s, MAX_S), careful=True)
    reusable = False
    try:
        transport = connection.transport
        transport.write_timeout = share.try_s
        connection.begin(is_head)
        connection.send(request, last=True)
        transport.read_deadline = min(time.monotonic() + share.try_s, until)
        head = connection.read_head()
        seconds = time.monotonic() - began
        left = MAX_ANSWER if head.status != 101 else 0
        while left > 0 and (data := connection.read_body()):
            left -= len(data)
            transport.read_deadline = min(time.monotonic() + share.try_s, until)
        reusable = left > 0
        return head.status, seconds
    finally:
        if reusable:
            target.release(connection)
        else:
            target.discard(connection)
