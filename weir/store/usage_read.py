"""Reading what was counted of rules, targets and consumers: whole minutes and days in pieces, or one entry over many.

No answer is larger than a few hundred kilobytes, so that the server of the counters is never held up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from weir.models.usage import RULE
from weir.store.connect import Client, Session
from weir.store.keys import Keys
from weir.store.usage import MAX_LAST, Period, counts_key, unpacked

_SCAN = 1_000
"""Entries looked at in one round trip."""
_SCORES = 500


class About(NamedTuple):
    """Of all that is counted."""

    now_ms: int
    """By the server's clock."""
    since_ms: int
    """Of the first count; 0: there is none."""
    lost_minutes: int
    """Requests that are in no minute."""
    lost_days: int
    """Requests that are in no day."""


class Hits(NamedTuple):
    """When rules were last hit."""

    minutes: tuple[int | None, ...]
    """Since 1970, in the order of the names asked for; None: no hit is known."""
    since_minute: int
    """Hits before that may have been forgotten, as there were too many rules; 0: none was."""


class Usage:
    """Of one cluster, on the server of its counters. Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def about(self) -> About:
        with self._client.session(self._keys.usage_about()) as session:
            seconds, microseconds = session.call("TIME")
            found = session.call("HMGET", self._keys.usage_about(), "since", "lost_minutes", "lost_days")
        since, lost_minutes, lost_days = (int(value or 0) for value in found)
        return About(int(seconds) * 1000 + int(microseconds) // 1000, since, lost_minutes, lost_days)

    def entries(self, period: Period, kind: str) -> Iterator[tuple[str, list[int]]]:
        """What was counted in it of rules, targets or consumers (``kind`` is ``RULE``, ``TARGET`` or ``CONSUMER``):
        names without their kind, and numbers. Each once, in no order; those that change meanwhile as before or
        after."""
        seen: set[str] = set()
        key, pattern = counts_key(self._keys, period), f"{kind}*"
        with self._client.session(key) as session:
            for name, data in _scanned(session, key, pattern):
                if name not in seen:
                    seen.add(name)
                    yield name.removeprefix(kind), unpacked(data)

    def of_entry(self, periods: Sequence[Period], kind: str, name: str) -> list[list[int] | None]:
        """One entry in each of these; None where it has none."""
        with self._client.session(self._keys.usage_about()) as session:
            found = [session.call("HGET", counts_key(self._keys, period), kind + name) for period in periods]
        return [None if data is None else unpacked(data) for data in found]

    def last_hits(self, rules: Sequence[str]) -> Hits:
        """``<owner>/<rule>`` each."""
        key = self._keys.usage_last()
        minutes: list[int | None] = []
        with self._client.session(key) as session:
            for start in range(0, len(rules), _SCORES):
                names = [RULE + rule for rule in rules[start : start + _SCORES]]
                minutes += [
                    None if score is None else int(float(score))
                    for score in session.call("ZMSCORE", key, *names)
                ]
            is_full = session.call("ZCARD", key) >= MAX_LAST
            earliest = session.call("ZRANGE", key, 0, 0) if is_full else []
            since = int(float(session.call("ZSCORE", key, earliest[0]))) if earliest else 0
        return Hits(tuple(minutes), since)


def _scanned(session: Session, key: str, pattern: str) -> Iterable[tuple[str, bytes]]:
    cursor = 0
    while True:
        cursor, found = session.call("HSCAN", key, cursor, "MATCH", pattern, "COUNT", _SCAN)
        for name, data in found.items():
            yield name.decode(), data
        if cursor == 0:
            return
