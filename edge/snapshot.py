"""One version, compiled: what a request captures once and is served by to its end.

Building goes in small steps with pauses between; what did not change is shared with the snapshot before: entries of the
match table, plans, upstreams at work. An old snapshot is taken apart in steps too, as freeing it at once would stall.
"""

from __future__ import annotations

from edge.limiting.verdict import Limiting
from edge.pace import Pace
from edge.pipeline import phases_of
from edge.plan import Plan
from edge.upstream.upstreams import PoolId, Upstream, Upstreams
from edge.version_reader import VersionParts
from weir.models.document import Owner
from weir.models.effective import Settings
from weir.routing.entry import Match
from weir.routing.networks import NetworkSet
from weir.routing.table import RouteSet, Table

Plans = dict[str, list[Plan]]
"""By key of the RouteSet; a plan's place is its route's."""


class Snapshot:
    """Never changed after it was published, but for ``users``."""

    __slots__ = (
        "incarnation", "loaded", "number", "plans", "pools", "retried", "settings", "table", "trusted",
        "users",
    )  # fmt: skip

    def __init__(self, settings: Settings | None = None) -> None:
        """The empty configuration, which has no rule."""
        self.incarnation = ""
        self.number = 0
        self.loaded = False
        """Whether a version, or word that there is none, has been seen."""
        self.settings = settings or Settings()
        self.table = Table(self.settings.merge_slashes)
        self.plans: Plans = {}
        self.pools: frozenset[PoolId] = frozenset()
        self.retried: dict[str, frozenset[PoolId]] = {}
        """By key of the RouteSet: where its rules repeat attempts."""
        self.trusted = NetworkSet(self.settings.trusted_proxies)
        self.users = 0
        """Exchanges that captured it and are not over."""

    def plan(self, match: Match) -> Plan:
        """Of the matched rule."""
        return self.plans[match.key][match.ordinal]

    def bare(self) -> Snapshot:
        """The same version without its rules."""
        twin = Snapshot(self.settings)
        twin.incarnation, twin.number, twin.loaded = self.incarnation, self.number, self.loaded
        return twin


def build(
    parts: VersionParts, upstreams: Upstreams, previous: Snapshot, pace: Pace, limiter: Limiting | None = None
) -> Snapshot:
    """Raises ValueError (BadCondition is one) for a version that this edge cannot serve."""
    snapshot = Snapshot(parts.settings)
    snapshot.incarnation, snapshot.number = parts.manifest.incarnation, parts.manifest.number
    snapshot.loaded = True
    by_owner: dict[Owner, dict[str, Upstream]] = {}
    for (owner, name), pool in parts.pools.items():
        by_owner.setdefault(owner, {})[name] = upstreams.upstream(owner, pool, parts.manifest.incarnation)
        pace.pause()
    snapshot.pools = frozenset(parts.pools)
    for route_set in parts.sets:
        own = by_owner.get(route_set.owner, {})
        before = previous.plans.get(route_set.key)
        if before is None or previous.settings != parts.settings or not _still_holds(before, own):
            before = _plans(route_set, own, parts.settings, pace, limiter)
            snapshot.retried[route_set.key] = _give_budgets(
                route_set.owner, before, parts.settings, upstreams
            )
        else:
            snapshot.retried[route_set.key] = previous.retried[route_set.key]
        snapshot.plans[route_set.key] = before
        pace.pause()
    steps = Table.build_steps(parts.sets, previous.table, merge_slashes=parts.settings.merge_slashes)
    snapshot.table = pace.through(steps)
    return snapshot


def dismantle(old: Snapshot, successor: Snapshot, pace: Pace) -> None:
    """Frees what is not shared; nobody may use ``old`` any more."""
    for _ in old.table.dismantle_steps(successor.table):
        pace.pause()
    while old.plans:
        key, plans = old.plans.popitem()
        if successor.plans.get(key) is not plans:
            while plans:
                del plans[-16:]
                pace.pause()


def _plans(
    route_set: RouteSet,
    upstreams: dict[str, Upstream],
    settings: Settings,
    pace: Pace,
    limiter: Limiting | None,
) -> list[Plan]:
    plans = []
    for route in pace.over(route_set.routes):
        plan = Plan(route, upstreams, settings, limiter, route_set.owner)
        plan.phases = phases_of(plan)
        plans.append(plan)
    return plans


def _give_budgets(
    owner: Owner, plans: list[Plan], settings: Settings, upstreams: Upstreams
) -> frozenset[PoolId]:
    """To every upstream at which one of the plans repeats attempts; which ones these are."""
    retried = {
        share.upstream.name: share.upstream
        for plan in plans
        for share in plan.shares.items
        if share.retry is not None
    }
    for upstream in retried.values():
        upstreams.is_retried(owner, upstream, settings)
    return frozenset((owner, name) for name in retried)


def _still_holds(plans: list[Plan], upstreams: dict[str, Upstream]) -> bool:
    """Whether every upstream they send to is still the same."""
    return all(upstreams.get(upstream.name) is upstream for plan in plans for upstream in plan.upstreams())
