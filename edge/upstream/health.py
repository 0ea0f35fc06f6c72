"""Which targets of one upstream get no requests now, and why: the state. Pure but for who is told; times are given.

Three things put a target out: its own failures in this worker, the cluster's evidence, and failed checks. The first two
are ejections, of which only so many are allowed at a time; all of them together never leave less than half of the
targets, as health is not looked at then (**panic**). Who is out gets no new requests and finishes those that it has.

``out`` is what picking excludes: the one empty set while all are in, which costs a pick nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from edge.upstream.balance.turn import Turn
from edge.upstream.health_policy import (
    LONGEST_RETRY_AFTER_S,
    Policy,
    allowed,
    ejection_s,
    is_panic,
    share_of_weight,
    times_in_a_row,
)

NOBODY: frozenset[Any] = frozenset()

CONSECUTIVE, RETRY_AFTER, CLUSTER, CHECK = "consecutive", "retry-after", "cluster", "check"
"""Why a target is out."""


class Known(Hashable, Protocol):
    """A target."""

    @property
    def url(self) -> str: ...


Item = TypeVar("Item", bound=Known)


class Standing:
    """What is known of one target of one upstream. Times are monotonic seconds; 0 is long ago."""

    __slots__ = (
        "bad", "check_until", "cluster_until", "good", "reason", "row", "seen_out", "slow_from", "times", "until",
    )  # fmt: skip

    def __init__(self) -> None:
        self.good = 0
        self.bad = 0
        """Good answers and failures, ever."""
        self.row = 0
        """Failures since the last good answer."""
        self.until = 0.0
        """Of the last ejection here."""
        self.reason = ""
        self.times = 0
        """Ejections in a row."""
        self.cluster_until = 0.0
        self.check_until = 0.0
        self.slow_from = 0.0
        """Begin of a slow start; 0: none."""
        self.seen_out = ""
        """Why it was out when that was last looked at."""

    def why(self, now: float) -> str:
        """Why it should get no requests; empty if it should."""
        if self.check_until > now:
            return CHECK
        if self.cluster_until > now:
            return CLUSTER
        return self.reason if self.until > now else ""

    def ends(self) -> float:
        return max(self.until, self.cluster_until, self.check_until)


class Out(NamedTuple, Generic[Item]):
    """One target that is out, for those who ask."""

    item: Item
    why: str
    until: float


class Health(Generic[Item]):
    """Of one upstream."""

    __slots__ = (
        "_chance", "_drained", "_note", "_rotation", "_suspect", "_wake", "out", "panic", "policy", "standings",
    )  # fmt: skip

    def __init__(
        self,
        items: Sequence[Item],
        turn: Turn[Item],
        policy: Policy,
        *,
        wake: Callable[[], None] = lambda: None,
        note: Callable[[str, str], None] = lambda _url, _reason: None,
        suspect: Callable[[], None] = lambda: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """``wake`` is called when time alone will change something; ``note`` with (URL, reason) of who goes out;
        ``suspect`` before a failure counts."""
        self.policy = policy
        self.standings: dict[Item, Standing] = {item: Standing() for item in items}
        self.out: frozenset[Item] = NOBODY
        self.panic = False
        """Fewer than half are healthy, so that all get requests."""
        self._drained: frozenset[Item] = NOBODY
        self._rotation = turn
        self._wake = wake
        self._note = note
        self._suspect = suspect
        self._chance = chance

    def inherit(self, before: Health[Item], now: float) -> None:
        """Targets that stay keep their standing; new ones start slowly."""
        for item in self.standings:
            known = before.standings.get(item)
            if known is not None:
                self.standings[item] = known
                if not self.policy.after:
                    known.until = 0.0
            elif self.policy.slow_s:
                self.standings[item].slow_from = now
        self._look(now)

    def part(self) -> None:
        """Another one is at work in its place: requests of the time before still tell it, and weigh nobody's turn."""
        self._rotation = Turn([(item, 1) for item in self._rotation.items])

    def join(self, used: Collection[Item], now: float) -> None:
        """As ``inherit``, where nothing was known of the targets that were ``used``, as of a single one."""
        if self.policy.slow_s:
            for item in self.standings.keys() - used:
                self.standings[item].slow_from = now
            self._look(now)

    def succeeded(self, item: Item) -> None:
        """A good answer. Runs for every request."""
        standing = self.standings[item]
        standing.good += 1
        standing.row = 0

    def failed(self, item: Item, now: float, retry_after_s: float | None = None) -> None:
        """A connection failed, broke or was silent for too long, or the answer was 502, 503 or 504.

        ``retry_after_s``: what a 503 asked for.
        """
        self._suspect()
        standing = self.standings[item]
        standing.bad += 1
        standing.row += 1
        if not self.policy.after or standing.seen_out:
            return
        if retry_after_s is not None and 0 < retry_after_s <= LONGEST_RETRY_AFTER_S:
            self._eject(standing, RETRY_AFTER, now, retry_after_s)
        elif standing.row >= self.policy.after:
            times = times_in_a_row(self.policy, standing.times, now - standing.until)
            if self._eject(standing, CONSECUTIVE, now, ejection_s(self.policy, times, self._chance())):
                standing.times = times

    def hear(self, ejected: Mapping[str, float], failing: Mapping[str, float], now: float) -> None:
        """Until when the cluster ejects which URLs, and which fail their checks; others do not."""
        for item, standing in self.standings.items():
            standing.cluster_until = ejected.get(item.url, 0.0) if self.policy.after else 0.0
            standing.check_until = failing.get(item.url, 0.0)
        self._look(now)

    def drain(self, drained: frozenset[Item], now: float | None = None) -> None:
        """A person took these out of service: they are no candidates. Who comes back starts slowly."""
        now = time.monotonic() if now is None else now
        back, self._drained = self._drained - drained, drained
        for item in back & self.standings.keys():
            self.standings[item].slow_from = now if self.policy.slow_s else 0.0
        if back or drained:
            self.settle(now)

    def settle(self, now: float) -> bool:
        """Works out who is out and how much weight the others have. True if time alone will change that."""
        ejected = [
            (item, one) for item, one in self.standings.items() if max(one.until, one.cluster_until) > now
        ]
        ejected.sort(key=lambda each: each[1].until <= now)  # what failed here is surer than hearsay
        out = {item for item, _ in ejected[: allowed(self.policy, len(self.standings))]}
        out.update(item for item, one in self.standings.items() if one.check_until > now)
        candidates = [item for item in self._rotation.items if item not in self._drained]
        self.panic = is_panic(sum(item not in out for item in candidates), len(candidates))
        self._compare(out, now)
        self.out = NOBODY if self.panic or not out else frozenset(out)
        slow = self._weigh(now)
        pending = slow or any(one.ends() > now for one in self.standings.values())
        if pending:
            self._wake()
        return pending

    def outs(self, now: float) -> list[Out[Item]]:
        """Those that are out, or would be but for the panic."""
        found = ((item, one, one.why(now)) for item, one in self.standings.items() if one.seen_out)
        return [Out(item, why, one.ends()) for item, one, why in found if why]

    def sentence(self) -> str:
        """For whoever reads why a request failed; empty unless fewer than half of the targets are healthy."""
        if not self.panic:
            return ""
        out = sum(1 for one in self.standings.values() if one.seen_out)
        return f"{out} of {len(self.standings)} targets are unhealthy"

    def _look(self, now: float) -> None:
        """A publish comes by at every upstream that it changed, and of most there is nothing to say."""
        if any(one.seen_out or one.slow_from or one.ends() > now for one in self.standings.values()):
            self.settle(now)

    def _eject(self, standing: Standing, reason: str, now: float, seconds: float) -> bool:
        """Unless as many are ejected as may be."""
        others = sum(max(one.until, one.cluster_until) > now for one in self.standings.values())
        if others >= allowed(self.policy, len(self.standings)):
            return False
        standing.until, standing.reason, standing.row = now + seconds, reason, 0
        self.settle(now)
        return True

    def _compare(self, out: set[Item], now: float) -> None:
        """Tells who went out, and lets those who came back start slowly."""
        for item, one in self.standings.items():
            why = (one.why(now) or CLUSTER) if item in out else ""
            if why and not one.seen_out:
                self._note(item.url, why)
                one.slow_from = 0.0
            elif one.seen_out and not why:
                one.row = 0
                one.slow_from = now if self.policy.slow_s else 0.0
            one.seen_out = why

    def _weigh(self, now: float) -> bool:
        """Whether somebody starts slowly."""
        slow = False
        factors = []
        for item in self._rotation.items:
            one = self.standings[item]
            factor = share_of_weight(self.policy, now - one.slow_from) if one.slow_from else 1.0
            if factor == 1.0:
                one.slow_from = 0.0
            slow = slow or factor < 1.0
            factors.append(factor)
        self._rotation.scale(factors if slow else None)
        return slow
