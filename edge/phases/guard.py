"""guard: is this a request that can be understood, where did it come from, and what does it ask for?"""

from __future__ import annotations

from edge.downstream.forwarded import origin_of
from edge.exchange import Exchange
from edge.http.connection_field import without_listed
from edge.http.known_heads import sent_form
from edge.http.target import normal_path, read_target
from edge.tracing.trace_context import TRACEPARENT, trace_id_of, without_trace


def run(exchange: Exchange) -> None:
    """Raises Refusal."""
    message, downstream = exchange.message, exchange.downstream
    if message.refusal is not None:
        raise message.refusal
    head, snapshot = exchange.head, exchange.snapshot
    if head.connections:
        exchange.fields = without_listed(head.fields, head.connections)
    if head.forwarded:
        exchange.origin = origin_of(
            downstream.peer, downstream.scheme, downstream.port, head.forwarded, snapshot.trusted
        )
    if head.traced:
        _follow_trace(exchange)
    else:
        exchange.trace_id, exchange.span_id = downstream.engine.traces.begin()
    origin = exchange.origin
    if origin.request_id:
        exchange.request_id = origin.request_id
    exchange.ip, exchange.scheme, exchange.port = origin.ip, origin.scheme, origin.port
    exchange.method = head.method.decode("ascii")
    known = head.known
    if known is not None and origin.host is None:
        exchange.path = head.path if head.plain else normal_path(head.path, snapshot.settings.merge_slashes)
        exchange.query_string = head.query
        exchange.host, exchange.host_sent = known.host, known.host_sent
        if origin is downstream.origin:
            exchange.known = known
        return
    target = read_target(
        head.method, head.target, origin.host or head.hosts[0], snapshot.settings.merge_slashes
    )
    exchange.host, exchange.path, exchange.query_string = target.authority.host, target.path, target.query
    exchange.host_sent = sent_form(exchange.host, target.authority.port)


def _follow_trace(exchange: Exchange) -> None:
    """The client's trace, if it is one; what Connection names is not the client's word to the upstream."""
    exchange.trace_id = trace_id_of([value for name, _, value in exchange.fields if name == TRACEPARENT])
    if not exchange.trace_id:
        exchange.fields = without_trace(exchange.fields)
        exchange.trace_id, exchange.span_id = exchange.downstream.engine.traces.begin()
