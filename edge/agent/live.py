"""Says in the store, every few seconds, what this node knows of limits, retry budgets and targets.

It goes with the calls that the counters make anyway. What nobody has anything to say about is not said.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import gevent

from edge.retry.budget_terms import BUCKETS, FLOOR
from weir.store.keys import Keys
from weir.store.live import (
    MAX_BUDGETS,
    MAX_LIMITS,
    MAX_TARGETS,
    NearLimit,
    NodeBudget,
    NodeLive,
    NodeTarget,
    live_call,
)
from weir.store.script_calls import ScriptCall

EVERY_S = 2.0

log = logging.getLogger("weir.agent")


class Pipe(Protocol):
    """What of ``StorePipe`` is used."""

    def later(self, call: ScriptCall, done: Callable[[Any | None], None]) -> None: ...


class LiveWord:
    """``run`` it in a greenlet of its own. ``targets`` gives the page ``/targets``, ``budgets`` its entries."""

    def __init__(
        self,
        pipe: Pipe,
        keys: Keys,
        node: str,
        *,
        limits: Callable[[], Iterable[NearLimit]],
        budgets: Callable[[], list[dict[str, Any]]],
        refused: Callable[[], Mapping[tuple[str, str], int]],
        targets: Callable[[], dict[str, Any]],
        wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._pipe, self._keys, self._node, self._wall_ms = pipe, keys, node, wall_ms
        self._limits, self._budgets, self._refused, self._targets = limits, budgets, refused, targets
        self._out_since: dict[tuple[str, str], int] = {}
        self._said_nothing = True

    def run(self) -> None:
        """For ever."""
        while True:
            gevent.sleep(EVERY_S * random.uniform(0.9, 1.1))  # noqa: S311 - spreads nodes, hides nothing
            self.say()

    def say(self) -> None:
        """One word, unless there is nothing to say and there was nothing before."""
        live = self.word()
        nothing = not (live.limits or live.budgets or live.targets)
        if not (nothing and self._said_nothing):
            self._pipe.later(live_call(self._keys, self._node, live), lambda _reply: None)
        self._said_nothing = nothing

    def word(self) -> NodeLive:
        """What is known now."""
        now_ms = self._wall_ms()
        limits, budgets = tuple(self._limits()), self._budget_entries()
        targets = self._target_entries(now_ms)
        most = (MAX_LIMITS, MAX_BUDGETS, MAX_TARGETS)
        counts = (len(limits), len(budgets), len(targets))
        left_out = sum(max(0, count - bound) for count, bound in zip(counts, most, strict=True))
        return NodeLive(
            time_ms=now_ms,
            limits=limits[:MAX_LIMITS],
            budgets=tuple(budgets[:MAX_BUDGETS]),
            targets=tuple(targets[:MAX_TARGETS]),
            left_out=left_out,
        )

    def _budget_entries(self) -> list[NodeBudget]:
        """The busiest first."""
        refused: dict[str, dict[str, int]] = {}
        for (upstream, why), count in self._refused().items():
            refused.setdefault(upstream, {})[why] = count
        found = [_budget(entry, refused.get(entry["upstream"], {})) for entry in self._budgets()]
        return sorted(found, key=lambda one: (-one.lent - sum(one.refused.values()), one.upstream))

    def _target_entries(self, now_ms: int) -> list[NodeTarget]:
        """Those that are out or drained first; with since when they are out."""
        entries = self._targets()["targets"]
        out = {(entry["upstream"], entry["target"]) for entry in entries if is_out(entry)}
        self._out_since = {identity: self._out_since.get(identity, now_ms) for identity in out}
        found = [
            target_of(entry, self._out_since.get((entry["upstream"], entry["target"]), 0))
            for entry in entries
        ]
        return sorted(found, key=lambda one: (not one.since_ms, one.drained_in_flight is None))


def is_out(entry: Mapping[str, Any]) -> bool:
    """Of the page ``/targets``."""
    return bool(entry["out"]) or "cluster_for_s" in entry or entry.get("check", {}).get("healthy") is False


def target_of(entry: Mapping[str, Any], since_ms: int) -> NodeTarget:
    """An entry of the page ``/targets``."""
    check, drained = entry.get("check", {}), entry.get("drained")
    return NodeTarget(
        upstream=entry["upstream"],
        url=entry["target"],
        out=is_out(entry),
        why=tuple(entry.get("why", ())),
        for_s=max(entry.get("for_s", 0.0), entry.get("cluster_for_s", 0.0)),
        workers=entry.get("workers", 0),
        panic=entry.get("panic", False),
        since_ms=since_ms,
        healthy=check.get("healthy"),
        last=check.get("last", ""),
        last_age_s=check.get("age_s", 0.0),
        detail=str(check.get("detail", ""))[:200],
        drained_in_flight=None if drained is None else drained["in_flight"],
    )


def _budget(entry: Mapping[str, Any], refused: dict[str, int]) -> NodeBudget:
    return NodeBudget(
        upstream=entry["upstream"],
        width_ms=entry["width_ms"],
        buckets=BUCKETS,
        cap=entry["cap"],
        reserve=entry["reserve"],
        floor=FLOOR,
        state=entry["state"],
        held=entry["held"],
        lent=entry["lent"],
        attempts=entry["attempts"],
        refused=refused,
    )
