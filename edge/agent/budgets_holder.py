"""What a node holds of one upstream's retry budget, as a pure state machine: values and times in, decisions out.

Times are seconds of CLOCK_BOOTTIME, which the workers of the node share and which does not stop in suspend.

* Units of the store live no longer than the bucket in which they were granted: their end is counted from before the
  call was sent, so that the way there and back only shortens it.
* What comes back is told once. If nobody knows whether a call was carried out, its units are given up.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from edge.agent.budgets_stream import NOTHING, Seen, Stream
from edge.retry.budget_reserve import Reserve
from edge.retry.budget_terms import BUCKETS, LEAST_CAP, UNIT, Terms
from weir.store.budget import Granted, Heard

MARGIN_S = 0.002
"""Clocks of two machines may drift so far within a bucket of up to 4 s."""
DRIFT = 1 / 2000
"""And so far, as a part of it, within a longer one; a clock that is being corrected is faster by that much at most."""
ASKS_PER_BUCKET = 4
"""Calls for units: so many at once, and so many more while a bucket lasts, evenly."""
AGAIN_S = 1.0
"""But one in that time at least: a refusal holds no longer, nor the wait after too many calls."""
MOST_WANTED = 32
"""Units that one call may want, unless the cap is so large that this would be the bound."""
IDLE_S = 3.0
"""After so long without demand, what is held goes back before its bucket ends."""
SPARED_ASKS = 1
"""Of those, for workers that wait; the others may be used for what is asked for ahead."""
AFTER_END_S = 0.001
"""A bucket is over at the margin after its end as it is counted here, and the way there and back."""
MOST_DOUBLINGS = 8
MOST_ASKED = 1024
"""Questions of workers that are remembered."""
NEVER = Seen(-1, -1)
MOST_BACK = 16
"""Buckets of which units wait to go back."""


class Units(NamedTuple):
    """What a worker is lent."""

    units: int
    bucket: int
    """-1: of the reserve, which is not given back."""
    until: float


class Holder:
    """Of one upstream and one length of window; ``now`` never runs backwards."""

    def __init__(self) -> None:
        self.attempts = 0
        self.asking = False
        """A call that wants units is on its way."""
        self.failed_last = False
        """The last one was not answered."""
        self.deny_until = 0.0
        self.why = ""
        """Why nothing is granted before ``deny_until``."""
        self.last: Granted | None = None
        self.lent = 0
        self.touched = 0.0
        """When a worker last spoke of it."""
        self._last_until = 0.0
        self._seq = 0
        self._told = NEVER
        self._answered: float | None = None
        """When the last word that was answered was sent."""
        self._streams: dict[int, Stream] = {}
        self._over = NOTHING
        """What streams told that have ended."""
        self._lease = Units(0, -1, 0.0)
        self._back: dict[int, int] = {}
        self._bucket_ends = 0.0
        self._asks_left = float(ASKS_PER_BUCKET)
        self._asks_at = 0.0
        self._ask_every_s = 0.0
        self._margin_s = MARGIN_S
        self._asked_here = 0
        """Calls for units in this bucket, up to ``MOST_DOUBLINGS``."""
        self._asked: deque[tuple[float, int]] = deque(maxlen=MOST_ASKED)
        self._reserve = Reserve()
        self._earned: deque[tuple[float, int]] = deque()

    @property
    def held(self) -> int:
        """Units that are lent to no worker."""
        return self._lease.units

    def state(self, now: float) -> str:
        """``ok``, or why nothing is granted, as far as is known; ``unknown`` before the store said anything."""
        if now < self.deny_until:
            return self.why
        if self.last is None:
            return "unknown"
        return self.last.why if now < self._last_until else "ok"

    def book(
        self,
        now: float,
        terms: Terms,
        attempts: int,
        successes: int,
        retried: int,
        *,
        worker: int = 0,
        gathered_s: float = 0.0,
    ) -> None:
        """What a worker saw since it last said so, which is so long ago."""
        self.touched = now
        width_s = terms.width_ms / 1000
        self._ask_every_s = min(AGAIN_S, width_s / ASKS_PER_BUCKET)
        self._margin_s = max(MARGIN_S, width_s * DRIFT)
        earned = terms.earned(attempts, successes, retried)
        self.attempts += attempts
        if attempts or earned:
            self._streams.setdefault(worker, Stream()).add(now, Seen(attempts, earned), gathered_s)
        if earned:
            self._earned.append((now, earned))
        while self._earned and self._earned[0][0] < now - terms.window_s:
            self._earned.popleft()

    def give_back(self, bucket: int, units: int) -> None:
        """Units that a worker will not spend; beyond ``MOST_BACK`` buckets the oldest are given up."""
        if bucket >= 0 and units > 0:
            self._back[bucket] = self._back.get(bucket, 0) + units
            if len(self._back) > MOST_BACK:
                del self._back[min(self._back)]

    def lend(self, now: float, need: int, want: int) -> Units | None:
        """From what is held: ``need`` at least, of more not above half as long as others may come."""
        self._expire(now)
        units, bucket, until = self._lease
        if units < need:
            return None
        lent = min(units, max(need, min(want, (units + 1) // 2)))
        self._lease = Units(units - lent, bucket, until)
        self.lent += lent
        return Units(lent, bucket, until)

    def let_go(self) -> None:
        """What is held goes back with the next call."""
        units, bucket, _ = self._lease
        self._lease = Units(0, -1, 0.0)
        self.give_back(bucket, units)

    def lend_reserve(
        self, now: float, need: int, units: int, least: int, terms: Terms, for_s: float
    ) -> Units | None:
        """From the node's share of the reserve, and within what the node itself earned (or ``least``)."""
        own = sum(earned for _, earned in self._earned) // UNIT
        bound = min(units, max(least, own))
        if not self._reserve.take(now, need, bound, terms.window_s + for_s):
            return None
        self.lent += need
        return Units(need, -1, now + for_s)

    def demanded(self, now: float, units: int) -> None:
        """A worker asks for so many."""
        self._asked.append((now, units))

    def may_ask(self, now: float, *, ahead: bool = False) -> bool:
        """Whether the store may be asked for units; ``ahead``: nobody waits for them."""
        least = 1 + (SPARED_ASKS if ahead else 0)
        return not self.asking and now >= self.deny_until and self._asks_left_at(now) >= least

    def bucket_begins_in(self, now: float) -> float:
        """Seconds, where one is over as it is counted here but may not be at the store; what it grants is no use."""
        begins = self._bucket_ends + self._margin_s + AFTER_END_S
        return begins - now if self._bucket_ends <= now < begins else 0.0

    def busy_until(self, now: float) -> float:
        """When the store may be asked again after too many calls, or where asking is no use yet."""
        too_many_s = max(0.0, 1 - self._asks_left_at(now)) * self._ask_every_s
        return now + min(AGAIN_S, max(too_many_s, self.bucket_begins_in(now)))

    def wanted(self, now: float, need: int, terms: Terms) -> int:
        """Units to ask the store for: what the workers wanted in the time of a bucket; what is not needed goes back.

        Within a bucket each call asks for twice as many at least, as there are only so many of them.
        """
        while self._asked and self._asked[0][0] < now - terms.width_ms / 1000:
            self._asked.popleft()
        cap = self.last.cap if self.last else LEAST_CAP
        wanted = max(sum(units for _, units in self._asked), 2 << self._asked_here if self._asked_here else 0)
        return max(need, min(wanted, max(MOST_WANTED, cap // (2 * BUCKETS))))

    def has_news(self, now: float) -> bool:
        """Whether the store has not heard something that it should; units that nobody asks for go back early."""
        self._expire(now)
        if not self._asked or now - self._asked[-1][0] > IDLE_S:
            self.let_go()
        return bool(self._back) or self._told != self._played(now)

    def call(self, now: float, *, wants: bool) -> Heard:
        """What the next call says; it must be sent, as what it gives back is forgotten here."""
        self._expire(now)
        self._seq += 1
        self._told = self._played(now)
        bucket = max(self._back, default=0)
        back = self._back.pop(bucket, 0)
        if wants:
            self.asking = True
            self._asks_left, self._asks_at = self._asks_left_at(now) - 1, now
        attempts, credit = self._told
        over_ms = 0 if self._answered is None else int((now - self._answered) * 1000)
        return Heard(self._seq, credit * 1000 // UNIT, attempts, bucket, back, over_ms)

    def answered(self, sent_at: float, now: float, reply: Granted, *, wanted: bool) -> None:
        """``sent_at``: before the call went out."""
        self._answered = sent_at if self._answered is None else max(self._answered, sent_at)
        self.last, self._last_until = reply, sent_at + reply.again_ms / 1000
        if not wanted:
            if reply.why == "ok" and reply.available > 0:
                self.deny_until = 0.0
            return
        self.asking = self.failed_last = False
        ends = sent_at + reply.left_ms / 1000 - self._margin_s
        self._asked_here = min(MOST_DOUBLINGS, self._asked_here + 1) if sent_at < self._bucket_ends else 1
        self._bucket_ends = max(self._bucket_ends, ends)
        if reply.units:
            self._replace(now, Units(reply.units, reply.bucket, ends))
        else:
            self.why = reply.why
            # In every bucket, and every second of a long one, it is asked again: what others earn or give back helps.
            holds_s = min(AGAIN_S, reply.again_ms / 1000, reply.left_ms / 1000)
            self.deny_until = max(self.deny_until, sent_at + holds_s)

    def failed(self, *, wanted: bool, unsent: Heard | None = None) -> None:
        """What the call reported is said again; what it gave back only if it is ``unsent``: else nobody knows whether
        the call was carried out."""
        self._told = NEVER
        if unsent is not None:
            self.give_back(unsent.back_bucket, unsent.back)
        if wanted:
            self.asking, self.failed_last = False, True
            self._asks_left += 1  # the pipe has bounds of its own for a store that does not answer

    def leave(self, now: float) -> Heard | None:
        """The end: everything that is held goes back; None if there is nothing to say."""
        self.let_go()
        return self.call(now, wants=False) if self.has_news(now) else None

    def _replace(self, now: float, new: Units) -> None:
        self._expire(now)
        units, bucket, until = self._lease
        if bucket == new.bucket:
            self._lease = Units(units + new.units, bucket, min(until, new.until))
            return
        self.give_back(bucket, units)
        self._lease = new

    def _played(self, now: float) -> Seen:
        """First attempts, and billionths of a unit, that the store should have heard of."""
        sum_ = self._over
        for worker, stream in list(self._streams.items()):
            played = stream.played(now)
            sum_ = sum_.plus(played)
            if stream.is_over:
                self._over = self._over.plus(played)
                del self._streams[worker]
        return sum_

    def _asks_left_at(self, now: float) -> float:
        if not self._ask_every_s:
            return self._asks_left
        more = max(0.0, now - self._asks_at) / self._ask_every_s
        return min(float(ASKS_PER_BUCKET), self._asks_left + more)

    def _expire(self, now: float) -> None:
        if now >= self._lease.until:
            self.let_go()
