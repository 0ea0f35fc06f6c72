"""What ``weir explain`` says of targets that get no requests for a while: the clauses of the upstreams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weir.models.effective import Pool, Route
from weir.models.rule_clauses import Proxy
from weir.rules.clauses.table import WRITERS


def health(route: Route, pools: Mapping[str, Pool]) -> Iterator[str]:
    """One sentence for each upstream of the rule that says something; ejection is on where nothing is said."""
    if not isinstance(route.action, Proxy):
        return
    for to in route.action.to:
        pool = pools.get(to.to)
        said = [] if pool is None else [each for each in (pool.check, pool.eject, pool.slow_start) if each]
        if pool is not None and said:
            clauses = "; ".join(str(WRITERS[type(each)](each)) for each in said)
            alone = ", of a single target, which gets all requests" if len(pool.targets) == 1 else ""
            yield f"health of {to.to}: {clauses}{alone}"
