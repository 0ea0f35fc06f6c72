"""A request as it goes to an upstream: its head as bytes, and what of its body is at hand."""

from __future__ import annotations

import msgspec

from edge.edits.headers import apply_edits
from edge.exchange import Exchange
from edge.forwarding.trailers import request_end, request_lines
from edge.http.head import RequestHead
from edge.http.known_heads import KnownHead
from edge.http.upgrade import asks_for_upgrade
from edge.http.writer import chunk, field_lines, request_head
from edge.tracing.trace_context import begun_field
from edge.transport import NEVER
from edge.upstream.target import Target
from edge.versions.plan import Plan, Share


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A request as it is sent; the same for every attempt but for a target's own Host."""

    body: bytes
    """What of the body is at hand, framed."""
    whole: bool
    """That is all of it."""
    more: bytes
    """Header lines the edge adds."""
    plain: bytes
    """The same without the number of the attempt."""
    until: float
    """Monotonic seconds: the end of all attempts."""


NOTHING_MORE = Outgoing(b"", True, b"", b"", NEVER)
"""Of a request that came before: no body, and its lines are at hand."""


def outgoing_of(exchange: Exchange, share: Share) -> Outgoing:
    """For the first attempt. Raises Refusal, ClientGone."""
    until = NEVER if share.total_s is None else exchange.started + share.total_s
    if exchange.known is not None:
        return NOTHING_MORE if until == NEVER else Outgoing(b"", True, b"", b"", until)
    head, message = exchange.head, exchange.message
    data = exchange.downstream.read_body(exchange) if message.pieces else b""
    whole = message.complete
    if head.length is None:
        data = (chunk(data) if data else b"") + (request_end(exchange) if whole else b"")
    more = _added_lines(exchange, head)
    if head.attempt > 1:
        more += b"X-Weir-Attempt: %d\r\n" % head.attempt
    return Outgoing(data, whole, more, more, until)


def repeated(exchange: Exchange, share: Share, last: Outgoing) -> Outgoing:
    """Once more, with all of the body that was read meanwhile; the rest of it follows as before."""
    body, whole, more, kept = last.body, last.whole, last.plain, exchange.kept
    if kept is not None:
        body, whole = body + kept.take(), kept.ended
    if share.retry is not None:
        more += b"X-Weir-Attempt: %d\r\n" % (len(exchange.attempts) + 1)
    return Outgoing(body, whole, more, last.plain, last.until)


def _added_lines(exchange: Exchange, head: RequestHead) -> bytes:
    """Where the request came from, how its body is framed, and whether it asks for another protocol."""
    downstream = exchange.downstream
    if exchange.forwarding_written:
        lines = b""
    elif exchange.origin is downstream.origin:
        lines = b'%b%b"\r\nX-Forwarded-Host: %b\r\nX-Request-Id: %b\r\n' % (
            downstream.forwarding,
            exchange.host_sent,
            exchange.host_sent,
            exchange.request_id.encode(),
        )
        if exchange.span_id:
            lines += field_lines([begun_field(exchange.trace_id, exchange.span_id, exchange.trace_flags)])
    else:
        lines = field_lines(exchange.added_fields())
    if head.length is None:
        lines += b"Transfer-Encoding: chunked\r\n"
    elif head.lengths:
        lines += b"Content-Length: %d\r\n" % head.length
    if head.trailers or head.accepts:
        lines += request_lines(exchange)
    if asks_for_upgrade(head):
        lines += b"Connection: upgrade\r\nUpgrade: %b\r\n" % head.upgrades[0]
    return lines


def head_bytes(exchange: Exchange, plan: Plan, share: Share, target: Target, more: bytes) -> bytes:
    """The request's head for this target; ``more`` is that of ``Outgoing``."""
    head = exchange.head
    path = exchange.sent_path or exchange.path + exchange.query_string
    known = exchange.known
    if known is None:
        host = target.authority if share.host_of_target else share.host or exchange.host_sent
        return request_head(head.method, path.encode("ascii"), host, exchange.fields, more)
    maker = target if share.host_of_target else share
    lines = known.lines(share, maker, exchange.passed)
    if lines is None:
        lines = _known_lines(known, plan, share, target, exchange)
        known.keep_lines(share, maker, exchange.passed, lines)
    trace = f"00-{exchange.trace_id}-{exchange.span_id}-{exchange.trace_flags}"
    ids = f'"\r\nX-Request-Id: {exchange.request_id}\r\ntraceparent: {trace}\r\n'
    first = f"{exchange.method} {path} HTTP/1.1\r\n"
    return b"".join(
        (
            first.encode("ascii"),
            lines,
            exchange.downstream.forwarding,
            known.host_sent,
            ids.encode("ascii"),
            more,
            b"\r\n",
        )
    )


def _known_lines(known: KnownHead, plan: Plan, share: Share, target: Target, exchange: Exchange) -> bytes:
    """What is the same in every request with this head that goes there, as long as the same verdict holds."""
    fields = apply_edits(plan.request_edits, list(exchange.fields), exchange)
    fields.append((b"x-forwarded-host", b"X-Forwarded-Host", known.host_sent))
    host = target.authority if share.host_of_target else share.host or known.host_sent
    return b"Host: %b\r\n%b" % (host, field_lines(fields))
