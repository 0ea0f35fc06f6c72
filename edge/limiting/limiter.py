"""The check of a request against its limits: all or none, from tokens at hand, else with one question to the agent.

* While tokens are at hand nothing waits and nothing switches: the test and the decrement are one step.
* What is decided is decided at the moment that ``clock`` was read: tokens are never spent after their end.
* It never raises and never waits longer than ``WAIT_S``.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import gevent
from gevent.event import Event

from edge.limiting.clock import boot_s
from edge.limiting.holding import Holding
from edge.limiting.limit import CountedLimit
from edge.limiting.verdict import Demand, Standing, Verdict
from edge.limiting.wire import MAX_ITEMS, MAX_RETURNS, TOPIC, Item, question, read_answers
from weir.models.effective import Counted

MAX_HOLDINGS = 50_000
WAIT_S = 0.25
"""An agent answers within 30 ms, whatever the store does. Later only where the machine is too busy: then waiting is
right, as whoever goes on alone spends what others may have spent."""
MUTE_S = 0.5
"""An agent that did not answer is not asked for so long."""
FLUSH_S = 1.0

log = logging.getLogger("weir.limiting")


class Link(Protocol):
    """The part of ``agent_asks.Asks`` that is used."""

    connected: bool

    def later(self, topic: str, body: Any, done: Callable[[Any | None], None]) -> None: ...
    def tell(self, topic: str, body: Any) -> None: ...
    def on_news(self, topic: str, take: Callable[[Any], None]) -> None: ...


class Limiter:
    """One of a worker; keeps what it holds over publishes."""

    def __init__(
        self, link: Link, *, clock: Callable[[], float] = boot_s, most: int = MAX_HOLDINGS, workers: int = 1
    ) -> None:
        self._link, self.clock, self._most = link, clock, most
        self._holdings: OrderedDict[tuple[str, str], Holding] = OrderedDict()
        self._active: dict[Holding, None] = {}
        """Those that may hold tokens."""
        self._returns: list[tuple[int, int]] = []
        self._mute_until = 0.0
        self._divisor = max(1, workers)
        """Workers of all nodes, as the agent last said; before it says anything, as many as there may be."""
        link.on_news(TOPIC, self._news)

    def start(self) -> None:
        """Gives back every second what is not needed."""
        gevent.spawn(self._flush_for_ever)

    def limit_of(self, counted: Counted) -> CountedLimit:
        """What it counts is known by the limit's name, so it goes on where another version left it."""
        return CountedLimit(counted)

    def check(self, demands: Sequence[Demand]) -> Verdict:
        """Spends the cost of all demands, or of none. Blocks up to 250 ms if the agent must be asked."""
        now = self.clock()
        if (standings := self._at_hand(demands, now)) is not None:
            return Verdict(True, None, (), 0.0, standings, False)
        return self._check(_merged(demands), now)

    def holding(self, limit: CountedLimit, key: str) -> Holding | None:
        """What may be spent from, by its rules; None if there is nothing. Who keeps it looks again after a ``renewed``
        that failed."""
        place = (limit.counter, key)
        found = self._holdings.get(place)
        if found is not None:
            self._holdings.move_to_end(place)
        return found

    def renewed(self, holding: Holding, limit: CountedLimit, key: str, cost: int, now: float) -> bool:
        """Whether ``cost`` may be spent all the same, where ``holding`` says that more is to be done than that; False:
        ``check`` must be asked."""
        if not holding.has(cost, now, self._give_back):
            return False
        self._ahead(limit, key, holding, now)
        self.holding(limit, key)  # who is spent from often is not among the oldest
        return True

    def _at_hand(self, demands: Sequence[Demand], now: float) -> tuple[Standing, ...] | None:
        """Spends for all if there are tokens for all; None, and nothing is spent, otherwise."""
        found: list[Holding] = []
        for limit, key, cost in demands:
            holding = self._holdings.get((limit.counter, key))
            if holding is None or holding in found:
                return None
            if (holding.tokens < cost or now >= holding.ends) and not holding.has(cost, now, self._give_back):
                return None
            found.append(holding)
        standings = []
        for holding, (limit, key, cost) in zip(found, demands, strict=True):
            if holding.tokens - cost < holding.low or now >= holding.renew_at:
                self._ahead(limit, key, holding, now)
            holding.asked += cost
            holding.tokens -= cost
            self._holdings.move_to_end((limit.counter, key))
            standings.append(Standing(limit, holding.left + holding.tokens, holding.reset_at - now))
        return tuple(standings)

    def __len__(self) -> int:
        return len(self._holdings)

    # Where tokens are missing

    def _check(self, demands: Sequence[Demand], now: float) -> Verdict:
        holdings = [self._holding(demand, now) for demand in demands]
        for holding, demand in zip(holdings, demands, strict=True):
            holding.asked += demand.cost
        began, deadline = now, now + WAIT_S
        while True:
            verdict = self._decide(demands, holdings, now)
            if verdict is not None:
                return verdict if now == began else verdict._replace(waited_s=now - began)
            missing = [
                (holding, demand)
                for holding, demand in zip(holdings, demands, strict=True)
                if not self._is_settled(holding, demand.cost, now)
            ]
            if now >= deadline or now < self._mute_until or not self._link.connected:
                for holding, demand in missing:
                    holding.alone(demand.cost, now, self._divisor)
            else:
                self._fetch(missing, now, deadline)
                now = self.clock()
                if now >= deadline and any(holding.asking is not None for holding, _ in missing):
                    self._mute_until = now + MUTE_S

    def _decide(self, demands: Sequence[Demand], holdings: list[Holding], now: float) -> Verdict | None:
        """None while it is not known of each limit. Spends if all allow."""
        refusing, shadowed, unknown = [], [], False
        for holding, demand in zip(holdings, demands, strict=True):
            if self._has(holding, demand.cost, now):
                continue
            if not self._is_settled(holding, demand.cost, now):
                unknown = True
            elif demand.limit.shadow:
                shadowed.append(demand.limit)
            else:
                refusing.append((holding, demand.limit))
        if refusing:
            # One that is used up refuses for certain, whatever the store would say of the others.
            certain = [each for each in refusing if now >= each[0].away_until]
            holding, limit = max(certain or refusing, key=lambda each: each[0].retry_at)
            needed = not certain
            retry = max(0.0, holding.retry_at - now)
            return Verdict(False, limit, tuple(shadowed), retry, _standings(demands, holdings, now), needed)
        if unknown:
            return None
        for holding, demand in zip(holdings, demands, strict=True):
            if now < holding.ends and holding.tokens >= demand.cost:
                holding.tokens -= demand.cost
        return Verdict(True, None, tuple(shadowed), 0.0, _standings(demands, holdings, now), False)

    def _fetch(self, missing: list[tuple[Holding, Demand]], now: float, deadline: float) -> None:
        """One question for those that nobody asked for yet; waits for the first answer of all."""
        fresh = [(holding, demand) for holding, demand in missing if holding.asking is None]
        if fresh:
            self._ask(fresh[:MAX_ITEMS], now)
        waits = [(holding.asking, holding, demand.cost) for holding, demand in missing if holding.asking]
        for _, holding, cost in waits:
            holding.waiting += cost
        for event, _, _ in waits:
            event.wait(max(0.0, deadline - self.clock()))
        for _, holding, cost in waits:
            holding.waiting -= cost

    def _ahead(self, limit: CountedLimit, key: str, holding: Holding, now: float) -> None:
        """Asks before tokens are missed, or end, if some will be missed then. Does not switch."""
        if holding.asking is not None:
            return
        beyond = holding.beyond(now)
        if beyond is not None and now >= self._mute_until and self._link.connected:
            self._ask([(holding, Demand(limit, key, 1))], now, beyond)

    def _ask(self, fresh: list[tuple[Holding, Demand]], now: float, beyond: float = 0.0) -> None:
        event = Event()
        items = []
        for holding, demand in fresh:
            if now >= holding.ends:
                holding.drop(self._give_back)
            holding.asking = event
            want = demand.cost + holding.waiting
            items.append(
                Item(
                    demand.limit.terms,
                    demand.key,
                    demand.cost,
                    want,
                    demand.limit.shadow,
                    holding.demand(now),
                    beyond,
                )
            )
            self._active[holding] = None
        returns, self._returns = self._returns[:MAX_RETURNS], self._returns[MAX_RETURNS:]

        def done(body: Any | None) -> None:
            """Also when nobody waits any more: late tokens are tokens."""
            answers = None if body is None else read_answers(body, len(fresh))
            at = self.clock()
            for place, (holding, demand) in enumerate(fresh):
                holding.asking = None
                if answers is not None:
                    holding.take(answers[place], demand.cost, at, self._give_back)
            if answers is None:
                self._mute_until = at + MUTE_S
            event.set()

        self._link.later(TOPIC, question(items, returns), done)

    def _holding(self, demand: Demand, now: float) -> Holding:
        place = (demand.limit.counter, demand.key)
        holding = self._holdings.get(place)
        if holding is None:
            while len(self._holdings) >= self._most:
                self._holdings.popitem(last=False)[1].drop(self._give_back)
            holding = self._holdings[place] = Holding(demand.limit.terms, now)
        elif holding.terms is not demand.limit.terms:
            if holding.terms != demand.limit.terms:  # what was refused may be had now
                holding.full_until = holding.retry_at = 0.0
            holding.terms = demand.limit.terms
        self._holdings.move_to_end(place)
        return holding

    def _has(self, holding: Holding, cost: int, now: float) -> bool:
        return holding.has(cost, now, self._give_back) or now < holding.open_until

    def _is_settled(self, holding: Holding, cost: int, now: float) -> bool:
        """Whether it is known without asking."""
        if self._has(holding, cost, now) or now < holding.away_until:
            return True
        return now < holding.full_until and cost >= holding.full_from

    def _give_back(self, lease: int, tokens: int) -> None:
        if len(self._returns) < self._most:
            self._returns.append((lease, tokens))

    def _flush_for_ever(self) -> None:
        while True:
            gevent.sleep(FLUSH_S)
            self.flush()

    def finish(self) -> None:
        """The worker ends: all that it holds goes back."""
        for holding in self._active:
            holding.drop(self._give_back)
        self.flush()

    def flush(self) -> None:
        """Tokens that are over, or that nobody asked for in the last second, go back to the agent."""
        now = self.clock()
        for holding in list(self._active):
            if holding.asked == holding.asked_at_flush or not holding.has(1, now, self._give_back):
                holding.drop(self._give_back)
            holding.asked_at_flush = holding.asked
            if not holding.tokens and holding.asking is None:
                self._active.pop(holding)
        while self._returns:
            returns, self._returns = self._returns[:MAX_RETURNS], self._returns[MAX_RETURNS:]
            self._link.tell(TOPIC, question([], returns))

    def _news(self, body: Any) -> None:
        if isinstance(body, list) and len(body) == 2 and all(type(number) is int for number in body):
            self._divisor = max(1, body[0]) * max(1, body[1])
        else:
            log.warning("the node agent said something of limits that is not understood")


def _merged(demands: Sequence[Demand]) -> Sequence[Demand]:
    """One demand for each counter."""
    found: dict[tuple[str, str], Demand] = {}
    for demand in demands:
        place = (demand.limit.counter, demand.key)
        before = found.get(place)
        found[place] = demand if before is None else before._replace(cost=before.cost + demand.cost)
    return list(found.values())


def _standings(demands: Sequence[Demand], holdings: list[Holding], now: float) -> tuple[Standing, ...]:
    return tuple(
        Standing(demand.limit, max(0, holding.left + holding.tokens), max(0.0, holding.reset_at - now))
        for demand, holding in zip(demands, holdings, strict=True)
    )
