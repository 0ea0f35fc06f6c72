"""Counters as they are now, of all nodes together."""

from __future__ import annotations

from admin_api.call import Answer, Call, Handler
from admin_api.live.cluster import cluster_of
from admin_api.live.counters import budget_of, limits_of, rings_of
from admin_api.live.targets import health_of, seen_of
from admin_api.traffic.sums import page
from weir.api.counters import BudgetsNow, CountersQuery, HealthNow, LimitsNow, LimitsNowQuery


def limits(call: Call) -> Answer:
    query: LimitsNowQuery = call.query
    cluster = cluster_of(call.services)
    wanted = [
        one
        for one in limits_of(cluster.words.values())
        if _is_asked(query, one.owner, one.limit)
        and one.hash.startswith(query.hash)
        and (one.refused or not query.refused)
    ]
    items, after = page(wanted, query.limit, query.cursor)
    return Answer(LimitsNow(items=items, next=after, heard=cluster.heard))


def budgets(call: Call) -> Answer:
    """Only the rings of one page are looked at."""
    query: CountersQuery = call.query
    cluster = cluster_of(call.services)
    rings = rings_of(cluster.words.values())
    wanted = [ring for ring in rings if _is_asked(query, *ring.upstream.split("/", 1))]
    shown, after = page(wanted, query.limit, query.cursor)
    now = call.services.live.rings(shown)
    items = tuple(budget_of(ring, rings[ring], now.get(ring)) for ring in shown)
    return Answer(BudgetsNow(items=items, next=after, heard=cluster.heard))


def health(call: Call) -> Answer:
    query: CountersQuery = call.query
    cluster, services = cluster_of(call.services), call.services
    drained = (drain.member for drain in services.drains.now())
    found = health_of(seen_of(cluster.words.values()), services.live.ejected(), drained)
    wanted = [one for one in found if _is_asked(query, one.owner, one.upstream)]
    items, after = page(wanted, query.limit, query.cursor)
    return Answer(HealthNow(items=items, next=after, heard=cluster.heard))


def _is_asked(query: CountersQuery, owner: str, name: str) -> bool:
    return query.owner in (None, owner) and query.name in ("", name)


HANDLERS: dict[str, Handler] = {
    "counters.limits": limits,
    "counters.budgets": budgets,
    "counters.health": health,
}
