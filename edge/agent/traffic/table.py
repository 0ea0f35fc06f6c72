"""What workers counted and the store does not have yet: by minute and by day. Pure, bounded, without a clock.

The same counts wait twice, for their minute and for their day, so that days are whole also after an outage that cost
minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from weir.models.usage import KINDS, OTHER, RULE, WIDTH, added, requests_of
from weir.store.usage import (
    MAX_CONSUMERS_A_DAY,
    MAX_CONSUMERS_A_MINUTE,
    MAX_ENTRIES,
    MAX_RULES_A_DAY,
    MAX_RULES_A_MINUTE,
    MAX_TARGETS_A_DAY,
    MAX_TARGETS_A_MINUTE,
    Batch,
    Period,
    packed,
    unpacked,
)

KEPT_MINUTES = 5
"""Minutes that wait for the store, the one that runs among them."""
KEPT_DAYS = 2
MINUTES_A_DAY = 1440
MOST = {
    "minute": (MAX_RULES_A_MINUTE, MAX_TARGETS_A_MINUTE, MAX_CONSUMERS_A_MINUTE),
    "day": (MAX_RULES_A_DAY, MAX_TARGETS_A_DAY, MAX_CONSUMERS_A_DAY),
}
"""Entries of one period that are kept apart here, as in the store; in the order of ``KINDS``."""

Entry = tuple[str, Sequence[int]]


class _Waiting:
    """Of one period."""

    def __init__(self, most: tuple[int, ...]) -> None:
        self.numbers: dict[str, list[int]] = {}
        self.minutes: dict[str, int] = {}
        """Of the last hit."""
        self._most = most
        self._kept = [0] * len(KINDS)

    def add(self, name: str, numbers: Sequence[int], minute: int) -> None:
        sums = self.numbers.get(name)
        if sums is None:
            kind = _kind(name)
            if self._kept[kind] < self._most[kind]:
                self._kept[kind] += 1
            else:
                name = name[0] + OTHER
            sums = self.numbers.setdefault(name, [0] * WIDTH)
        added(sums, numbers)
        self.minutes[name] = minute

    def take(self, most: int) -> tuple[tuple[str, int, bytes], ...]:
        names = list(islice(self.numbers, most))
        for name in names:
            if name[1:] != OTHER:
                self._kept[_kind(name)] -= 1
        return tuple((name, self.minutes.pop(name), packed(self.numbers.pop(name))) for name in names)

    def requests(self) -> int:
        return sum(requests_of(numbers) for name, numbers in self.numbers.items() if name.startswith(RULE))


class UsageTable:
    """``add`` what workers told; ``next_batch`` gives what to bring."""

    def __init__(self) -> None:
        self._waiting: dict[Period, _Waiting] = {}
        self._seq = 0
        self._was = "day"
        self._untold = {"minute": 0, "day": 0}

    def __len__(self) -> int:
        """Entries that wait."""
        return sum(len(each.numbers) for each in self._waiting.values())

    def add(self, entries: Iterable[Entry], minute: int) -> dict[str, int]:
        """``minute``: of now, since 1970. Gives how many requests were lost to make room, by kind of period."""
        lost = self._make_room(minute)
        periods = (Period("minute", minute), Period("day", minute // MINUTES_A_DAY))
        tables = [self._of(period) for period in periods]
        for name, numbers in entries:
            for table in tables:
                table.add(name, numbers, minute)
        return lost

    def next_batch(self, *, days: bool) -> Batch | None:
        """Out of the earliest minute, in turns with the earliest day if ``days`` are wanted; None: nothing waits."""
        kinds = ("minute", "day") if self._was == "day" else ("day", "minute")
        for kind in kinds:
            for period in sorted(period for period in self._waiting if period.kind == kind):
                table = self._waiting[period]
                if table.numbers and (days or kind == "minute"):
                    self._was = kind
                    return self._batch(period, table)
        return None

    def gave_up(self, batch: Batch) -> int:
        """The store refuses the batch for good; gives how many requests are lost."""
        self._untold["minute"] += batch.lost_minutes
        self._untold["day"] += batch.lost_days
        brought = (requests_of(unpacked(data)) for name, _, data in batch.entries if name.startswith(RULE))
        return self._lose(batch.period.kind, sum(brought))

    def _batch(self, period: Period, table: _Waiting) -> Batch:
        self._seq += 1
        untold, self._untold = self._untold, {"minute": 0, "day": 0}
        return Batch(period, self._seq, table.take(MAX_ENTRIES), untold["minute"], untold["day"])

    def _make_room(self, minute: int) -> dict[str, int]:
        """Minutes and days that are over and brought are forgotten, and so are those that waited too long."""
        lost: dict[str, int] = {}
        first = {"minute": minute - KEPT_MINUTES + 1, "day": minute // MINUTES_A_DAY - KEPT_DAYS + 1}
        now = {"minute": minute, "day": minute // MINUTES_A_DAY}
        for period, table in list(self._waiting.items()):
            if period.number >= now[period.kind] or (table.numbers and period.number >= first[period.kind]):
                continue
            del self._waiting[period]
            if table.numbers:
                lost[period.kind] = lost.get(period.kind, 0) + self._lose(period.kind, table.requests())
        return lost

    def _lose(self, kind: str, requests: int) -> int:
        self._untold[kind] += requests
        return requests

    def _of(self, period: Period) -> _Waiting:
        found = self._waiting.get(period)
        if found is None:
            found = self._waiting[period] = _Waiting(MOST[period.kind])
        return found


def _kind(name: str) -> int:
    return KINDS.index(name[0])
