"""What ``weir explain`` says of further attempts: after what a request is repeated, after what not, why, and within
which budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weir.models.effective import Pool, Route, Settings, retry_for
from weir.models.rule_clauses import Proxy, Retry
from weir.models.upstream_clauses import DEFAULT_BUDGET, Budget
from weir.routing.facts import Facts
from weir.routing.repeats import permission
from weir.rules.units import print_duration, print_percent

KEY = "idempotency-key"


def retries(route: Route, facts: Facts, pools: Mapping[str, Pool], settings: Settings) -> Iterator[str]:
    """Sentences on each upstream of the rule; an upstream's own clauses are known only from ``pools``."""
    if not isinstance(route.action, Proxy):
        return
    seen: dict[str, str] = {}
    budgets: dict[str, str] = {}
    for to in route.action.to:
        pool = pools.get(to.to)
        retry = retry_for(route, pool, settings)
        if retry is not None:
            seen[to.to] = _sentence(retry, facts)
            budgets[to.to] = _budget((pool.budget if pool else None) or settings.budget)
    whole = len(seen) == len(route.action.to)
    yield from _told("retry", seen, whole)
    yield from _told("retry budget", budgets, whole)


def _told(what: str, seen: Mapping[str, str], whole: bool) -> Iterator[str]:
    """Once, if it is the same for all upstreams of the rule."""
    if whole and len(set(seen.values())) == 1:
        yield f"{what}: {next(iter(seen.values()))}"
    else:
        yield from (f"{what} at {name}: {sentence}" for name, sentence in seen.items())


def _budget(said: Budget | None) -> str:
    """Such as: 10% of the traffic, and in the whole cluster no more than 100 units in any 10s."""
    budget = said or DEFAULT_BUDGET
    most = f"{budget.max} units"
    if budget.max is None:
        most = "a tenth of the day's busiest window, but 100 units at least,"
    where = "" if said else "; no clause says so, this is the default"
    return (
        f"{print_percent(budget.percent)} of the traffic, and in the whole cluster no more than {most} in any"
        f" {print_duration(budget.per_ms)}{where}"
    )


def _sentence(retry: Retry, facts: Facts) -> str:
    """Such as: up to 2 more attempts after connect, 503; not after timeout, as POST needs an Idempotency-Key."""
    allowed: list[str] = []
    refused: dict[str, list[str]] = {}
    for reason in retry.on:
        why = _why_not(retry, facts, reason)
        if why:
            refused.setdefault(why, []).append(reason)
        else:
            allowed.append(reason)
    parts = []
    if allowed:
        many = "1 more attempt" if retry.count == 1 else f"up to {retry.count} more attempts"
        parts.append(f"{many} after {', '.join(allowed)}")
    parts += [f"not after {', '.join(reasons)}, {why}" for why, reasons in refused.items()]
    return "; ".join(parts)


def _why_not(retry: Retry, facts: Facts, reason: str) -> str:
    """Empty if it would be repeated."""
    needed = permission(facts.method, reason)  # type: ignore[arg-type]  # reasons are events
    if needed == "with put_timeout" and not retry.put_timeout:
        return f"as {facts.method} may have taken effect and the rule does not say put_timeout"
    if needed == "with a key":
        if not retry.idempotency_key:
            return f"as {facts.method} may have taken effect and the rule does not say idempotency_key"
        if not facts.header(KEY):
            return f"as {facts.method} may have taken effect and has no Idempotency-Key"
    return ""
