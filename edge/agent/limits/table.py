"""All keys of all limits on this node, bounded: per limit by its ``max_keys``, and in all.

A key counts as long as the store may hold something of it. What comes when a limit has no place for one more key shares
one further key with all that come so: an attacker who makes up keys is limited himself, and fills nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from edge.agent.limits.counters import Me, counter_for
from edge.agent.limits.stock import Names, Stock
from edge.limiting.wire import Terms

MOST_KEYS = 50_000
"""In all, and of a limit that says nothing of ``max_keys``."""
MOST_COUNTS = 1000
OVERFLOW = "\0overflow"
"""No request makes such a key."""
KEPT = 1.25
"""Windows for which the store holds something of a key."""
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
        if stocks is None:
            stocks = self._limits[limit] = OrderedDict()
        found = stocks.get(key)
        if found is None:
            if not self._has_place(stocks, terms, now):
                self.overflowed += 1
                key = OVERFLOW
            found = stocks.get(key) or self._add(stocks, terms, key)
        stocks.move_to_end(key)
        if found.terms is not terms and found.terms != terms:
            found.terms = terms  # a publish changed how much, not what is counted
        return found

    def counts(self) -> list[dict[str, Any]]:
        """How many keys of which limit, at most ``MOST_COUNTS`` limits, those with most keys first."""
        found = sorted((-len(stocks), *limit) for limit, stocks in self._limits.items())
        return [
            {"limit": identity, "window": window, "per_ms": per_ms, "keys": -keys}
            for keys, identity, window, per_ms in found[:MOST_COUNTS]
        ]

    def sweep(self, now: float) -> None:
        """Drops keys of which the store holds nothing any more."""
        for limit, stocks in list(self._limits.items()):
            for _ in range(min(SWEPT, len(stocks))):
                if not self._drop_oldest(stocks, now):
                    break
            if not stocks:
                del self._limits[limit]

    def _has_place(self, stocks: OrderedDict[str, Stock], terms: Terms, now: float) -> bool:
        most = min(terms.max_keys or self._most, self._most)
        if len(stocks) - (OVERFLOW in stocks) >= most:
            self._drop_oldest(stocks, now)
        if self.size >= self._most:
            self.sweep(now)
        return len(stocks) - (OVERFLOW in stocks) < most and self.size < self._most

    def _drop_oldest(self, stocks: OrderedDict[str, Stock], now: float) -> bool:
        key, oldest = next(iter(stocks.items()))
        if oldest.touched + KEPT * oldest.terms.window_s > now or oldest.fetching is not None:
            return False
        oldest.forget()
        del stocks[key]
        self.size -= key != OVERFLOW
        return True

    def _add(self, stocks: OrderedDict[str, Stock], terms: Terms, key: str) -> Stock:
        stock = stocks[key] = Stock(terms, counter_for(self._me, terms, key), self._names)
        self.size += key != OVERFLOW
        return stock
