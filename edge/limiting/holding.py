"""The tokens of one key in one worker, and what the agent last said of it. Pure; times are seconds of ``clock``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from edge.limiting.share import Share
from edge.limiting.wire import AWAY, FULL, GRANTED, OPEN, Answer, Terms

SMOOTHING_S = 0.5
LEAST_SAMPLE_S = 0.005

GiveBack = Callable[[int, int], None]
"""Sub-lease, tokens."""


class Holding:
    """Tokens are spent by ``tokens -= cost`` while ``now < ends``: no switch lies between test and decrement."""

    __slots__ = (
        "_asked_then",
        "_demand",
        "_sampled",
        "_share",
        "asked",
        "asked_at_flush",
        "asking",
        "away_until",
        "ends",
        "full_from",
        "full_until",
        "lease",
        "left",
        "low",
        "open_until",
        "reset_at",
        "retry_at",
        "terms",
        "tokens",
        "waiting",
    )

    def __init__(self, terms: Terms, now: float) -> None:
        self.terms = terms
        self.tokens, self.lease, self.ends, self.low = 0, 0, 0.0, 0
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
            self._demand += (1 - math.exp(-passed / SMOOTHING_S)) * (rate - self._demand)
            self._sampled, self._asked_then = now, self.asked
        return self._demand

    def take(self, answer: Answer, cost: int, now: float, give_back: GiveBack) -> None:
        """What the agent said when ``cost`` was asked for."""
        self.left, self.reset_at = answer.left, now + answer.reset_s
        if answer.why == GRANTED and answer.granted > 0:
            if answer.lease != self.lease:
                self.drop(give_back)
            self.tokens += answer.granted
            self.lease, self.ends, self.low = answer.lease, answer.ends, answer.granted // 4
            self.full_until = 0.0
            self._share.note(now, answer.granted)
        elif answer.why == FULL:
            self.full_until, self.full_from = now + answer.wait_s, cost
            self.retry_at = now + answer.retry_s
        elif answer.why == OPEN:
            self.open_until = now + answer.wait_s
        elif answer.why == AWAY:
            self.away_until, self.retry_at = now + answer.wait_s, now + answer.retry_s

    def drop(self, give_back: GiveBack) -> None:
        """Tokens that are over or not needed go back."""
        if self.tokens and self.lease:
            give_back(self.lease, self.tokens)
        self.tokens, self.low = 0, 0

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
            self.left, self.reset_at = max(0, most - self._share.used(now)), now + self._share.wait_s(now)
            return
        wait = max(0.1, self._share.wait_s(now))
        self.full_until, self.full_from, self.retry_at = now + min(0.1, wait), cost, now + wait
        self.left, self.reset_at = 0, now + wait
