"""record: the line in the access log and the counts. Runs once for every exchange, however it ended."""

from __future__ import annotations

import time

from edge.access_log import Entry, milliseconds
from edge.exchange import Exchange


def run(exchange: Exchange) -> None:
    """Never raises."""
    engine = exchange.downstream.engine
    seconds = time.monotonic() - exchange.started
    plan = exchange.plan
    if plan is not None:
        engine.telemetry.request(plan.name, exchange.status, seconds)
    elif exchange.code == "no-rule":
        engine.telemetry.request("", exchange.status, seconds)
    else:
        engine.telemetry.refused(exchange.status)
    if engine.access_log.on and (plan.logged if plan is not None else exchange.snapshot.settings.log):
        engine.access_log.write(entry(exchange, seconds))


def entry(exchange: Exchange, seconds: float) -> Entry:
    """What is logged; of a request that was not understood, as much as was read."""
    head = exchange.head
    plan = exchange.plan
    return Entry(
        exchange.downstream.engine.access_log.timestamps.text(time.time() - seconds),
        exchange.request_id,
        exchange.ip,
        exchange.method or head.method.decode("ascii", "replace"),
        exchange.scheme,
        exchange.host,
        exchange.path or head.target[:256].decode("latin-1"),
        exchange.status,
        exchange.bytes_in,
        exchange.bytes_out,
        milliseconds(seconds),
        plan.name if plan is not None else "",
        exchange.upstream,
        exchange.snapshot.number,
        exchange.attempts,
        exchange.code,
        exchange.detail,
        exchange.trace_id,
    )
