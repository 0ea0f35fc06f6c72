"""Every upstream and target a worker knows, by identity: what did not change keeps its connections and its turn.

A version is built as a ``Draft``, and its upstreams come to work all at once, when it is served. Until then health,
limits of what is in flight, budgets of retries and drains are those of the version in service.
"""

from __future__ import annotations

import ssl
from collections.abc import Container, Iterable, Iterator
from typing import Any

from edge.deadlines import Sweeper
from edge.downstream.limits import Limits
from edge.http.names import ResponseNames
from edge.retry.budgets import RetryBudgets
from edge.retry.spending import Spending
from edge.upstream.balance.keys import Key, key_of
from edge.upstream.balance.policies import POLICIES, Pick
from edge.upstream.balance.turn import Turn
from edge.upstream.concurrency_gate import Gate
from edge.upstream.concurrency_gates import Gates
from edge.upstream.drains import Drains
from edge.upstream.health import NOBODY, Health
from edge.upstream.health_board import HealthBoard
from edge.upstream.resolver import Resolver
from edge.upstream.sticky import Sticky, WithCookies
from edge.upstream.target import Target
from weir.models.document import Owner
from weir.models.effective import Pool, Settings
from weir.models.upstream_clauses import Budget

PoolId = tuple[Owner, str]
"""References resolve inside one owner's document, so two owners may use one name for two pools."""


class Upstream:
    """A pool at work."""

    __slots__ = (
        "budget", "drained", "gate", "health", "key", "measures", "name", "only", "pick", "pool", "secret", "sticky",
        "targets", "turn",
    )  # fmt: skip

    def __init__(self, pool: Pool, turn: Turn[Target], targets: tuple[Target, ...], secret: str = "") -> None:
        """``targets``: those of weight 0 too. ``secret``: see ``sticky``. Raises ValueError for what is not built."""
        policy = "round_robin" if pool.balance is None else pool.balance.policy
        self.name = pool.name
        self.pool = pool
        self.turn = turn
        self.targets = targets
        self.secret = secret
        self.sticky = None if pool.sticky is None else Sticky(pool.sticky, pool.name, targets, secret)
        self.pick: Pick[Target] = POLICIES[policy]
        self.key: Key | None = None
        """What the policy wants to know of a request; None: nothing."""
        if pool.balance is not None and policy == "hash":
            self.key = key_of(pool.balance, pool.name)
        self.measures = policy == "p2c"
        """Whether it asks for the latency of its targets."""
        self.budget: Spending | None = None
        """What limits further attempts; None: nothing does."""
        self.gate: Gate | None = None
        """What limits the requests in flight; None: nothing does."""
        self.health: Health[Target] | None = None
        """None if none of its targets can ever be out."""
        self.drained: frozenset[Target] = NOBODY
        """Those that a person took out of service: they get nothing new, whatever health says."""
        self.only: Target | None = None
        """Who takes every request, whatever it says; None: ``held`` and ``choose`` say who."""

    def choose(self, key: str, tried: frozenset[Target] = NOBODY) -> Target | None:
        """Who takes a request: somebody healthy who was not ``tried``, else somebody healthy, else None."""
        out: frozenset[Target] = NOBODY if self.health is None else self.health.out
        if self.drained:
            out |= self.drained
        if tried:
            found = self.pick(self.turn, key, out | tried)
            if found is not None:
                return found
        return self.pick(self.turn, key, out)

    def takes(self, target: Target) -> bool:
        """Whether it is one of those that may get a request, and neither out nor drained."""
        if target in self.drained or target not in self.in_use():
            return False
        return self.health is None or target not in self.health.out

    def held(self, request: WithCookies) -> Target | None:
        """The target that the request's cookie names, unless it is out or drained."""
        if self.sticky is None:
            return None
        found = self.sticky.held(request)
        if found in self.drained:
            return None
        return None if self.health is not None and found in self.health.out else found

    def drain(self, urls: Container[str]) -> None:
        """From now on these are drained, and no others."""
        self.drained = frozenset(target for target in self.targets if target.url in urls) or NOBODY
        if self.health is not None:
            self.health.drain(self.drained)
        is_plain = self.health is None and self.sticky is None and not self.drained
        self.only = self.turn.only if is_plain else None

    def nobody(self) -> str:
        """Why ``choose`` finds nobody, for whoever reads it."""
        if self.drained:
            return f"every target of upstream {self.name} that may get requests is drained"
        return f"upstream {self.name} has no target with a weight above 0"

    def in_use(self) -> tuple[Target, ...]:
        """Those that may get a request."""
        return self.turn.items if self.sticky is None else self.targets


class Upstreams:
    """Of one worker."""

    def __init__(
        self,
        *,
        sweeper: Sweeper,
        resolver: Resolver,
        names: ResponseNames,
        limits: Limits,
        context: ssl.SSLContext,
        board: HealthBoard | None = None,
        gates: Gates | None = None,
        budgets: RetryBudgets | None = None,
        drains: Drains | None = None,
    ) -> None:
        """``context`` verifies https targets. ``board``: where their health is told to others, and heard.

        ``gates``: the limits of what is in flight. ``budgets``: of retries; without, nothing limits them.
        ``drains``: which targets are out of service by a person's word.
        """
        self._sweeper = sweeper
        self._resolver = resolver
        resolver.on_change = self._addresses_changed
        self._names = names
        self._limits = limits
        self._context = context
        self._board = board or HealthBoard()
        self._gates = gates or Gates()
        self._budgets = budgets
        self._drains = drains or Drains()
        self._drains.changed = self._drain
        self._targets: dict[str, Target] = {}
        self._uses: dict[str, int] = {}
        """By URL: at how many places a target may get requests, so that a publish need not look at all of them."""
        self._upstreams: dict[PoolId, Upstream] = {}

    def draft(self) -> Draft:
        """For the version that comes next. One at a time: it is taken or dropped before there is another."""
        return Draft(self)

    def take(self, draft: Draft, retried: Iterable[PoolId] = ()) -> None:
        """From now on the draft's upstreams are at work, and no others. Never fails; no other greenlet runs meanwhile.

        ``retried``: where rules repeat attempts; what else has a budget keeps it for requests that began before.
        """
        before, self._upstreams = self._upstreams, draft.upstreams
        self._targets.update(draft.targets)
        left = [upstream for identity, upstream in before.items() if identity not in self._upstreams]
        for identity, upstream in draft.made.items():
            self._begin(identity, upstream, before.get(identity))
            if identity in before:
                left.append(before[identity])
        self._gates.retain(self._upstreams)
        if self._budgets is not None:
            for owner, upstream, said in draft.budgets:
                upstream.budget = self._budgets.of(owner, upstream.name, said)
            self._budgets.retain(retried)
        checked = {identity: one.pool for identity, one in self._upstreams.items() if one.pool.check}
        self._board.retain(self._upstreams, checked)
        self._let_go(left, draft.targets)

    def has(self, identity: PoolId, upstream: Upstream) -> bool:
        """Whether it is at work."""
        return self._upstreams.get(identity) is upstream

    def drained_in_flight(self, identity: PoolId) -> Iterator[tuple[str, int]]:
        """URL and requests under way of each drained target of an upstream."""
        upstream = self._upstreams.get(identity)
        if upstream is not None:
            for target in sorted(upstream.drained, key=lambda one: one.url):
                yield target.url, target.in_flight

    def connections(self) -> Iterator[list[Any]]:
        """Gauges of the open connections of every upstream that has some."""
        counts: dict[str, tuple[int, int]] = {}
        for (_, name), upstream in self._upstreams.items():
            idle = sum(target.idle for target in upstream.targets)
            busy = sum(target.connections for target in upstream.targets) - idle
            if idle or busy:
                before = counts.get(name, (0, 0))
                counts[name] = (before[0] + idle, before[1] + busy)
        for name, (idle, busy) in counts.items():
            yield ["weir_upstream_connections", [name, "idle"], float(idle)]
            yield ["weir_upstream_connections", [name, "busy"], float(busy)]

    def made(self, identity: PoolId, pool: Pool, secret: str, targets: dict[str, Target]) -> Upstream:
        """For a draft: the one at work if it is the same, else a new one over the targets that stay, which nobody has
        heard of yet. ``targets``: those that are new in the draft; more are added.

        Raises ValueError for what this worker cannot do.
        """
        secret = secret if pool.sticky is not None else ""
        known = self._upstreams.get(identity)
        if known is not None and known.pool == pool and known.secret == secret:
            return known
        items = tuple(self._target(target.url, targets) for target in pool.targets)
        if known is not None and known.pool.targets == pool.targets:
            turn = known.turn
        else:
            turn = Turn([(target, said.weight) for target, said in zip(items, pool.targets, strict=True)])
        found = Upstream(pool, turn, items, secret)
        found.gate = self._gates.made(identity, pool.concurrency)
        found.health = self._board.made(identity, pool, found.in_use(), turn)
        return found

    def _begin(self, identity: PoolId, upstream: Upstream, before: Upstream | None) -> None:
        """It is at work, in place of ``before``."""
        self._gates.take(identity, upstream.gate, upstream.pool.concurrency)
        upstream.turn.scale(None)
        self._board.take(
            identity,
            upstream.health,
            None if before is None else before.health,
            None if before is None else before.in_use(),
        )
        upstream.drain(self._drains.of(identity))
        for target in upstream.in_use():
            self._uses[target.url] = self._uses.get(target.url, 0) + 1

    def _let_go(self, left: Iterable[Upstream], drafted: Iterable[str]) -> None:
        """Of upstreams that are not at work any more, and of URLs that nobody uses though they were drafted."""
        perhaps = set(drafted)
        for upstream in left:
            for target in upstream.in_use():
                self._uses[target.url] -= 1
                perhaps.add(target.url)
        gone = [url for url in perhaps if not self._uses.get(url)]
        for url in gone:
            self._uses.pop(url, None)
            self._targets.pop(url).retire()
        if gone:
            self._resolver.forget({target.host: None for target in self._targets.values()})

    def _drain(self, identity: PoolId) -> None:
        upstream = self._upstreams.get(identity)
        if upstream is not None:
            upstream.drain(self._drains.of(identity))

    def _addresses_changed(self, host: str, addresses: tuple[str, ...]) -> None:
        for target in self._targets.values():
            if target.host == host:
                target.keep_only(addresses)

    def _target(self, url: str, drafted: dict[str, Target]) -> Target:
        found = self._targets.get(url) or drafted.get(url)
        if found is None:
            found = drafted[url] = Target(
                url,
                sweeper=self._sweeper,
                resolver=self._resolver,
                names=self._names,
                limits=self._limits,
                context=self._context if url.startswith("https://") else None,
            )
        return found


class Draft:
    """Upstreams of a version that is not served yet. Whoever drops it leaves no trace among those at work."""

    __slots__ = ("_at_work", "budgets", "made", "targets", "upstreams")

    def __init__(self, at_work: Upstreams) -> None:
        self._at_work = at_work
        self.upstreams: dict[PoolId, Upstream] = {}
        """All that the version has."""
        self.made: dict[PoolId, Upstream] = {}
        """Those that are not at work yet."""
        self.targets: dict[str, Target] = {}
        """By URL, as far as they are new."""
        self.budgets: list[tuple[Owner, Upstream, Budget | None]] = []
        """Of retries: what holds from now on."""

    def upstream(self, owner: Owner, pool: Pool, secret: str = "") -> Upstream:
        """``secret`` is what all nodes know and no client does. Raises ValueError for what this worker cannot do."""
        identity = (owner, pool.name)
        found = self._at_work.made(identity, pool, secret, self.targets)
        self.upstreams[identity] = found
        if not self._at_work.has(identity, found):
            self.made[identity] = found
        return found

    def is_retried(self, owner: Owner, upstream: Upstream, settings: Settings) -> None:
        """A rule repeats failed attempts at it: the budget of all of them together."""
        self.budgets.append((owner, upstream, upstream.pool.budget or settings.budget))
