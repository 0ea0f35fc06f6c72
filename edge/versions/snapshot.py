"""One version, compiled: what a request captures once and is served by to its end.

Building goes in small steps with pauses between; what did not change is shared with the snapshot before: entries of the
match table, plans, upstreams at work. An old snapshot is taken apart in steps too, as freeing it at once would stall.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.auth.services import AuthServices
from edge.fast_path.way import fast_share_of
from edge.limiting.verdict import Limiting
from edge.pipeline import phases_of
from edge.upstream.upstreams import Draft, PoolId, Upstream
from edge.versions.pace import Pace
from edge.versions.plan import Plan
from edge.versions.reader import VersionParts
from weir.models.document import Owner
from weir.models.effective import Route, Settings
from weir.routing.entry import Match
from weir.routing.networks import NetworkSet
from weir.routing.table import RouteSet, Table

Plans = dict[str, list[Plan]]
"""By key of the RouteSet; a plan's place is its route's."""


class Snapshot:
    """Never changed after it was published, but for ``users``."""

    __slots__ = (
        "incarnation", "loaded", "number", "plans", "retried", "routes", "settings", "table", "trusted",
        "upstreams", "users",
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
        self.routes: dict[str, tuple[Route, ...]] = {}
        """By key of the RouteSet: what its plans were made from."""
        self.upstreams: dict[str, tuple[Upstream, ...]] = {}
        """By key of the RouteSet: each that its rules send something to."""
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
    parts: VersionParts,
    upstreams: Draft,
    previous: Snapshot,
    pace: Pace,
    limiter: Limiting | None = None,
    auth: AuthServices | None = None,
) -> Snapshot:
    """Raises ValueError (BadCondition is one) for a version that this edge cannot serve.

    ``upstreams`` is filled in, and to be taken when the snapshot is served. Nothing that is served changes here.
    """
    snapshot = Snapshot(parts.settings)
    snapshot.incarnation, snapshot.number = parts.manifest.incarnation, parts.manifest.number
    snapshot.loaded = True
    by_owner: dict[Owner, dict[str, Upstream]] = {}
    for (owner, name), pool in parts.pools.items():
        by_owner.setdefault(owner, {})[name] = upstreams.upstream(owner, pool, parts.manifest.incarnation)
        pace.pause()
    if previous.settings != parts.settings:
        known: dict[int, Plan] = {}
        unchanged: Plans = {}
    else:
        known, unchanged = _by_route(parts.sets, previous), previous.plans
    for route_set in parts.sets:
        key, own = route_set.key, by_owner.get(route_set.owner, {})
        plans = unchanged.get(key)
        if plans is None or not _are_the_same(previous.upstreams[key], own):
            plans = _plans(route_set, own, known, parts.settings, pace, limiter, auth)
            snapshot.retried[key] = _give_budgets(route_set.owner, plans, parts.settings, upstreams)
            used = {upstream.name: upstream for plan in plans for upstream in plan.upstreams()}
            snapshot.upstreams[key] = tuple(used.values())
        else:
            snapshot.retried[key] = previous.retried[key]
            snapshot.upstreams[key] = previous.upstreams[key]
        snapshot.plans[key], snapshot.routes[key] = plans, route_set.routes
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


def _by_route(sets: Iterable[RouteSet], previous: Snapshot) -> dict[int, Plan]:
    """Plans of sets that are gone, by identity of their routes, which the reader keeps where nothing changed."""
    gone = previous.plans.keys() - {route_set.key for route_set in sets}
    return {
        id(route): plan
        for key in gone
        for route, plan in zip(previous.routes[key], previous.plans[key], strict=True)
    }


def _plans(
    route_set: RouteSet,
    upstreams: dict[str, Upstream],
    known: dict[int, Plan],
    settings: Settings,
    pace: Pace,
    limiter: Limiting | None,
    auth: AuthServices | None,
) -> list[Plan]:
    plans = []
    for route in pace.over(route_set.routes):
        plan = known.get(id(route))
        if plan is None or not _are_the_same(plan.upstreams(), upstreams):
            plan = Plan(route, upstreams, settings, limiter, route_set.owner, auth)
            plan.phases = phases_of(plan)
            plan.fast_share = fast_share_of(plan)
        plans.append(plan)
    return plans


def _give_budgets(owner: Owner, plans: list[Plan], settings: Settings, upstreams: Draft) -> frozenset[PoolId]:
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


def _are_the_same(used: Iterable[Upstream], upstreams: dict[str, Upstream]) -> bool:
    """Whether every upstream that is used is the one of that name still."""
    return all(upstreams.get(upstream.name) is upstream for upstream in used)
