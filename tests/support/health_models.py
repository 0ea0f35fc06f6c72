"""What the scripts of health do, again in Python: short, slow, without a store. Tests drive both with one history."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from weir.store.health import Evidence, Member

SECONDS, LEAST, LIVE_MS, MOST_SUSPECTS, LOOKS, LONGEST_MS, REMEMBER_MS, KEEP_MS = (
    10, 20, 30_000, 1000, 400, 300_000, 300_000, 600_000,
)  # fmt: skip


class Report(NamedTuple):
    """Of one node in one second."""

    second: int
    good: int
    bad: int
    row: int


class Sums(NamedTuple):
    """Of one node, in the last ten seconds."""

    good: int
    bad: int
    row: int


class Ejection(NamedTuple):
    until: int
    times: int
    length: int


class HealthModel:
    """``health.lua``, ``health_view.lua`` and ``health_look.lua``, and the two of checks."""

    def __init__(self) -> None:
        self.suspects: dict[str, int] = {}
        self.evidence: dict[tuple[str, str], list[Report]] = {}
        """By target and node."""
        self.ejected: dict[str, Ejection] = {}
        self.nodes: dict[str, int] = {}
        self.checked: dict[str, int] = {}
        self.results: dict[str, bytes] = {}
        self.leases: dict[str, str] = {}

    def report(
        self, node: str, said: Sequence[Evidence], now: int, gone: Collection[Member] = ()
    ) -> list[str]:
        left, looked = {member.text() for member in gone}, 0
        live = [name for name, at in self.nodes.items() if at >= now - LIVE_MS]
        out = Counter(
            _upstream(text) for text, one in self.ejected.items() if one.until > now and text not in left
        )
        told = []
        for one in said:
            text = one.member.text()
            before = self.ejected.get(text)
            watched = text in self.suspects or (one.bad > 0 and len(self.suspects) < MOST_SUSPECTS)
            if not watched or (before is not None and before.until > now):
                continue
            most = max(1, math.floor(one.targets * one.max_percent / 100))
            may = one.targets > 1 and out[_upstream(text)] < most
            own = self._add(text, node, Report(now // 1000, one.good, one.bad, one.row))
            if one.bad:
                self.suspects[text] = now
            speaks_against = own.bad >= own.good or own.row >= one.after
            if not may or not speaks_against or looked >= LOOKS:
                continue
            sums, looked = {name: self._sums(text, name, now // 1000) for name in live}, looked + len(live)
            if not _is_proven(sums, one.after, is_only=live == [node]):
                continue
            times = 1
            if before is not None:
                times += max(0, before.times - (now - before.until) // one.for_ms)
            length = min(one.for_ms * times, max(LONGEST_MS, one.for_ms))
            self.ejected[text] = Ejection(now + length, times, length)
            out[_upstream(text)] += 1
            for name in live:
                self.evidence.pop((text, name), None)
            told.append(text)
        return told

    def _add(self, text: str, node: str, report: Report) -> Sums:
        self.evidence[text, node] = [*self._recent(text, node, report.second), report]
        return self._sums(text, node, report.second)

    def _recent(self, text: str, node: str, second: int) -> list[Report]:
        said = [one._replace(second=min(one.second, second)) for one in self.evidence.get((text, node), ())]
        return [one for one in said if one.second > second - SECONDS]

    def _sums(self, text: str, node: str, second: int) -> Sums:
        good = bad = row = 0
        for one in self._recent(text, node, second):
            good, bad, row = good + one.good, bad + one.bad, one.row if one.good else row + one.bad
        return Sums(good, bad, row)

    def view(
        self, node: str, since: int, now: int
    ) -> tuple[list[str], dict[str, int], list[tuple[str, int, bytes]]]:
        """Suspects, milliseconds left by target, and results."""
        for times in (self.suspects, self.checked, self.nodes):
            ahead = max(times.values(), default=now) - now
            times.update({name: at - ahead for name, at in times.items() if at > now and ahead > 0})
        for text in [text for text, at in self.suspects.items() if at <= now - SECONDS * 1000]:
            del self.suspects[text]
            for name in self.nodes:
                self.evidence.pop((text, name), None)
        self.nodes[node] = now
        for name in [name for name, at in self.nodes.items() if at <= now - LIVE_MS]:
            del self.nodes[name]
            for text in self.suspects:
                self.evidence.pop((text, name), None)
        for text, one in list(self.ejected.items()):
            if one.until - now > one.length:
                self.ejected[text] = one._replace(until=now + one.length)
            elif one.until <= now:
                self.ejected[text] = one._replace(length=0)
            if one.until < now - REMEMBER_MS:
                del self.ejected[text]
        begin = since if since <= now else 0
        fresh = [name for name in _in_order(self.checked) if self.checked[name] >= begin]
        told = [(name, self.checked[name], self.results[name]) for name in fresh[:1000]]
        return _in_order(self.suspects), self.look(now), told

    def look(self, now: int) -> dict[str, int]:
        left = {text: min(one.until - now, one.length) for text, one in self.ejected.items()}
        return {text: ms for text, ms in left.items() if ms > 0}

    def lease(self, node: str, check: str, now: int) -> tuple[bool, str, int, bytes]:
        """Whether it is the node's, whose it is, and, if it is, how old which result is."""
        holder = self.leases.setdefault(check, node)
        if holder != node:
            return False, holder, 0, b""
        return True, node, max(0, now - self.checked.get(check, now)), self.results.get(check, b"")

    def result(self, node: str, check: str, result: bytes, most: int, now: int) -> int:
        if self.leases.setdefault(check, node) != node:
            return 0
        for old in [name for name, at in self.checked.items() if at <= now - KEEP_MS]:
            del self.checked[old], self.results[old]
        if check not in self.checked and len(self.checked) >= most:
            return -1
        self.checked[check], self.results[check] = now, result
        return 1


def _is_proven(sums: dict[str, Sums], after: int, *, is_only: bool) -> bool:
    good, bad = sum(one.good for one in sums.values()), sum(one.bad for one in sums.values())
    if not good:
        with_a_row = [one for one in sums.values() if one.bad >= max(1, after)]
        if len(with_a_row) >= 2 or (is_only and bad >= 2 * after):
            return True
    reporters = [one for one in sums.values() if one.bad]
    if good + bad < LEAST or not (is_only or len(reporters) >= 2):
        return False
    return bad >= good or all(one.row >= after for one in sums.values() if one.good)


def _upstream(text: str) -> str:
    return text.rpartition(" ")[0]


def _in_order(times: dict[str, int]) -> list[str]:
    """As a sorted set has them."""
    return sorted(times, key=lambda name: (times[name], name))
