"""record: the line in the access log and the counts. Runs once for every exchange, however it ended.

It is on every request's path, so it puts aside what is known and leaves the work to those who do it for many at once:
``Telemetry.fold`` and ``AccessLog.flush``.
"""

from __future__ import annotations

from time import monotonic

from edge.exchange import Exchange


def run(exchange: Exchange) -> None:
    """Never raises."""
    ended = monotonic()
    engine = exchange.downstream.engine
    if engine.tracer is not None:
        engine.tracer.end(exchange, ended)
    if engine.sampler is not None:
        engine.sampler.take(exchange, ended)
    plan = exchange.plan
    if plan is None:
        _run_without_rule(exchange, ended)
        return
    engine.telemetry.answer(
        (
            plan.name,
            exchange.status,
            exchange.started,
            ended,
            exchange.served,
            plan.counted_as,
            exchange.bytes_in,
            exchange.bytes_out,
        )
    )
    if exchange.caller is not None:
        engine.telemetry.called.append(
            (
                exchange.caller,
                exchange.status,
                exchange.code,
                exchange.started,
                ended,
                exchange.served is not None,
                exchange.bytes_in,
                exchange.bytes_out,
            )
        )
    if exchange.attempts:
        engine.telemetry.usage.attempts(plan.counted_as, exchange.upstream, exchange.attempts)
    if plan.logged and engine.access_log.on:
        engine.access_log.write(exchange, ended)


def when_out(exchange: Exchange, failure: Exception | None) -> None:
    """What was posted of an answer is out, or never will be."""
    if failure is None:
        exchange.bytes_out += exchange.posted
    else:
        exchange.gone(str(failure))
    run(exchange)


def _run_without_rule(exchange: Exchange, ended: float) -> None:
    engine = exchange.downstream.engine
    if exchange.code == "no-rule":
        engine.telemetry.request("", exchange.status, exchange.started, ended)
    else:
        engine.telemetry.refused(exchange.status)
    if engine.access_log.on and exchange.snapshot.settings.log:
        engine.access_log.write(exchange, ended)
