"""A worker's retry budget with an agent that answers as the test says, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent

from edge.retry.budget import RetryBudget
from edge.retry.budgets import RetryBudgets
from weir.models.upstream_clauses import Budget

CLAUSE = Budget(percent=10.0, max=100, per_ms=10_000)


class Agent:
    """In place of the link: notes what is asked, and answers as the test says."""

    def __init__(self) -> None:
        self.connected = True
        self.asked: list[Any] = []
        self.answers: list[Any] = []
        self.waiting: list[Callable[[Any | None], None]] = []

    def later(self, topic: str, body: Any, done: Callable[[Any | None], None]) -> None:
        assert topic == "budget"
        self.asked.append(body)
        if self.answers:
            done(self.answers.pop(0))
        else:
            self.waiting.append(done)


class Worker:
    def __init__(self) -> None:
        self.now = 100.0
        self.agent = Agent()
        self.budgets = RetryBudgets(self.agent, lambda: self.now)
        self.budget: RetryBudget = self.budgets.of("file", "u", CLAUSE)

    def take(self, cost: int = 1) -> str:
        """Why not; empty if granted. The clock stands still, so that nothing but an answer ends a wait."""
        with gevent.Timeout(20):
            verdict = self.budget.take(cost, 0.02)
        assert verdict.granted == (verdict.why == "")
        return verdict.why


def lends(units: int, until: float = 100.5, bucket: int = 7) -> dict[str, Any]:
    return {"units": units, "bucket": bucket, "until": until, "why": "", "again": 0.0}


def refuses(why: str, again: float) -> dict[str, Any]:
    return {"units": 0, "bucket": -1, "until": 0.0, "why": why, "again": again}
