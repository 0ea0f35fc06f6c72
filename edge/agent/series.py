"""One metric family as the node agent keeps it: sums by labels, and their text for a scrape.

With 10 000 rules a scrape has tens of thousands of lines, nearly all as they were before: each is made when its value
changed and kept otherwise. Series are bounded; when there is no room for a new one, those that nobody touched for an
hour go, and if none goes it is counted under ``OTHER``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import accumulate

from edge.families import OTHER, Family

IDLE_S = 3600.0
"""A series that did not change for so long may make room: a rule that is gone, as a rule."""
LOOK_EVERY_S = 60.0
"""How often is looked for those."""
MAX_OTHER = 1000
"""Series of the rest, beyond the bound: by labels other than the first. Then they are all one."""

Labels = tuple[str, ...]


class Series:
    """Of a counter or a histogram."""

    def __init__(self, family: Family, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``limit``: label sets of a counter; of a histogram as many as have as many lines."""
        self._family = family
        self._limit = max(1, limit // lines_of(family))
        self._clock = clock
        self._values: dict[Labels, list[float]] = {}
        self._touched: dict[Labels, float] = {}
        self._names: dict[Labels, list[str]] = {}
        """Of the lines, with their labels; they never change."""
        self._text: dict[Labels, str] = {}
        self._changed: set[Labels] = set()
        self._whole = b""
        """The last text."""
        self._looked = float("-inf")
        if not family.labels and family.kind == "counter":
            self.add((), [0.0])

    def add(self, labels: Labels, values: list[float]) -> None:
        """``values``: a counter's one, or a histogram's buckets and its sum. What is below 0 is not added."""
        now = self._clock()
        key = labels if labels in self._values else self._key(labels, now)
        before = self._values.get(key)
        if before is None:
            self._values[key] = [max(0.0, value) for value in values]
        else:
            for place, value in enumerate(values):
                if value > 0.0:
                    before[place] += value
        self._touched[key] = now
        self._changed.add(key)

    def text(self) -> bytes:
        """The family's part of a scrape."""
        if not self._changed and self._whole:
            return self._whole
        is_histogram = self._family.kind == "histogram"
        for labels in self._changed:
            names = self._names.get(labels)
            if names is None:
                names = self._names[labels] = names_of(self._family, labels)
            values = self._values[labels]
            self._text[labels] = _lines(names, _cumulated(values) if is_histogram else values)
        self._changed.clear()
        self._whole = "".join([head(self._family), *self._text.values()]).encode()
        return self._whole

    def _key(self, labels: Labels, now: float) -> Labels:
        if len(self._values) >= self._limit:
            self._make_room(now)
        if len(self._values) < self._limit or not labels:
            return labels
        other = (OTHER, *labels[1:])
        if other in self._values or len(self._values) < self._limit + MAX_OTHER:
            return other
        return (OTHER,) * len(labels)

    def _make_room(self, now: float) -> None:
        if now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        for labels in [labels for labels, last in self._touched.items() if now - last >= IDLE_S]:
            del self._values[labels], self._touched[labels]
            self._text.pop(labels, None)
            self._names.pop(labels, None)
            self._changed.discard(labels)
            self._whole = b""


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

    def forget(self, connection: int) -> None:
        """The worker is gone, or says everything anew."""
        self._workers.pop(connection, None)

    def value(self) -> float:
        """Of a family without labels."""
        return self._combined().get((), 0.0)

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


def names_of(family: Family, labels: Labels) -> list[str]:
    """What stands before each value of one label set."""
    name, pairs = family.name, _pairs(family, labels)
    braces = _braces(pairs)
    if family.kind != "histogram":
        return [f"{name}{braces} "]
    bounds = [f'le="{bound}"' for bound in (*family.buckets, "+Inf")]
    buckets = [f"{name}_bucket{_braces([*pairs, bound])} " for bound in bounds]
    return [*buckets, f"{name}_count{braces} ", f"{name}_sum{braces} "]


def _cumulated(values: list[float]) -> list[float]:
    """Buckets as Prometheus counts them, how many there are, and the sum."""
    *buckets, total = accumulate(values[:-1])
    return [*buckets, total, total, values[-1]]


def _lines(names: list[str], values: list[float]) -> str:
    return "".join([f"{name}{value!r}\n" for name, value in zip(names, values, strict=True)])


def _pairs(family: Family, labels: Labels) -> list[str]:
    return [f'{name}="{_escaped(value)}"' for name, value in zip(family.labels, labels, strict=True)]


def _braces(pairs: Iterable[str]) -> str:
    inside = ",".join(pairs)
    return f"{{{inside}}}" if inside else ""


def _escaped(value: str) -> str:
    if "\\" in value or "\n" in value or '"' in value:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return value
