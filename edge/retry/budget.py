"""A worker's part in one cluster-wide retry budget: counts what happens, and spends what the node agent lends.

* Counting is one integer addition; the counts go to the agent as sums since the worker began.
* What is lent ends at a time of the machine's boot clock that the agent said, never later than the agent's own units.
  It is spent in ``take``, with no switch of greenlets between the look at the clock and the decrement.
* Where there was demand lately, units are asked for ahead: when a bucket begins, and when few are left. Nobody waits
  for these, and a refusal of them is none.
* Without an agent, or with one that has not answered anything for ``LATE_S``, the worker has its share of the reserve,
  if it ever was told one and as long as that was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol

from gevent.event import Event

from edge.retry.budget_demand import Demand
from edge.retry.budget_reserve import Reserve
from edge.retry.budget_share import Share
from edge.retry.budget_silence import LATE_S
from edge.retry.budget_terms import Terms

TOPIC = "budget"
AHEAD_S = 0.004
"""So long after the end of what was lent another bucket has begun, and units of it are asked for."""
AWAY_S = 0.1
"""Without an agent, and nothing left of the share, it is not tried again for so long."""
AGAIN_S = 1.0
"""A refusal holds no longer: what others earn or give back helps, and the agent hears of it."""
MOST_BACK = 16

Clock = Callable[[], float]


class Asks(Protocol):
    """What is used of ``edge.link.asks``."""

    connected: bool

    def later(self, topic: str, body: Any, done: Callable[[Any | None], None]) -> None: ...


class Verdict(NamedTuple):
    """``why`` is empty if granted, else ``cap``, ``ratio``, ``quarantine``, ``reserve``, ``away`` or ``busy``."""

    granted: bool
    why: str
    at: float
    """Seconds of the boot clock: the moment of the decision, by which the cap holds."""
    bucket: int = -1
    """That the units are of; -1: of none, or of the reserve, which takes nothing back."""


def boot_time() -> float:
    """Seconds; the same in all processes of a machine, and it does not stop in suspend."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class RetryBudget:
    """Of one upstream. It survives a publish, as does what it holds under the same cap; terms take effect at once."""

    __slots__ = (
        "__weakref__", "_again", "_again_from", "_answered", "_asked_at", "_asks", "_away_until", "_back", "_bucket",
        "_clock", "_demand", "_held_again", "_reserve", "_said", "_share", "_units", "_until", "_why", "attempts",
        "name", "retried", "successes", "terms", "used_at",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        terms: Terms,
        asks: Asks,
        share: Share,
        clock: Clock = boot_time,
        held_again: Callable[[RetryBudget], None] = lambda _: None,
    ) -> None:
        """``name``: ``<owner>/<upstream>``. ``held_again`` is told when ``next_look`` has changed."""
        self.name = name
        self.terms = terms
        self.attempts = 0
        self.successes = 0
        self.retried = 0
        """Of the successes, those of a retry."""
        self.used_at = float("-inf")
        """When ``take`` last had to look further than at what is held."""
        self._asks = asks
        self._share = share
        self._clock = clock
        self._units = 0
        self._bucket = -1
        self._until = 0.0
        self._again = 0.0
        self._again_from = 1
        """Until then nothing of this cost or more is asked for."""
        self._away_until = 0.0
        self._why = ""
        self._answered = Event()
        self._asked_at = float("-inf")
        """-inf: no question is on its way."""
        self._back: dict[int, int] = {}
        self._said: tuple[int, int, int] = (-1, -1, -1)
        """Nothing yet: what is new to the store waits a window, which had better begin before the first failure."""
        self._demand = Demand()
        self._held_again = held_again
        self._reserve = Reserve()

    def hold_to(self, terms: Terms) -> None:
        """Other terms. Units of a window of another length belong to another ring, which will not take them back."""
        if terms.width_ms != self.terms.width_ms:
            self._units, self._bucket, self._back = 0, -1, {}
        elif terms.cap != self.terms.cap:
            self._let_go()
        self.terms = terms

    def attempted(self) -> None:
        """A first attempt goes out."""
        self.attempts += 1

    def succeeded(self, *, retry: bool) -> None:
        """An attempt was answered well; ``retry``: it was a further one."""
        self.successes += 1
        if retry:
            self.retried += 1

    def take(self, cost: int, wait_s: float) -> Verdict:
        """Spends ``cost`` now, or says why not; waits at most ``wait_s`` for the agent's answer."""
        now = self._clock()
        if self._units >= cost and now < self._until:
            self._units -= cost
            self._demand.note(now, cost)
            bucket = self._bucket
            self._ask_when_low(now)
            return Verdict(True, "", now, bucket)
        return self._look_further(cost, now, now + wait_s)

    def put_back(self, cost: int, bucket: int) -> None:
        """Units of an attempt that never went out; they count as if nobody had had them."""
        if bucket < 0:
            return
        if bucket == self._bucket:
            self._units += cost
        else:
            self._give_back(bucket, cost)

    def is_over(self, now: float) -> bool:
        """Nothing that it spent of a reserve counts any more, and it has nothing that somebody else could use."""
        return now - self.used_at > self.terms.window_s and not self._units and not self._back

    @property
    def next_look(self) -> float | None:
        """When ``look_ahead`` should be called; None: there is nothing to look for."""
        return self._until + AHEAD_S if self._bucket >= 0 and self._demand.is_lively(self._until) else None

    def look_ahead(self, now: float) -> None:
        """Another bucket has begun: what it will probably need is asked for."""
        want = self._demand.expected(now, self.terms.width_ms / 1000)
        if want and self._demand.is_lively(now):
            self._ask_ahead(now, want)

    def _look_further(self, cost: int, now: float, deadline: float) -> Verdict:
        self._demand.note(now, cost)
        self.used_at = now
        while True:
            if now < self._again and cost >= self._again_from:
                return Verdict(False, self._why, now)
            if self._is_away(now):
                return self._from_share(cost, now)
            if now - self._asked_at > LATE_S:
                self._ask(cost, now, max(cost, self._demand.expected(now, self.terms.width_ms / 1000)))
            if now >= deadline:
                return Verdict(False, "busy", now)
            self._answered.wait(deadline - now)
            now = self._clock()
            if self._units >= cost and now < self._until:
                self._units -= cost
                bucket = self._bucket
                self._ask_when_low(now)
                return Verdict(True, "", now, bucket)

    def _is_away(self, now: float) -> bool:
        """The agent, or it might as well be."""
        return not self._asks.connected or now < self._away_until or self._share.silence.lasts(now)

    def _from_share(self, cost: int, now: float) -> Verdict:
        units = self._share.units(now, self.terms)
        if self._reserve.take(now, cost, units, self.terms.window_s):
            return Verdict(True, "", now)
        self._why, self._again, self._again_from = "away", now + AWAY_S, cost
        return Verdict(False, "away", now)

    def _ask_when_low(self, now: float) -> None:
        want = self._demand.expected(now, self._until - now)
        if want > self._units and self._bucket >= 0:
            self._ask_ahead(now, want)

    def _ask_ahead(self, now: float, want: int) -> None:
        if now >= self._again and not self._is_away(now) and now - self._asked_at > LATE_S:
            self._ask(0, now, want)

    def _ask(self, need: int, now: float, want: int) -> None:
        self._answered.clear()
        self._asked_at = now
        self._share.silence.asked(now)
        body = {"at": now, "report": self.report(now), "need": need, "want": want}
        self._asks.later(TOPIC, body, partial(self._take_answer, now, need, self.terms))

    def _take_answer(self, asked_at: float, need: int, terms: Terms, answer: Any | None) -> None:
        """Runs in the link's reader. An answer that comes late still lends what it lends."""
        if self._asked_at == asked_at:
            self._asked_at = float("-inf")
        if isinstance(answer, dict) or not self._asks.connected:
            self._share.silence.answered()
        if isinstance(answer, dict):
            if answer["why"] or answer["units"]:
                self._why, self._again_from = str(answer["why"]), need
                self._again = min(float(answer["again"]), self._clock() + AGAIN_S)
            if answer["units"] > 0:
                self._take_units(int(answer["units"]), int(answer["bucket"]), float(answer["until"]), terms)
        else:
            self._away_until = self._clock() + AWAY_S
            self.unheard()
        self._answered.set()

    def _take_units(self, units: int, bucket: int, until: float, terms: Terms) -> None:
        """They were asked for under ``terms``."""
        if terms.width_ms != self.terms.width_ms:
            return
        if terms.cap == self.terms.cap:
            self._hold(units, bucket, until)
        elif bucket >= 0:
            self._give_back(bucket, units)

    def _hold(self, units: int, bucket: int, until: float) -> None:
        if bucket == self._bucket and bucket >= 0:
            self._units, self._until = self._units + units, min(self._until, until)
        else:
            self._let_go()
            self._units, self._bucket, self._until = units, bucket, until
        self._held_again(self)

    def _let_go(self) -> None:
        """What is held is not spent any more, and goes back with the next word to the agent."""
        if self._units and self._bucket >= 0:
            self._give_back(self._bucket, self._units)
        self._units, self._bucket = 0, -1

    def _give_back(self, bucket: int, units: int) -> None:
        self._back[bucket] = self._back.get(bucket, 0) + units
        if len(self._back) > MOST_BACK:
            del self._back[min(self._back)]

    def has_news(self, now: float) -> bool:
        """Whether the agent has not heard everything; units that nobody asks for go back early."""
        if self._units and (now >= self._until or not self._demand.is_lively(now)):
            self._let_go()
        return bool(self._back) or self._said != (self.attempts, self.successes, self.retried)

    def report(self, now: float) -> list[Any]:
        """What the agent has not heard; it must be sent, as what it gives back is forgotten here."""
        if now >= self._until:
            self._let_go()
        self._said = (self.attempts, self.successes, self.retried)
        back, self._back = self._back, {}
        return [
            self.name,
            self.terms.spoken(),
            list(self._said),
            [[bucket, units] for bucket, units in back.items()],
        ]

    def give_up(self) -> None:
        """The end of the worker: what is held goes back with the last report."""
        self._let_go()

    def unheard(self) -> None:
        """The last report was lost; its counts are said again, what it gave back is not."""
        self._said = (-1, -1, -1)
