"""What ``weir explain`` says of targets that get no requests for a while: the clauses of the upstreams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weir.models.effective import Pool, Route
from weir.models.rule_clauses import Proxy
from weir.rules.clauses.table import WRITERS

UNSAID = "a target is out after 5 failures in a row; no clause says so, this is the default"
"""Where an upstream of several targets says nothing of ``eject``; the number is that of the edge's health policy."""


def health(route: Route, pools: Mapping[str, Pool]) -> Iterator[str]:
    """One sentence for each upstream of the rule, unless it has a single target and says nothing."""
    if not isinstance(route.action, Proxy):
        return
    for to in route.action.to:
        pool = pools.get(to.to)
        if pool is None:
            continue
        said = [each for each in (pool.check, pool.eject, pool.slow_start) if each]
        clauses = [str(WRITERS[type(each)](each)) for each in said]
        if pool.eject is None and len(pool.targets) > 1:
            clauses.append(UNSAID)
        alone = ", of a single target, which gets all requests" if len(pool.targets) == 1 else ""
        if clauses:
            yield f"health of {to.to}: {'; '.join(clauses)}{alone}"
