"""A worker's retry budgets together: which there are, and when the node agent hears of them or is asked ahead.

There is one budget of a name as long as anybody has it, a request that began before a publish too: what a budget says
to the agent are sums, and the agent would take two under one name for one that jumps.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import gevent
from gevent.event import Event

from edge.retry.budget import TOPIC, Asks, Clock, RetryBudget, boot_time
from edge.retry.budget_share import Share
from edge.retry.budget_terms import terms_of
from weir.models.document import Owner
from weir.models.upstream_clauses import Budget

REPORT_S = 1.0
REPORTS = 500
"""Budgets in one message."""


class RetryBudgets:
    """Of one worker."""

    def __init__(self, asks: Asks, clock: Clock = boot_time) -> None:
        self._asks = asks
        self._clock = clock
        self._name = secrets.token_hex(8)
        self._share = Share()
        self._leaves = False
        self._budgets: WeakValueDictionary[str, RetryBudget] = WeakValueDictionary()
        """By name, all that anybody has."""
        self._kept: dict[str, RetryBudget] = {}
        """Of them, those of the version in service, and what is not over yet."""
        self._lively: set[RetryBudget] = set()
        self._stirred = Event()

    def of(self, owner: Owner, upstream: str, budget: Budget | None) -> RetryBudget:
        """The one at work, with these terms from now on. None: nothing is said of a budget."""
        name, terms = f"{owner}/{upstream}", terms_of(budget)
        found = self._budgets.get(name)
        if found is None:
            found = self._budgets[name] = RetryBudget(
                name, terms, self._asks, self._share, self._clock, self._watch
            )
        found.hold_to(terms)
        self._kept[name] = found
        return found

    def retain(self, live: Iterable[tuple[Owner, str]]) -> None:
        """Lets go of those that no version names, once they are over; who has one still may go on with it."""
        keep = {f"{owner}/{upstream}" for owner, upstream in live}
        now = self._clock()
        for name, budget in list(self._kept.items()):
            if name not in keep and budget.is_over(now):
                del self._kept[name]
                self._lively.discard(budget)

    def start(self) -> None:
        gevent.spawn(self._report_for_ever)
        gevent.spawn(self._look_ahead_for_ever)

    def leave(self) -> None:
        """The worker only finishes what it has: its part of the reserve is for one that takes its place."""
        self._leaves, self._share.until = True, 0.0
        self.report()

    def finish(self) -> None:
        """The end of the worker: what is held goes back, as far as the agent still hears it."""
        for budget in self._budgets.values():
            budget.give_up()
        self.report()

    def report(self) -> None:
        """Everything that the agent has not heard; it answers with this worker's share of the reserve."""
        now = self._clock()
        news = [budget for budget in self._budgets.values() if budget.has_news(now)]
        if not self._asks.connected or not self._budgets:
            return
        for start in range(0, max(1, len(news)), REPORTS):
            said = news[start : start + REPORTS]
            body = {
                "at": now,
                "worker": self._name,
                "leaves": self._leaves,
                "share_since": self._share.since,
                "share_until": self._share.until,
                "reports": [budget.report(now) for budget in said],
            }
            self._share.silence.asked(now)
            self._asks.later(TOPIC, body, partial(self._take_share, said))

    def look_ahead(self) -> float | None:
        """Asks for what other buckets will need, where they have begun; seconds until there is more to look at."""
        now, soonest = self._clock(), float("inf")
        for budget in list(self._lively):
            at = budget.next_look
            if at is not None and now < at:
                soonest = min(soonest, at)
                continue
            self._lively.discard(budget)
            if at is not None:
                budget.look_ahead(now)
        return None if soonest == float("inf") else soonest - now

    def _watch(self, budget: RetryBudget) -> None:
        self._lively.add(budget)
        self._stirred.set()

    def _look_ahead_for_ever(self) -> None:
        while True:
            self._stirred.clear()
            self._stirred.wait(self.look_ahead())

    def _report_for_ever(self) -> None:
        while True:
            gevent.sleep(REPORT_S * random.uniform(0.9, 1.1))  # noqa: S311 - spreads workers, hides nothing
            self.report()

    def _take_share(self, said: list[RetryBudget], answer: Any | None) -> None:
        if isinstance(answer, dict) or not self._asks.connected:
            self._share.silence.answered()
        if not isinstance(answer, dict):
            for budget in said:
                budget.unheard()
        elif answer["until"] and not self._leaves:
            share = self._share
            share.divisor, share.until = int(answer["share"]), float(answer["until"])
            share.since = float(answer.get("since", 0.0))
