"""Answers that the edge gives itself: what a rule responds, and refusals."""

from __future__ import annotations

from edge.answers import Answer, Refusal
from edge.downstream.error_forms import error_answer
from edge.exchange import Exchange
from edge.http.head import Field
from edge.http.negotiate import joined
from edge.http.writer import reason_of, response_head


def give(exchange: Exchange, answer: Answer) -> None:
    """All of it. Raises ClientGone."""
    downstream = exchange.downstream
    engine = downstream.engine
    downstream.settle_keep_alive(exchange)
    fields: list[Field] = [(name.lower(), name, value) for name, value in answer.headers]
    fields.append((b"date", b"Date", engine.date.value()))
    plan, body = exchange.plan, answer.body
    if plan is not None:
        for edit in plan.response_edits:
            fields = edit.apply(fields, exchange)
        if plan.compression is not None:
            fields, encoder = plan.compression.begin(exchange.head, answer.status, len(body), fields)
            if encoder is not None:
                engine.telemetry.compressed(encoder.coding)
                body = encoder.encode(body, flush=False) + encoder.finish()
    more = b"X-Request-Id: %b\r\n%b" % (exchange.request_id.encode(), exchange.limit_lines)
    if answer.status not in (204, 304):
        more += b"Content-Length: %d\r\n" % len(body)
    more += downstream.connection_line(exchange)
    head = response_head(answer.status, reason_of(answer.status), fields, more)
    exchange.answering = True
    exchange.status = answer.status
    downstream.send(exchange, head if exchange.head.method == b"HEAD" else head + body)


def refuse(exchange: Exchange, refusal: Refusal) -> None:
    """The problem, unless an answer is under way already; then the connection can only break off. Raises ClientGone."""
    exchange.code, exchange.detail = refusal.code, refusal.detail
    if exchange.answering:
        exchange.keep_alive = False
        return
    if exchange.message.refusal is not None or refusal.status in (400, 408, 413):
        exchange.keep_alive = False
    accept = joined(exchange.head.fields, b"accept")
    give(exchange, error_answer(refusal, exchange.request_id, accept))
