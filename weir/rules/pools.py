"""Which pools of targets a document has: its upstreams, and one for each URL used as a destination."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from weir.models.document import Definition, Upstream
from weir.models.effective import Pool, Route
from weir.models.rule_clauses import Host, Proxy, Retry, Timeout
from weir.models.upstream_clauses import (
    Balance,
    Budget,
    Check,
    Concurrency,
    Eject,
    SlowStart,
    Sticky,
    Target,
    Tls,
    UpstreamClause,
)

_FIELDS: Mapping[type, str] = MappingProxyType(
    {
        Balance: "balance",
        Timeout: "timeout",
        Host: "host",
        Check: "check",
        Eject: "eject",
        Retry: "retry",
        Budget: "budget",
        Concurrency: "concurrency",
        Tls: "tls",
        Sticky: "sticky",
        SlowStart: "slow_start",
    }
)


def pools(definitions: Iterable[Definition], routes: Iterable[Route]) -> dict[str, Pool]:
    """Every declared upstream, and one of a single target for each URL that a route uses as a destination."""
    found = {
        definition.name: _pool(definition) for definition in definitions if isinstance(definition, Upstream)
    }
    for route in routes:
        for to in destinations(route):
            if is_url(to) and to not in found:
                found[to] = Pool(name=to, targets=(Target(url=to),))
    return found


def destinations(route: Route) -> tuple[str, ...]:
    """Names and URLs that a route may send to."""
    to = tuple(destination.to for destination in route.action.to) if isinstance(route.action, Proxy) else ()
    return (*to, route.mirror.to) if route.mirror else to


def is_url(to: str) -> bool:
    """Whether a destination is a URL rather than an upstream's name."""
    return to.startswith(("http://", "https://"))


def _pool(upstream: Upstream) -> Pool:
    targets = tuple(clause for clause in upstream.clauses if isinstance(clause, Target))
    return Pool(name=upstream.name, targets=targets, **_fields(upstream.clauses))  # type: ignore[arg-type]  # each field has its clause


def _fields(clauses: Sequence[UpstreamClause]) -> dict[str, object]:
    return {_FIELDS[type(clause)]: clause for clause in clauses if not isinstance(clause, Target)}
