"""The tokens of one key in one worker, and what the agent last said of it. Pure; times are seconds of ``clock``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from edge.limiting.share import Share
from edge.limiting.wire import AWAY, FULL, GRANTED, OPEN, Answer, Terms

RISE_S, FALL_S = 0.1, 0.5
"""How fast the estimate of demand follows it: upwards soon, since who asks for too little waits."""
LEAST_SAMPLE_S = 0.005
AHEAD = 0.75
"""When of the time in which a later sub-lease can be had so much is left, a worker asks for it."""
MOST_AHEAD_S = 0.25
LEAST_AHEAD_S = 0.004
"""Later than that before the end of a sub-lease, asking for the next is of no use."""
REFILL = 4
"""Or when less than 1/4 of it is left."""
SOON_S = 1.0
"""A share that is spent says nothing of the limit: unless the agent said later, clients come again after that."""
MOST_NEXT = 2
"""Sub-leases that are held beside the one that is spent from."""

GiveBack = Callable[[int, int], None]
"""Sub-lease, tokens."""


class SubLease(NamedTuple):
    """Tokens to be spent after those at hand."""

    tokens: int
    lease: int
    ends: float
    lead: float
    """So long before the end a later one is asked for."""


class Holding:
    """Tokens are spent by ``tokens -= cost`` while ``now < ends``: no switch lies between test and decrement.

    ``tokens - cost < low`` or ``now >= renew_at`` says that more is to be done than that; ``renew_at <= ends`` and
    ``low >= 0``, so who sees neither may spend.
    """

    __slots__ = (
        "_asked_then",
        "_demand",
        "_next",
        "_sampled",
        "_share",
        "asked",
        "asked_at_flush",
        "asking",
        "away_until",
        "ends",
        "full_from",
        "full_until",
        "lead",
        "lease",
        "left",
        "low",
        "open_until",
        "renew_at",
        "reset_at",
        "retry_at",
        "terms",
        "tokens",
        "waiting",
    )

    def __init__(self, terms: Terms, now: float) -> None:
        self.terms = terms
        self.tokens, self.lease, self.ends, self.low = 0, 0, 0.0, 0
        self.lead = self.renew_at = 0.0
        self._next: list[SubLease] = []
        self.left, self.reset_at, self.retry_at = terms.most, 0.0, 0.0
        self.open_until = self.away_until = self.full_until = 0.0
        self.full_from = 1
        """The smallest cost that was refused."""
        self.asked = self._asked_then = self.asked_at_flush = 0
        self._sampled, self._demand = now, 0.0
        self._share = Share(terms.window_s)
        """What was granted here by anybody, so that an agent that goes away opens no second limit."""
        self.asking: Any = None
        """What those wait on who wait for an answer of the agent; None while nothing was asked."""
        self.waiting = 0

    def demand(self, now: float) -> float:
        """Tokens a second that were asked for lately."""
        passed = now - self._sampled
        if passed >= LEAST_SAMPLE_S:
            rate = (self.asked - self._asked_then) / passed
            slowness = RISE_S if rate > self._demand else FALL_S
            self._demand += (1 - math.exp(-passed / slowness)) * (rate - self._demand)
            self._sampled, self._asked_then = now, self.asked
        return self._demand

    def take(self, answer: Answer, cost: int, now: float, give_back: GiveBack) -> None:
        """What the agent said when ``cost`` was asked for."""
        self.left, self.reset_at = answer.left + sum(each.tokens for each in self._next), now + answer.reset_s
        if answer.why == GRANTED and answer.granted > 0:
            self.full_until = self.retry_at = 0.0
            self._share.note(now, answer.granted)
            lead = min(answer.ahead_s * AHEAD, MOST_AHEAD_S)
            self._add(SubLease(answer.granted, answer.lease, answer.ends, lead), now, give_back)
        elif answer.why == FULL:
            self.full_until, self.full_from = now + answer.wait_s, cost
            self.retry_at = now + answer.retry_s
        elif answer.why == OPEN:
            self.open_until = now + answer.wait_s
        elif answer.why == AWAY:
            self.away_until, self.retry_at = now + answer.wait_s, now + answer.retry_s

    def has(self, cost: int, now: float, give_back: GiveBack) -> bool:
        """Whether so many tokens are at hand; what is over, or is less than that, makes room for what comes next."""
        while (self.tokens < cost or now >= self.ends) and self._next:
            self._give(self.tokens, self.lease, give_back)
            follows = self._next.pop(0)
            self.left -= follows.tokens
            self._hold(follows)
        return self.tokens >= cost and now < self.ends

    def beyond(self, now: float) -> float | None:
        """Noted that more was asked for: the end that it must outlast, 0 for any; None if it is not needed."""
        self.low, is_over_soon = 0, now >= self.renew_at
        if is_over_soon:
            self.renew_at = self.ends
        if self._next:
            return None
        demand = self.demand(now)
        if is_over_soon:
            return self.ends if demand * 2 * self.lead > 1 else None
        return 0.0 if demand * (self.ends - now) > self.tokens + 1 else None

    def drop(self, give_back: GiveBack) -> None:
        """Tokens that are over or not needed go back."""
        for each in self._next:
            self._give(each.tokens, each.lease, give_back)
            self.left -= each.tokens
        self._next.clear()
        self._give(self.tokens, self.lease, give_back)
        self.tokens, self.low, self.renew_at = 0, 0, self.ends

    def _add(self, more: SubLease, now: float, give_back: GiveBack) -> None:
        if more.lease == self.lease and self.tokens:
            self.tokens, self.ends = self.tokens + more.tokens, more.ends
            left = self.ends - now
            again = self.ends - left / 2 if left > LEAST_AHEAD_S else self.ends
            self.low, self.renew_at = (
                more.tokens // REFILL,
                self.ends - self.lead if left > self.lead else again,
            )
        elif not self.tokens or now >= self.ends:
            self.drop(give_back)
            self._hold(more)
        elif len(self._next) < MOST_NEXT:
            self._next.append(more)
            self.left += more.tokens
        else:
            self._give(more.tokens, more.lease, give_back)

    def _hold(self, held: SubLease) -> None:
        self.tokens, self.lease, self.ends, self.lead = held
        self.low, self.renew_at = held.tokens // REFILL, self.ends - self.lead

    @staticmethod
    def _give(tokens: int, lease: int, give_back: GiveBack) -> None:
        if tokens and lease:
            give_back(lease, tokens)

    def alone(self, cost: int, now: float, divisor: int) -> None:
        """Without the agent: by the limit's own word for it. ``divisor`` workers share it."""
        word = self.terms.on_store_failure
        if word == "open":
            self.open_until = now + 0.1
        elif word == "closed":
            self.away_until, self.retry_at = now + 0.1, now + 1.0
        else:
            self._from_share(cost, now, 0 if word == "share strict" else max(1, self.terms.most // divisor))

    def _from_share(self, cost: int, now: float, most: int) -> None:
        part = self._share.take(now, cost, cost, most)
        if part.tokens:
            self.tokens, self.lease, self.ends, self.low = part.tokens, 0, part.ends, 0
            self.renew_at = part.ends
            self.left, self.reset_at = max(0, most - self._share.used(now)), now + self._share.wait_s(now)
            return
        wait = max(0.1, min(self._share.wait_s(now), SOON_S), self.retry_at - now)
        self.full_until, self.full_from, self.retry_at = now + 0.1, cost, now + wait
        self.left, self.reset_at = 0, now + wait
