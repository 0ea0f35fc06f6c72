"""The fast path of one client's connection: one request at a time, from the bytes that came to those that go out.

Everything here runs in the hub, so nothing of it waits: ``take`` is given what came from the client, ``_answered``
what came from the upstream. What is counted, noted and recorded is what the pipeline would.
"""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING

from edge.answers import Refusal
from edge.exchange import Exchange
from edge.fast_path.handed import Sent
from edge.fast_path.way import Way, way_of
from edge.http.plain_response import plain_response
from edge.http.writer import CLOSE
from edge.phases import guard, match, record
from edge.phases.forward import note_answer, note_first_answer
from edge.transport import MAX_POSTED, NEVER
from edge.upstream.connection import SENT_ALL

if TYPE_CHECKING:
    from edge.access_log.attempt import Served
    from edge.auth.passed import Passed
    from edge.downstream.connection import Downstream
    from edge.downstream.known_requests import KnownRequest
    from edge.limiting.rule_limits import RuleLimits
    from edge.upstream.connection import UpstreamConnection
    from edge.upstream.target import Target
    from edge.versions.snapshot import Snapshot


LONGEST_LINE, LONGEST_LINES = 4 * 1024, 8 * 1024
"""Bytes of the first line and of the head's lines: with what is added they are never more than may be posted, and what
is sent from the hub must not have to wait."""

log = logging.getLogger("weir.edge")


class TakenOver(Exception):
    """There is an exchange for the greenlet that waits for the next request."""


class FastPath:
    """``take`` is what the client's transport calls while its greenlet waits for a request."""

    __slots__ = (
        "_connection", "_downstream", "_head_lines", "_is_counted", "_key", "_key_of", "_known", "_length",
        "_lines", "_made", "_on_answer", "_on_out", "_passed", "_picked", "_request_id", "_served", "_snapshot",
        "_span_id", "_started", "_target", "_trace_id", "_way", "handed", "matched", "take", "under_way",
    )  # fmt: skip

    _way: Way
    _snapshot: Snapshot
    _target: Target
    _connection: UpstreamConnection
    _served: Served

    def __init__(self, downstream: Downstream) -> None:
        self._downstream = downstream
        self.under_way = False
        """A request is out, and its answer is awaited."""
        self.handed: Exchange | None = None
        """What the greenlet has to go on with: its answer is awaited."""
        self.matched: Exchange | None = None
        """The same, behind ``match``: it did not go fast."""
        self._picked: Target | None = None
        """Whose turn it was for the request that is left to the pipeline."""
        self._is_counted = False
        """Its limit is spent."""
        self.take, self._on_answer, self._on_out = self._begin, self._answered, self._out
        self._known: KnownRequest | None = None
        """What came is known as a whole."""
        self._made: Exchange | None = None
        """It is not, and was looked at by ``guard`` and ``match``."""
        self._passed: Passed | None = None
        self._started = 0.0
        self._request_id = self._trace_id = self._span_id = ""
        self._head_lines = b""
        self._lines = b""
        """What tells of a limit."""
        self._length = 0
        self._key = ""
        self._key_of: tuple[KnownRequest, Passed | None] | None = None
        """What ``_key`` is of; who is connected is the same for all of them."""

    def hand_over(self, came: bytes | Exception | None = None) -> None:
        """From now on what is under way is the greenlet's; ``came``: of the answer, or why none comes."""
        connection = self._connection
        self.under_way = False
        connection.transport.take = None
        connection.begin(is_head=False)
        connection.sent = SENT_ALL
        if isinstance(came, bytes):
            connection.early = came
        elif came is not None:
            connection.transport.interrupt(came)
        self._downstream.engine.telemetry.in_flight -= 1
        exchange = self._exchange()
        exchange.sent = Sent(self._target, connection, self._started)
        self.handed = exchange

    def pass_on(self, exchange: Exchange) -> None:
        """To an exchange that is left to the pipeline: what was done for it here."""
        exchange.picked, self._picked = self._picked, None
        if self._is_counted:
            exchange.is_counted, self._is_counted = True, False
            exchange.limit_lines = self._lines

    def forget(self) -> None:
        """After ``close``: what makes a cycle of this. Nobody would ever collect it where a publish froze it."""
        del self.take, self._on_answer, self._on_out

    def close(self) -> None:
        """The connection is over."""
        if self.under_way:
            self.hand_over()
        exchange, self.handed = self.handed, None
        if exchange is not None and exchange.sent is not None:
            exchange.sent.target.discard(exchange.sent.connection)
            exchange.snapshot.users -= 1
            exchange.gone("the connection ended before it was answered")
            record.run(exchange)

    def _begin(self, came: bytes | Exception) -> bool:
        """False, and nothing was sent: it is for the greenlet."""
        if (
            self.under_way
            or not self._downstream.engine.is_fast
            or not self._downstream.transport.fit_for_another()
        ):
            return False
        self._picked, self._is_counted = None, False
        try:
            way = self._way_of(came)
            goes = way is not None and self._goes(way)
        except Exception:  # the border: in the pipeline it is this one request that fails
            log.exception("a request was left to the pipeline")
            goes = False
        if not goes:
            self.matched = self._made
            return False
        self._send()
        return True

    def _way_of(self, came: bytes | Exception) -> Way | None:
        engine, self._made = self._downstream.engine, None
        self._known = known = engine.requests.known.get(came)  # type: ignore[arg-type]  # an exception is not in it
        if known is not None:
            self._snapshot = engine.snapshot
            return known.way
        self._made = made = self._recognised(came)
        if made is None:
            return None
        self._snapshot = made.snapshot
        return way_of(made)

    def _recognised(self, came: bytes | Exception) -> Exchange | None:
        """What came, with its rule, if only its first line is new."""
        downstream = self._downstream
        engine, reader = downstream.engine, downstream.reader
        reader.max_head = engine.snapshot.settings.max_head
        message = None if isinstance(came, Exception) else reader.recognised(came)
        if message is None:
            return None
        exchange = Exchange(downstream, message, engine.snapshot, monotonic())
        exchange.request_id = engine.new_request_id()
        try:
            guard.run(exchange)
            match.run(exchange)
            engine.requests.came(message.wire, exchange)
        except BaseException as error:
            exchange.snapshot.users -= 1
            if isinstance(error, Refusal):
                return None
            raise
        return exchange

    def _goes(self, way: Way) -> bool:
        """Whether all that it needs is at hand; what of that was taken is passed on if something is missing."""
        plan, share, passed, now = way.plan, way.share, None, monotonic()
        if len(way.first_line) > LONGEST_LINE or (self._downstream.has_greenlet and not way.head.keep_alive):
            return False
        if plan.requirements is not None:
            passed = way.head.passed
            generation = self._downstream.engine.auth.generation
            if passed is None or not passed.holds_for(plan.requirements, generation, now):
                return False
        self._way, self._passed, self._started, self._lines = way, passed, now, b""
        if plan.limits is not None:
            self._is_counted = self._met(plan.limits)
            if not self._is_counted:
                return False
        upstream = share.upstream
        self._picked = target = upstream.only or upstream.choose("")
        if target is None:
            return False
        lines = way.head.lines(share, target if share.host_of_target else share, passed)
        if lines is None or len(lines) > LONGEST_LINES:
            return False
        connection = target.idle_one()
        if connection is None:
            return False
        self._target, self._connection, self._head_lines = target, connection, lines
        self._picked, self._is_counted = None, False
        return True

    def _send(self) -> None:
        downstream, way, made = self._downstream, self._way, self._made
        share = way.share
        engine, transport = downstream.engine, downstream.transport
        engine.telemetry.in_flight += 1
        if share.retry is not None and share.upstream.budget is not None:
            share.upstream.budget.attempted()
        if made is None:
            self._snapshot.users += 1
            self._request_id = request_id = engine.new_request_id()
            self._trace_id, self._span_id = trace_id, span_id = engine.traces.begin()
        else:
            request_id, trace_id, span_id = made.request_id, made.trace_id, made.span_id
        self.under_way = True
        transport.take, transport.read_deadline = None, NEVER
        ids = f'"\r\nX-Request-Id: {request_id}\r\ntraceparent: 00-{trace_id}-{span_id}-01\r\n\r\n'
        data = b"".join(
            (way.first_line, self._head_lines, downstream.forwarding, way.head.host_sent, ids.encode("ascii"))
        )
        sending = self._connection.transport
        sending.take, sending.read_deadline = self._on_answer, self._started + share.try_s
        sending.post(data, engine.postbox)

    def _answered(self, came: bytes | Exception) -> bool:
        """What came from the upstream: sent on, if it is all of an ordinary answer."""
        try:
            data = self._answer_to(came)
        except Exception:  # the border: in the pipeline it is this one request that fails
            log.exception("an answer was left to the pipeline")
            data = b""
        downstream, connection, now = self._downstream, self._connection, monotonic()
        engine, transport = downstream.engine, downstream.transport
        if not data:
            self.hand_over(came)
            transport.interrupt(TakenOver())
            return True
        connection.transport.take = None
        self._target.keep(connection, now)
        engine.telemetry.in_flight -= 1
        self._snapshot.users -= 1
        self.under_way, self._length = False, len(data)
        downstream.served = True
        if self._way.head.keep_alive:
            transport.take, transport.read_deadline = self.take, now + engine.limits.keep_alive_s
            transport.post(data, engine.postbox, self._on_out)
        else:
            transport.leave_unread()
            transport.post(data, engine.postbox, self._last_out)
        return True

    def _answer_to(self, came: bytes | Exception) -> bytes:
        """All that the client gets, and the answer is counted; empty, and nothing is, where it is for the pipeline."""
        downstream, share, keep_alive = self._downstream, self._way.share, self._way.head.keep_alive
        engine, retry = downstream.engine, share.retry
        plain = plain_response(came, self._connection.reader.names) if isinstance(came, bytes) else None
        if plain is None or engine.draining or (downstream.has_greenlet and not keep_alive):
            return b""
        head, body = plain
        if retry is not None and head.status in retry.statuses:
            return b""
        lines = self._lines if head.dated else self._lines + engine.date.line()
        if not keep_alive:
            lines += CLOSE
        data = b"%b%b\r\n%b" % (head.lines, lines, body)
        if len(data) > MAX_POSTED:
            return b""
        times = self._started, monotonic()
        self._served = note_answer(engine.telemetry, share, self._target, head, times, True)
        if retry is not None:
            note_first_answer(share, retry, self._served)
        return data

    def _out(self, failure: Exception | None) -> None:
        """The answer is out, or never will be: it is recorded."""
        engine, plan = self._downstream.engine, self._way.plan
        is_logged = plan.logged and engine.access_log.on
        if failure is None and not is_logged and engine.sampler is None and self._passed is None:
            status, length, served = self._served[1], self._length, self._served
            engine.telemetry.answer(
                (plan.name, status, self._started, monotonic(), served, plan.counted_as, 0, length)
            )
            return
        exchange = self._exchange()
        exchange.served, exchange.status, exchange.answering = self._served, self._served[1], True
        if failure is None:
            exchange.bytes_out = self._length
        else:
            exchange.gone(str(failure))
        record.run(exchange)

    def _last_out(self, failure: Exception | None) -> None:
        try:
            self._out(failure)
        finally:
            self._downstream.finish()

    def _met(self, limits: RuleLimits) -> bool:
        """Whether what the request costs was at hand; it is spent then."""
        key = limits.fixed_key
        if key is None:
            known, of = self._known, self._key_of
            if known is None:
                self._key, self._key_of = limits.key(self._exchange()), None
            elif of is None or of[0] is not known or of[1] is not self._passed:
                self._key, self._key_of = limits.key(self._exchange()), (known, self._passed)
            key = self._key
        self._lines = limits.spend(key)
        if not self._lines:
            return False
        counts, met = self._downstream.engine.telemetry.limits, limits.met
        counts[met] = counts.get(met, 0) + 1
        return True

    def _exchange(self) -> Exchange:
        """All that the pipeline would know by now; nobody's use of the snapshot is noted for it."""
        exchange, known = self._made, self._known
        if exchange is None and known is not None:
            exchange = Exchange(self._downstream, known.message, self._snapshot, self._started)
            self._snapshot.users -= 1
            known.tell(exchange)
            exchange.request_id = self._request_id
            exchange.trace_id, exchange.span_id = self._trace_id, self._span_id
        if exchange is None:
            raise AssertionError("a request is known as a whole, or made")
        exchange.sent_path, exchange.upstream = self._way.sent_path, self._way.share.upstream.name
        exchange.limit_lines = self._lines
        if self._passed is not None:
            self._passed.tell(exchange)
        return exchange
