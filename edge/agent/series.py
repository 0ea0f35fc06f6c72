"""One metric family as the node agent keeps it: sums by labels, and their text for a scrape.

With 10 000 rules a scrape has tens of thousands of lines, nearly all as they were before. What stands before a value is
made when the series begins, a line when its value changed, and both are kept. Series are bounded; when there is no room
for a new one, those that nobody touched for an hour go, and if none goes it is counted under ``OTHER``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import accumulate
from operator import add

from edge.telemetry.families import OTHER, Family

MAX_LABEL = 200
"""Characters of one label value."""
IDLE_S = 3600.0
"""A series that did not change for so long may make room: a rule that is gone, as a rule."""
LOOK_EVERY_S = 60.0
"""How often is looked for those."""
MAX_OTHER = 1000
"""Series of the rest, beyond the bound: by labels other than the first. Then they are all one."""

INFINITE = float("inf")

Labels = tuple[str, ...]


class _One:
    """A series: the names of its lines, its numbers, and its place in the text."""

    __slots__ = ("names", "place", "touched", "values")

    def __init__(self, names: tuple[str, ...], values: list[float], place: int) -> None:
        self.names = names
        self.values = values
        self.place = place
        self.touched = 0.0


class Series:
    """Of a counter or a histogram."""

    def __init__(self, family: Family, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``limit``: label sets of a counter; of a histogram as many as have as many lines."""
        self._family = family
        self._limit = max(1, limit // lines_of(family))
        self._clock = clock
        self._all: dict[Labels, _One] = {}
        self._lines: list[str] = [head(family)]
        """Of every series at its place, behind the head."""
        self._changed: set[_One] = set()
        self._whole = b""
        """The last text."""
        self._looked = float("-inf")
        if not family.labels and family.kind == "counter":
            self.add((), [0.0])

    def add(self, labels: Labels, values: list[float]) -> None:
        """``values``: a counter's one, or a histogram's buckets and its sum. What is below 0 is not added."""
        now = self._clock()
        one = self._all.get(labels)
        if one is None:
            key = self._key(labels, now)
            one = self._all.get(key)
            if one is None:
                one = _One(names_of(self._family, key), [0.0] * len(values), len(self._lines))
                self._all[key] = one
                self._lines.append("")
        numbers = one.values
        for place, value in enumerate(values):
            if value > 0.0:
                numbers[place] += value
        one.touched = now
        self._changed.add(one)

    def count(self, labels: Labels, value: float, now: float) -> bool:
        """As ``add`` for a counter, of a series that there is: False, and nothing is done, where there is none or
        ``value`` is odd. Raises TypeError for what is no number."""
        one = self._all.get(labels)
        if one is None or not 0 <= value < INFINITE:
            return False
        one.values[0] += value
        one.touched = now
        self._changed.add(one)
        return True

    def observe(self, labels: Labels, buckets: list[float], total: float, now: float) -> bool:
        """As ``count``, for a histogram."""
        one = self._all.get(labels)
        if one is None or type(buckets) is not list or len(buckets) + 1 != len(one.values):
            return False
        if min(buckets) < 0 or not (0 <= sum(buckets) < INFINITE and 0 <= total < INFINITE):
            return False
        numbers = one.values
        one.values = [*map(add, numbers, buckets), numbers[-1] + total]
        one.touched = now
        self._changed.add(one)
        return True

    def values(self) -> dict[Labels, float]:
        """Of a counter: how many of each."""
        return {labels: one.values[0] for labels, one in self._all.items()}

    @property
    def changed(self) -> int:
        """Series whose lines are to be made anew."""
        return len(self._changed)

    def render(self, most: int) -> None:
        """Makes the lines of so many series that changed; ``text`` does the rest."""
        changed, self._whole = self._changed, b""
        part = [changed.pop() for _ in range(min(most, len(changed)))]
        lines = self._lines
        if self._family.kind == "histogram":
            for one in part:
                lines[one.place] = _lines(one.names, _cumulated(one.values))
        else:
            for one in part:
                lines[one.place] = f"{one.names[0]}{one.values[0]!r}\n"

    def text(self) -> bytes:
        """The family's part of a scrape."""
        if self._changed:
            self.render(len(self._changed))
        if not self._whole:
            self._whole = "".join(self._lines).encode()
        return self._whole

    def _key(self, labels: Labels, now: float) -> Labels:
        if len(self._all) >= self._limit:
            self._make_room(now)
        if len(self._all) < self._limit or not labels:
            return labels
        other = (OTHER, *labels[1:])
        if other in self._all or len(self._all) < self._limit + MAX_OTHER:
            return other
        return (OTHER,) * len(labels)

    def _make_room(self, now: float) -> None:
        if now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        for labels in [labels for labels, one in self._all.items() if now - one.touched >= IDLE_S]:
            self._changed.discard(self._all.pop(labels))
        lines = self._lines
        self._lines, self._whole = lines[:1], b""
        for place, one in enumerate(self._all.values(), 1):
            self._lines.append(lines[one.place])
            one.place = place


class Gauges:
    """Of one family: each worker's latest word, which goes with its connection."""

    def __init__(self, family: Family, limit: int) -> None:
        self._family = family
        self._limit = limit
        self._workers: dict[int, dict[Labels, float]] = {}
        self._lines: dict[Labels, tuple[float, str]] = {}
        """As they were at the last scrape."""

    def set(self, connection: int, labels: Labels, value: float) -> None:
        series = self._workers.setdefault(connection, {})
        if labels in series or len(series) < self._limit:
            series[labels] = value
        else:
            series[(OTHER,) * len(labels)] = value

    def put(self, connection: int, labels: Labels, value: float) -> bool:
        """As ``set``: False, and nothing is done, where labels or value may be odd. Raises TypeError for other odd
        ones."""
        if len(labels) != len(self._family.labels) or len("".join(labels)) > MAX_LABEL:
            return False
        if not -INFINITE < value < INFINITE:
            return False
        self.set(connection, labels, float(value))
        return True

    def forget(self, connection: int) -> None:
        """The worker is gone, or says everything anew."""
        self._workers.pop(connection, None)

    def value(self) -> float:
        """Of a family without labels."""
        return self._combined().get((), 0.0)

    def values(self) -> dict[Labels, float]:
        """Of all workers together."""
        return self._combined()

    @property
    def changed(self) -> int:
        """As of ``Series``; what gauges have is made at once."""
        return 0

    def render(self, most: int) -> None:
        """As of ``Series``."""

    def text(self) -> bytes:
        """The family's part of a scrape."""
        before, now = self._lines, {}
        for labels, value in self._combined().items():
            known = before.get(labels)
            if known is None or known[0] != value:
                known = (value, _lines(names_of(self._family, labels), [value]))
            now[labels] = known
        self._lines = now
        return "".join([head(self._family), *(line for _, line in now.values())]).encode()

    def _combined(self) -> dict[Labels, float]:
        """Of all workers."""
        workers = list(self._workers.values())
        if not self._family.labels and not workers:
            return {(): 0.0}
        if len(workers) == 1:
            return workers[0]
        found: dict[Labels, float] = {} if self._family.labels else {(): 0.0}
        for series in workers:
            for labels, value in series.items():
                before = found.get(labels, 0.0)
                found[labels] = max(before, value) if self._family.combine == "max" else before + value
        return found


def lines_of(family: Family) -> int:
    """Of one label set."""
    return len(family.buckets) + 3 if family.kind == "histogram" else 1


def head(family: Family) -> str:
    """The two lines before a family's samples."""
    text = family.help.replace("\\", "\\\\").replace("\n", "\\n")
    return f"# HELP {family.name} {text}\n# TYPE {family.name} {family.kind}\n"


def names_of(family: Family, labels: Labels) -> tuple[str, ...]:
    """What stands before each value of one label set."""
    name, pairs = family.name, ",".join(_pairs(family, labels))
    braces = f"{{{pairs}}}" if pairs else ""
    if family.kind != "histogram":
        return (f"{name}{braces} ",)
    bucket = f"{name}_bucket{{{pairs}," if pairs else f"{name}_bucket{{"
    buckets = [f'{bucket}le="{bound}"}} ' for bound in (*family.buckets, "+Inf")]
    return (*buckets, f"{name}_count{braces} ", f"{name}_sum{braces} ")


def _cumulated(values: list[float]) -> list[float]:
    """Buckets as Prometheus counts them, how many there are, and the sum."""
    *buckets, total = accumulate(values[:-1])
    return [*buckets, total, total, values[-1]]


def _lines(names: tuple[str, ...], values: list[float]) -> str:
    return "".join([f"{name}{value!r}\n" for name, value in zip(names, values, strict=True)])


def _pairs(family: Family, labels: Labels) -> list[str]:
    return [f'{name}="{escaped(value)}"' for name, value in zip(family.labels, labels, strict=True)]


def escaped(value: str) -> str:
    if "\\" in value or "\n" in value or '"' in value:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return value
