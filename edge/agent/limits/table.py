"""All keys of all limits on this node, bounded: per limit by its ``max_keys``, and in all.

A key counts as long as the store may hold something of it. What comes when a limit has no place for one more key shares
one further key with all that come so: an attacker who makes up keys is limited himself, and leaves places to other
limits, since no limit has more keys than ``MOST_TO_FREE`` times the places that are free (a dynamic threshold, as
Choudhury and Hahne have it for the queues of a switch): one that takes what it gets has 9 of 10 places, two have 9 of
19 each.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from edge.agent.limits.counters import Me, counter_for
from edge.agent.limits.stock import Names, Stock
from edge.limiting.wire import Terms

MOST_KEYS = 50_000
"""In all, and of a limit that says nothing of ``max_keys``."""
MOST_TO_FREE = 9
MOST_COUNTS = 1000
OVERFLOW = "\0overflow"
"""No request makes such a key."""
SWEPT = 1000
"""Keys looked at in one sweep of one limit."""

_Limit = tuple[str, str, int]


class Table:
    """Stocks by limit and key, the longest untouched first."""

    def __init__(self, me: Me, names: Names, *, most: int = MOST_KEYS) -> None:
        self._me, self._names, self._most = me, names, most
        self._limits: dict[_Limit, OrderedDict[str, Stock]] = {}
        self.size = 0
        self.overflowed = 0
        """How often a key shared the further one."""

    def stock(self, terms: Terms, key: str, now: float) -> Stock:
        """Of the key, or the one that all further keys share."""
        limit = (terms.identity, terms.window, terms.per_ms)
        stocks = self._limits.get(limit)
        found = None if stocks is None else stocks.get(key)
        if found is None or stocks is None:
            if not self._has_place(limit, terms, now):
                self.overflowed += 1
                key = OVERFLOW
            stocks = self._limits.setdefault(limit, OrderedDict())  # only now: a sweep drops what is empty
            found = stocks.get(key) or self._add(stocks, terms, key)
        stocks.move_to_end(key)
        if found.terms is not terms and found.terms != terms:
            found.learn(terms)
        return found

    def counts(self) -> list[dict[str, Any]]:
        """How many keys of which limit, at most ``MOST_COUNTS`` limits, those with most keys first."""
        found = sorted((-len(stocks), *limit) for limit, stocks in self._limits.items())
        return [
            {"limit": identity, "window": window, "per_ms": per_ms, "keys": -keys}
            for keys, identity, window, per_ms in found[:MOST_COUNTS]
        ]

    def sweep(self, now: float) -> None:
        """Drops keys of which the store holds nothing any more. Looks at all limits, so no request does it."""
        for limit, stocks in list(self._limits.items()):
            for _ in range(min(SWEPT, len(stocks))):
                if not self._drop_oldest(stocks, now):
                    break
            if not stocks:
                del self._limits[limit]

    def _has_place(self, limit: _Limit, terms: Terms, now: float) -> bool:
        if self._has_room(limit, terms):
            return True
        if stocks := self._limits.get(limit):
            self._drop_oldest(stocks, now)
        return self._has_room(limit, terms)

    def _has_room(self, limit: _Limit, terms: Terms) -> bool:
        stocks = self._limits.get(limit, ())
        keys = len(stocks) - (OVERFLOW in stocks)
        return keys < min(terms.max_keys or self._most, MOST_TO_FREE * (self._most - self.size))

    def _drop_oldest(self, stocks: OrderedDict[str, Stock], now: float) -> bool:
        key, oldest = next(iter(stocks.items()))
        if oldest.touched + oldest.counter.kept_s > now or oldest.fetching is not None:
            return False
        oldest.forget()
        del stocks[key]
        self.size -= key != OVERFLOW
        return True

    def _add(self, stocks: OrderedDict[str, Stock], terms: Terms, key: str) -> Stock:
        stock = stocks[key] = Stock(terms, counter_for(self._me, terms, key), self._names)
        self.size += key != OVERFLOW
        return stock
