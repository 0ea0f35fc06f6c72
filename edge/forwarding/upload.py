"""The rest of a request's body on its way to the upstream, while the answer is already awaited.

A greenlet of its own, since an upstream may answer before it has read everything. It holds one read at a time: when the
upstream takes nothing, nothing is read from the client (backpressure). What goes by is kept for a repetition where the
exchange says so (``kept``); it is kept before it is sent, so that a try that ends in between loses nothing.

While the client is awaited, the upstream cannot be late: the end of a try is put off until the next piece is here, and
that time is no time of the upstream's. The body timeout and the end of everything (``timeout total``) hold all the
same, and neither speaks against the target.
"""

from __future__ import annotations

import time

import gevent

from edge.answers import Refusal
from edge.exchange import Exchange
from edge.forwarding.trailers import request_end
from edge.http.writer import chunk
from edge.transport import NEVER
from edge.upstream.connection import UpstreamConnection
from edge.upstream.errors import Cause, ClientGone, Side, UpstreamError


class Upload:
    """Runs from ``start`` until the body is out, or ``stop``."""

    def __init__(
        self, exchange: Exchange, connection: UpstreamConnection, silence_s: float, until: float
    ) -> None:
        """``until``: monotonic seconds, the end of everything; NEVER is none."""
        self._exchange = exchange
        self._connection = connection
        self.silence_s = silence_s
        """How long the upstream may say nothing."""
        self._until = until
        self._greenlet: gevent.Greenlet[[], None] | None = None
        self.done = False
        """Every byte is out."""
        self._awaits_since: float | None = None
        self._awaited_s = 0.0

    @property
    def awaits_client(self) -> bool:
        """The next piece has not come yet."""
        return self._awaits_since is not None

    @property
    def awaited_s(self) -> float:
        """How long the client was awaited until now; the upstream could not go on meanwhile."""
        since = self._awaits_since
        return self._awaited_s + (0.0 if since is None else time.monotonic() - since)

    def start(self) -> None:
        """Whoever awaits the answer is interrupted when the client fails."""
        self._connection.transport.write_timeout = self.silence_s
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """The answer is there; what is not sent yet will never be."""
        if self._greenlet is not None and not self.done:
            self._greenlet.kill()

    def excuse(self, error: UpstreamError) -> None:
        """If the time ended while the client was awaited, the upstream has nothing to do with it."""
        if self.awaits_client and error.cause is Cause.TIMEOUT:
            error.side = Side.DOWNSTREAM

    def _run(self) -> None:
        exchange, connection = self._exchange, self._connection
        chunked = exchange.head.length is None
        try:
            while data := self._next():
                framed = chunk(data) if chunked else data
                if exchange.replayable:
                    exchange.replayable = exchange.kept is not None and exchange.kept.add(framed, len(data))
                connection.send(framed, last=False)
            self._send_end(chunked)
            self.done = True
        except (ClientGone, Refusal) as error:
            connection.transport.interrupt(error)
        except UpstreamError as error:
            # It may have answered before it closed: whoever reads finds the answer, or the same failure.
            exchange.detail = error.detail
        finally:
            exchange.downstream.transport.read_deadline = NEVER

    def _send_end(self, chunked: bool) -> None:
        end = request_end(self._exchange) if chunked else b""
        kept = self._exchange.kept
        if kept is not None:
            kept.end(end)
        if end:
            self._connection.send(end, last=True)

    def _next(self) -> bytes:
        """Raises Refusal, ClientGone. The upstream has its time from when it can go on."""
        transport = self._connection.transport
        transport.read_deadline = self._until
        self._awaits_since = time.monotonic()
        try:
            data = self._exchange.downstream.read_body(self._exchange)
        finally:
            self._awaited_s, self._awaits_since = self.awaited_s, None
        transport.read_deadline = min(time.monotonic() + self.silence_s, self._until)
        return data
