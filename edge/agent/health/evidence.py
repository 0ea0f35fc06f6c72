"""What the workers of this node saw of suspected targets since the last report to the store. Pure."""

from __future__ import annotations

from typing import Any

from edge.link.frames import FrameError
from weir.store.health import MAX_GONE, Evidence, Member

MAX_TARGETS = 500
"""Of whom is kept what is seen in a second."""


class Collected:
    """Sums; ``take`` them once a second."""

    def __init__(self) -> None:
        self._sums: dict[Member, Evidence] = {}

    def add(self, items: Any) -> None:
        """What one worker reports. Raises FrameError for what is none; what would be too much is left out."""
        for one in _read(items):
            before = self._sums.get(one.member)
            if before is not None:
                self._sums[one.member] = _sum(before, one)
            elif len(self._sums) < MAX_TARGETS:
                self._sums[one.member] = one

    def take(self) -> list[Evidence]:
        found, self._sums = list(self._sums.values()), {}
        return found


def read_gone(items: Any) -> frozenset[Member]:
    """Targets that one worker hears to be ejected, and does not have. Raises FrameError for what is none."""
    try:
        if not isinstance(items, list):
            raise TypeError("no list")
        found = [(owner, name, url) for owner, name, url in items[:MAX_GONE]]
        if any(not isinstance(text, str) or "\n" in text for each in found for text in each):
            raise TypeError("a field of another type")
    except (TypeError, ValueError) as error:
        raise FrameError(f"targets that are gone: {error}") from error
    return frozenset(Member(f"{owner}/{name}", url) for owner, name, url in found)


def _sum(one: Evidence, other: Evidence) -> Evidence:
    """The row is what no worker contradicts: a good answer anywhere ends it."""
    rows = [each.row for each in (one, other) if each.good] or [one.row + other.row]
    return other._replace(good=one.good + other.good, bad=one.bad + other.bad, row=min(rows))


def _read(items: Any) -> list[Evidence]:
    try:
        found = []
        for owner, name, url, targets, max_percent, *numbers in items:
            if not all(isinstance(text, str) for text in (owner, name, url)) or " " in url:
                raise TypeError("a field of another type")
            after, for_ms, good, bad, row = (_count(number) for number in numbers)
            member = Member(f"{owner}/{name}", url)
            found.append(
                Evidence(
                    member, _count(targets), float(max_percent), max(1, after), max(1, for_ms), good, bad, row
                )
            )
    except (TypeError, ValueError) as error:
        raise FrameError(f"evidence that is none: {error}") from error
    return found


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value
