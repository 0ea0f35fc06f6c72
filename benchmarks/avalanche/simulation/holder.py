"""A node's side of Weir's budget: a lease, what it earned, and its part of the static reserve.

The same rules as in the node agent: one question at a time, at most four a bucket, none while a refusal still holds;
what a lease has left goes back with the next call.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from benchmarks.avalanche.policies import Cluster
from benchmarks.avalanche.setting import WINDOW_S
from benchmarks.avalanche.simulation.ring import BUCKET_S, Reply
from edge.agent.budgets_stream import Seen, Stream

ASKS_PER_BUCKET = 4
MOST_WANTED = 32
AWAY_S = 0.25
"""How long a store that did not answer is not asked."""
GUARD_S = 0.002
"""A lease ends so much before its bucket."""


class Call(NamedTuple):
    """One question to the store."""

    earned: int
    """Thousandths of a unit since the run began, told at the pace at which they were earned."""
    give_back: tuple[int, int]
    want: int


class Holder:
    def __init__(self, budget: Cluster, reserve: int) -> None:
        """``reserve``: units of the static reserve that are this node's, per window."""
        self._budget = budget
        self._reserve = _Reserve(reserve)
        self._earned = 0
        self._reported = self._told = 0
        self._reported_at = 0.0
        self._stream = Stream()
        self._lease = 0
        self._bucket = -1
        self._give_back = (-1, 0)
        self._refused_until = 0.0
        self._asks = (-1, 0)
        self._wanted = 0
        self._on_its_own = True
        """The store does not answer, or is in quarantine: the reserve counts."""
        self.asking = False

    def attempted(self) -> None:
        self._earn(self._budget.per_request)

    def succeeded(self, *, retry: bool) -> None:
        self._earn(self._budget.per_success + (self._budget.per_retry_success if retry else 0))

    def spend(self, now: float, cost: int) -> bool:
        """From the lease, or from the reserve."""
        if self._lease >= cost and now < (self._bucket + 1) * BUCKET_S - GUARD_S:
            self._lease -= cost
            return True
        return self._on_its_own and self._reserve.spend(now, cost, self._earned // 1000)

    def ask(self, now: float, cost: int) -> Call | None:
        """What to ask the store now; None if asking is useless or already done."""
        bucket = int(now / BUCKET_S)
        self._wanted += cost
        number = self._asks[1] if self._asks[0] == bucket else 0
        if self.asking or now < self._refused_until or number >= ASKS_PER_BUCKET:
            return None
        self._asks, self.asking = (bucket, number + 1), True
        return self._call(now, min(MOST_WANTED, max(cost, self._wanted)))

    def flush(self, now: float) -> Call | None:
        """What to tell the store once a second; None if there is nothing."""
        self._wanted = 0
        told = self._told
        call = self._call(now, 0)
        return call if call.earned != told or call.give_back[1] else None

    def take(self, now: float, call: Call, reply: Reply | None) -> None:
        """``reply`` None: the store did not answer; the units that went back with the call are lost."""
        if call.want:
            self.asking = False
        self._on_its_own = reply is None or reply.quarantined
        if reply is None:
            self._refused_until = now + AWAY_S
        elif not reply.granted:
            self._refused_until = now + min(reply.hint_s, BUCKET_S) if call.want else self._refused_until
        else:
            self._expire(reply.bucket)
            self._lease, self._bucket = self._lease + reply.granted, reply.bucket

    def _call(self, now: float, want: int) -> Call:
        self._expire(int(now / BUCKET_S))
        self._stream.add(now, Seen(0, self._earned - self._reported), now - self._reported_at)
        self._reported, self._reported_at = self._earned, now
        self._told = self._stream.played(now).credit
        call = Call(self._told, self._give_back, want)
        self._give_back = (-1, 0)
        return call

    def _expire(self, bucket: int) -> None:
        """What a lease of an earlier bucket has left is given back."""
        if self._bucket != bucket:
            if self._lease:
                self._give_back = (self._bucket, self._lease)
            self._lease = 0

    def _earn(self, milli: int) -> None:
        self._earned += milli


class _Reserve:
    """An exact log of what was spent of it in the last window."""

    def __init__(self, units: int) -> None:
        self._units = units
        self._spent: deque[float] = deque()
        self._ever = 0

    def spend(self, now: float, cost: int, earned: int) -> bool:
        """``earned``: whole retries that this node's own traffic has earned, ever."""
        while self._spent and self._spent[0] <= now - WINDOW_S:
            self._spent.popleft()
        if len(self._spent) + cost > self._units or self._ever + cost > earned:
            return False
        self._spent.extend([now] * cost)
        self._ever += cost
        return True
