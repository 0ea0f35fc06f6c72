"""A client's connection: its requests one after another, each through the pipeline, until one side has enough.

It gets a greenlet with the first request that is not for the fast path; until then everything happens in the hub.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from functools import partial

from gevent import Greenlet

from edge.answers import Refusal
from edge.downstream.forwarded import Origin, connection_lines
from edge.downstream.known_requests import KnownRequest
from edge.downstream.limits import LAST_CALL_S, LINGER_S, MAX_DRAIN
from edge.engine import Engine
from edge.exchange import Exchange
from edge.fast_path.fast_path import FastPath, TakenOver
from edge.http.head import RequestHead
from edge.http.request_reader import Message, RequestReader
from edge.http.writer import CLOSE, CONTINUE
from edge.phases import record
from edge.pipeline import run
from edge.retry.pause import Interruptible
from edge.transport import FULL_READ, HEAD_READ, NEVER, ConnectionLost, TimedOut, Transport
from edge.upstream.errors import ClientGone

log = logging.getLogger("weir.edge")


class Downstream:
    """``serve`` it from a greenlet of its own, or ``begin`` in the hub; whoever does closes nothing."""

    __slots__ = (
        "_came", "_fast", "_known", "_on_over", "_serving", "awaiting", "engine", "forwarding", "has_greenlet",
        "origin", "peer", "port", "reader", "scheme", "served", "transport",
    )  # fmt: skip

    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        peer: str,
        port: int,
        scheme: str,
        on_over: Callable[[], None] | None = None,
    ) -> None:
        """``peer`` is the client's address, ``port`` the one it connected to; ``on_over``: it is closed now."""
        self.engine = engine
        self.transport = transport
        self.peer = peer
        self.port = port
        self.scheme = scheme
        self.origin = Origin(peer, scheme, port, None, "", b"", ())
        self.forwarding = connection_lines(peer, scheme, port)
        """What an upstream is told of every request that says nothing itself of where it came from; the last line is
        Forwarded, which ends with the host."""
        self.reader = RequestReader(engine.names, engine.snapshot.settings.max_head, engine.limits.head)
        self.awaiting: Interruptible | None = None
        """Whose answer is awaited; a client that closes meanwhile ends the wait."""
        self.served = False
        """It had an answer."""
        self._fast = FastPath(self)
        self._known: KnownRequest | None = None
        """What the next request is known to be."""
        self._serving = False
        self._on_over = on_over
        self.has_greenlet = False
        self._came: tuple[bytes | Exception | None] | None = None
        """What its greenlet was made for."""
        transport.on_unread = self._client_moved
        transport.write_timeout = engine.limits.write_s

    def serve(self, first: bytes = b"") -> None:
        """Until the client closes, goes silent or is told that the connection closes. ``first`` came already."""
        self._enter()
        if first:
            self.reader.feed(first)
        self._run()

    def begin(self) -> None:
        """As ``serve``, without a greenlet until one is needed."""
        self._enter()
        self._limit_wait(self.engine.limits.head_s)
        self.transport.expect(self, self._fast.take)

    def switch(self, came: bytes | Exception | None) -> None:
        """In the hub: what is not for the fast path gets a greenlet, but for the end of a connection that is idle."""
        self.transport.leave_unread()
        fast, is_end = self._fast, came == b"" or isinstance(came, (ConnectionLost, TimedOut))
        if is_end and not fast.under_way and fast.handed is None:
            self.finish()
        else:
            self._came = (came,)
            Greenlet(self._run).switch()

    def finish(self) -> None:
        """The connection is over."""
        self.engine.connections.discard(self)
        self.engine.sweeper.remove(self.transport)
        self._fast.close()
        self.transport.close()
        self._fast.forget()
        del self._fast
        self.reader.close()
        if self._on_over is not None:
            self._on_over()

    def close_if_idle(self) -> None:
        """For a graceful stop. Who was served a moment ago, or has not asked yet, may ask once more."""
        if self._serving or self._fast.under_way or self.reader.mid_head:
            return
        now, transport = time.monotonic(), self.transport
        idle_since = transport.read_deadline - self.engine.limits.keep_alive_s
        if not self.served or now - idle_since < LAST_CALL_S:
            transport.read_deadline = min(transport.read_deadline, now + LAST_CALL_S)
        else:
            transport.shutdown(socket.SHUT_RD)

    def end(self) -> None:
        """At once: who waits for an answer gets 503, everything else breaks off."""
        stopping = Refusal("stopping", "the gateway stops before the service has answered")
        if self._fast.under_way:
            self._fast.hand_over(stopping)
            self.transport.interrupt(TakenOver())
        elif self.awaiting is None:
            self.transport.interrupt(ConnectionLost("the worker ends"))
        else:
            self.awaiting.interrupt(stopping)

    def read_body(self, exchange: Exchange) -> bytes:
        """The next piece of the request's body; ``b""`` at its end. Raises Refusal, ClientGone."""
        message, reader = exchange.message, self.reader
        while not message.pieces and not message.complete:
            if reader.error is not None:
                raise reader.error
            self.continue_if_expected(exchange)
            self.transport.read_deadline = time.monotonic() + self.engine.limits.body_s
            reader.feed(self._more_of_body())
        data = message.take()
        exchange.bytes_in = message.took
        if message.took > exchange.body_limit:
            raise Refusal("body-too-large", f"a body has at most {exchange.body_limit} bytes here")
        if exchange.body_check is not None:
            exchange.body_check.add(data, last=message.complete)
        if exchange.copy is not None:
            exchange.copy.add(data, last=message.complete)
        return data

    def continue_if_expected(self, exchange: Exchange) -> None:
        """The client may wait for this word before it sends the body (RFC 9110 §10.1.1); said once."""
        head = exchange.head
        if head.expects and not exchange.answering and head.version == "1.1":
            head.expects = ()
            self.send(exchange, CONTINUE)

    def send(self, exchange: Exchange, data: bytes) -> None:
        """Raises ClientGone if the client does not take it."""
        try:
            self.transport.send(data)
        except (ConnectionLost, TimedOut) as error:
            raise ClientGone(str(error)) from None
        exchange.bytes_out += len(data)

    def post(self, exchange: Exchange, data: bytes) -> None:
        """The end of an answer behind which the connection stays open: it goes out soon, and is recorded then."""
        exchange.posted = len(data)
        self.transport.post(data, self.engine.postbox, partial(record.when_out, exchange))

    def settle_keep_alive(self, exchange: Exchange) -> None:
        """Before an answer's head: may the next request come on this connection?

        Not behind a body that is too long to be read and dropped, nor one that may never come (Expect).
        """
        message, head = exchange.message, exchange.head
        if self.engine.draining:
            exchange.keep_alive = False
        elif not message.complete and exchange.keep_alive:
            left = MAX_DRAIN + 1 if head.length is None else head.length - message.took
            exchange.keep_alive = left <= MAX_DRAIN and not head.expects

    def connection_line(self, exchange: Exchange) -> bytes:
        """RFC 9112 §9.3: what differs from the version's default."""
        if not exchange.keep_alive:
            return CLOSE
        return b"" if exchange.head.version == "1.1" else b"Connection: keep-alive\r\n"

    def _client_moved(self) -> None:
        """Runs in the hub: something came from a client that nobody reads from now."""
        if self.awaiting is not None and self.transport.peek() == b"":
            self.awaiting.interrupt(ClientGone("the client closed before it was answered"))

    def bytes_behind(self) -> bytes:
        """What came behind a request for an upgrade; it belongs to the other protocol."""
        data, self.reader.behind_upgrade = self.reader.behind_upgrade, b""
        return data

    def _enter(self) -> None:
        self.engine.connections.add(self)
        self.engine.sweeper.add(self.transport)

    def _run(self) -> None:
        self.has_greenlet = True
        try:
            if self._serve():
                self._linger()
        except (ConnectionLost, TimedOut):
            log.debug("%s: the connection ended", self.peer)
        finally:
            self.finish()

    def _serve(self) -> bool:
        """Whether the client may still be sending, so that the close must linger."""
        reader = self.reader
        while True:
            message = self._next()
            if message is None:
                return self._answer_broken_head()
            self._serving = True
            exchange = self._exchange(message)
            run(exchange)
            if not exchange.keep_alive or not (
                (message.complete and not message.pieces) or self._drained(exchange)
            ):
                return not message.complete or bool(reader.ready or reader.error or reader.mid_head)
            if message.head.upgrade:
                reader.go_on_as_http(message)
            self._serving = False

    def _exchange(self, message: Message) -> Exchange:
        """A new one, or the one that the fast path began."""
        fast, engine = self._fast, self.engine
        exchange, fast.handed = fast.handed, None
        if exchange is not None:
            return exchange
        exchange, fast.matched = fast.matched, None
        if exchange is not None:
            fast.pass_on(exchange)
            return exchange
        exchange = Exchange(self, message, engine.snapshot, time.monotonic())
        exchange.request_id = engine.new_request_id()
        known, self._known = self._known, None
        if known is not None:
            known.tell(exchange)
            exchange.trace_id, exchange.span_id = engine.traces.begin()
            fast.pass_on(exchange)
        return exchange

    def _next(self) -> Message | None:
        """The next request; None at the end of the stream or where nothing can be understood any more."""
        reader, transport, limits = self.reader, self.transport, self.engine.limits
        if reader.ready:
            return reader.ready.popleft()
        if reader.error is not None:
            return None
        begun = not self.served or (not reader.at_start and reader.mid_head)
        self._limit_wait(limits.head_s if begun else limits.keep_alive_s)
        while True:
            try:
                data = self._read()
            except TimedOut as late:
                if late.writing:
                    raise
                if reader.mid_head:
                    reader.error = Refusal("request-timeout", "the request head came too slowly")
                return None
            if reader.at_start and self.served:
                begun = False
            reader.max_head = self.engine.snapshot.settings.max_head
            message = self._from_fast_path(data) or self._recognised(data)
            if message is None:
                if not data:
                    return None
                reader.feed(data)
                if reader.ready:
                    message = reader.ready.popleft()
                elif self.reader.error is not None:
                    return None
            if message is not None:
                transport.read_deadline = NEVER
                self.served = True
                return message
            if reader.mid_head and not begun:
                begun = True
                transport.read_deadline = time.monotonic() + limits.head_s

    def _limit_wait(self, wait_s: float) -> None:
        """Once for what a greenlet is made for."""
        if self._came is None:
            wait_s = LAST_CALL_S if self.engine.draining else wait_s
            self.transport.read_deadline = time.monotonic() + wait_s

    def _from_fast_path(self, data: bytes) -> Message | None:
        """What it did not bring to its end; ``data`` came behind it, or is what it looked at."""
        fast = self._fast
        if fast.handed is not None:
            self.reader.feed(data)
            return fast.handed.message
        if fast.matched is not None:
            self.reader.at_start = fast.matched.head.keep_alive
            return fast.matched.message
        return None

    def _recognised(self, data: bytes) -> Message | None:
        """A request that is known as a whole."""
        known = self.engine.requests.known.get(data) if self.reader.at_start else None
        self._known = known
        return None if known is None else known.message

    def _read(self) -> bytes:
        """Where a request may come. What begins one is shown to the fast path first; what comes while one is under way
        there ends that: nobody else reads here, and a client that closes ends the wait for its answer.
        """
        fast, transport = self._fast, self.transport
        while True:
            try:
                data = self._what_came() or transport.recv(
                    HEAD_READ, fast.take if self.reader.at_start else None
                )
            except TakenOver:
                if fast.handed is None:
                    continue
                return b""
            except ConnectionLost:
                if not fast.under_way:
                    raise
                data = b""
            if fast.under_way:
                fast.hand_over()
            elif fast.handed is not None:
                transport.withdraw(TakenOver)
            return data

    def _what_came(self) -> bytes | None:
        """Once, what its greenlet was made for; None: it is still to be read."""
        came, self._came = self._came, None
        if came is None:
            return None
        if isinstance(came[0], Exception):
            raise came[0]
        return came[0]

    def _answer_broken_head(self) -> bool:
        """A head that could not be parsed still gets an answer and a line in the log."""
        refusal = self.reader.error
        if refusal is None:
            return False
        message = Message(RequestHead())
        message.head.fields = []
        message.refusal = refusal
        exchange = Exchange(self, message, self.engine.snapshot, time.monotonic())
        exchange.request_id = self.engine.new_request_id()
        run(exchange)
        return True

    def _drained(self, exchange: Exchange) -> bool:
        """Reads and drops what is left of a body; False if the connection is better closed."""
        message = exchange.message
        message.pieces.clear()
        until = time.monotonic() + self.engine.limits.body_s
        while not message.complete:
            if self.reader.error is not None:
                return False
            self.transport.read_deadline = until
            data = self.transport.recv(FULL_READ)
            if not data:
                return False
            self.reader.feed(data)
            message.pieces.clear()
        self.transport.read_deadline = NEVER
        return True

    def _more_of_body(self) -> bytes:
        try:
            data = self.transport.recv(FULL_READ)
        except ConnectionLost as error:
            raise ClientGone(str(error)) from None
        except TimedOut:
            raise Refusal("request-timeout", "the request body came too slowly") from None
        if not data:
            raise ClientGone("the client closed in the middle of the body")
        return data

    def _linger(self) -> None:
        """RFC 9112 §9.6: closing while the client still sends would reset the connection under the answer."""
        self.transport.shutdown(socket.SHUT_WR)
        self.transport.read_deadline = time.monotonic() + LINGER_S
        left = 16 * MAX_DRAIN
        while left > 0 and (data := self.transport.recv(FULL_READ)):
            left -= len(data)
