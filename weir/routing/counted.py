"""What ``weir explain`` says of limits: which of them a request is counted against, and as what."""

from __future__ import annotations

from collections.abc import Iterator

from weir.models.effective import Counted, Route
from weir.routing.facts import Facts
from weir.routing.limit_keys import compile_key
from weir.rules.clauses.limits import write_rate

_FALLBACK = {
    "share": "this node's share of it",
    "share strict": "this node's provable share of it, which may be nothing",
    "open": "every request",
    "closed": "no request",
}


def counted(route: Route, facts: Facts) -> Iterator[str]:
    """One sentence for each limit of the rule, in its order."""
    for limit in route.limits:
        yield f"limit {limit.name}: {write_rate(limit.rate)}; {_as_what(limit, route.name, facts)}{_more(limit)}"


def _as_what(limit: Counted, rule: str, facts: Facts) -> str:
    key_of = compile_key(limit.rate.by, rule)
    cost = "" if limit.cost == 1 else f" at a cost of {limit.cost}"
    if key_of is None:
        return f"counted with all its requests{cost}"
    return f'counted as "{key_of(facts)}"{cost}'


def _more(limit: Counted) -> str:
    shadow = "; in shadow: it refuses nobody" if limit.rate.shadow else ""
    return f"{shadow}; while the store is away it allows {_FALLBACK[limit.rate.on_store_failure]}"
