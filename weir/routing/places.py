"""What ``weir explain`` says of the places in flight that an upstream has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weir.models.effective import Pool, Route
from weir.models.rule_clauses import Proxy


def places(route: Route, pools: Mapping[str, Pool]) -> Iterator[str]:
    """One sentence for each upstream of the rule that has ``concurrency``."""
    if not isinstance(route.action, Proxy):
        return
    for to in route.action.to:
        pool = pools.get(to.to)
        if pool is None or pool.concurrency is None:
            continue
        clause = pool.concurrency
        most = (
            "as many requests at once as its answers allow" if clause.limit is None else _many(clause.limit)
        )
        waits = f"{clause.queue} more wait for a moment" if clause.queue else "nobody waits"
        yield f"concurrency: {to.to} gets {most}, {waits}; others get 503 overloaded"


def _many(limit: int) -> str:
    return f"{limit} requests at once, split among all workers of the cluster"
