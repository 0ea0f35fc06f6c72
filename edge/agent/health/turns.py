"""Whose turn it is to probe one target, on this node's side: one greenlet for each check.

The store knows who probes for the whole cluster: whoever gets the lease, and renews it with every result. With it comes
what was found last, so that a verdict outlives its prober. Others ask again when it may have run out. Without a word
for three intervals, three seconds at least, as while the store is away, each node probes for itself until results come
again.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import Any, Protocol

import gevent

from edge.agent.health.check import SILENT_INTERVALS, Check
from edge.agent.health.probe import Outcome
from edge.agent.health.verdict import judge
from weir.store.errors import StoreError
from weir.store.health import HealthCalls, Lease, Result, Seen, read_lease
from weir.store.script_calls import ScriptCall

SPREAD = 0.1
"""Of the interval: how far apart those who ask for a free lease begin."""
FIRST_S = 0.5
"""A new check begins within that time."""

log = logging.getLogger("weir.health")


class Pipe(Protocol):
    """What of ``StorePipe`` is used."""

    def ask(self, call: ScriptCall) -> Any: ...


class Known(Protocol):
    """What is known of a check's results."""

    def last(self, check: str) -> Result | None: ...

    def hear(self, seen: Seen) -> None:
        """What the store tells of a check."""

    def heard_at(self, check: str) -> float:
        """Monotonic second of the last result that the store has taken or told."""

    def found(self, check: Check, result: Result, *, published: bool) -> None: ...


def is_ours(lease: Lease | None, silent_s: float, turn_s: float) -> bool:
    """``lease`` None: the store did not say."""
    return (lease is not None and lease.mine) or silent_s > SILENT_INTERVALS * turn_s


def pause_s(lease: Lease | None, took_s: float, check: Check, chance: float) -> float:
    """Until the next look: of who probes, one interval from begin to begin; of others, when the lease may be free."""
    if lease is None or lease.mine:
        return max(0.0, check.every_s - took_s)
    return min(check.turn_s, lease.left_ms / 1000 + SPREAD * check.turn_s * chance)


class Turns:
    """Of one check on one node."""

    def __init__(
        self,
        check: Check,
        calls: HealthCalls,
        pipe: Pipe,
        known: Known,
        probe: Callable[[Check], Outcome],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check = check
        self._calls = calls
        self._pipe = pipe
        self._known = known
        self._probe = probe
        self._clock = clock
        self._since = clock()
        self.holder = ""
        """The node that probes for the cluster, as far as is known."""

    def run(self) -> None:
        """For ever."""
        gevent.sleep(random.uniform(0.0, min(FIRST_S, self._check.every_s)))  # noqa: S311 - spreads load
        while True:
            try:
                wait_s = self.step()
            except Exception:
                log.exception("a check of %s failed; it goes on", self._check.url)
                wait_s = self._check.every_s
            gevent.sleep(wait_s)

    def step(self) -> float:
        """One look; returns the seconds until the next."""
        began = self._clock()
        lease = self._lease()
        heard_at = max(self._since, self._known.heard_at(self._check.id))
        if is_ours(lease, began - heard_at, self._check.turn_s):
            self._take_turn(lease)
        took_s = self._clock() - began
        return pause_s(lease, took_s, self._check, random.random())  # noqa: S311 - spreads load

    def _lease(self) -> Lease | None:
        check = self._check
        try:
            lease = read_lease(self._pipe.ask(self._calls.lease(check.id, check.lease_ms)), check.id)
        except StoreError:
            return None
        self.holder = lease.holder
        if lease.last is not None:
            self._known.hear(lease.last)
        return lease

    def _take_turn(self, lease: Lease | None) -> None:
        check = self._check
        result = judge(self._known.last(check.id), self._probe(check), self._calls.node)
        published = lease is not None and self._publish(result)
        self._known.found(check, result, published=published)

    def _publish(self, result: Result) -> bool:
        check = self._check
        try:
            return bool(self._pipe.ask(self._calls.result(check.id, result, check.lease_ms)) == 1)
        except StoreError:
            return False
