"""What this node knows of targets: the cluster's ejections, results of checks, and whom its workers keep out. Pure.

Times are monotonic seconds of this machine, which its workers share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from edge.agent.health.check import Check
from weir.store.health import Member, Result, Seen, View

SAME_S = 1.0
"""The end of an ejection is heard of every second, each time a little off: so far apart it is still the same one."""


class Knowledge:
    """Of one agent."""

    def __init__(self, clock: Callable[[], float], count: Callable[[str, str], None]) -> None:
        """``count`` gets (upstream, outcome) of every probe of this node."""
        self._clock = clock
        self._count = count
        self.checks: dict[str, Check] = {}
        self.suspects: frozenset[Member] = frozenset()
        self.ejected: dict[Member, float] = {}
        """Until when, for the whole cluster."""
        self._results: dict[str, tuple[Result, float]] = {}
        """With when they were found."""
        self._taken_over: dict[str, float] = {}
        """Since when a check has the verdict of another one; from then it counts, until there is a result."""
        self._heard: dict[str, float] = {}

    def watch(self, checks: Iterable[Check]) -> None:
        """These are to be checked; what is known of others is forgotten, but for the verdict if a target is checked
        in another way now: who was out proves itself first."""
        now = self._clock()
        verdicts = {
            check.member: self._results[check.id]
            for check, result, until in self._judged()
            if not result.healthy and until > now
        }
        self.checks = {check.id: check for check in checks}
        for check in self.checks.values():
            if check.id not in self._results and check.member in verdicts:
                self._results[check.id] = verdicts[check.member]
                self._taken_over[check.id] = now
        for known in (self._results, self._heard, self._taken_over):
            for identity in [identity for identity in known if identity not in self.checks]:
                del known[identity]

    def take(self, view: View) -> None:
        """What the store says."""
        now = self._clock()
        self.suspects = view.suspects
        until = {member: now + left / 1000 for member, left in view.ejected.items()}
        for member, before in self.ejected.items():
            if abs(until.get(member, 0.0) - before) < SAME_S:
                until[member] = before
        self.ejected = until
        for seen in view.results:
            self.hear(seen)

    def hear(self, seen: Seen) -> None:
        """A result that the store tells; one that is over, or older than what is known, changes nothing."""
        at, check = self._clock() - seen.age_ms / 1000, self.checks.get(seen.check)
        if check is None or seen.age_ms / 1000 >= check.lasts_s:
            return
        if at > self._results.get(seen.check, (None, -math.inf))[1]:
            self._results[seen.check] = (seen.result, at)
            self._heard[seen.check] = at
            self._taken_over.pop(seen.check, None)

    def last(self, check: str) -> Result | None:
        found = self._results.get(check)
        return None if found is None else found[0]

    def heard_at(self, check: str) -> float:
        return self._heard.get(check, 0.0)

    def found(self, check: Check, result: Result, *, published: bool) -> None:
        """A probe of this node."""
        self._count(check.upstream.partition("/")[2], result.outcome)
        if check.id in self.checks:
            self._results[check.id] = (result, self._clock())
            self._taken_over.pop(check.id, None)
            if published:
                self._heard[check.id] = self._clock()

    def news(self) -> dict[str, Any]:
        """For the workers: who is out, and until when without another word."""
        now = self._clock()
        failing = [
            [*_of(check.upstream), check.url, round(until, 3)]
            for check, result, until in self._judged()
            if not result.healthy and until > now
        ]
        ejected = [
            [*_of(member.upstream), member.url, round(until, 1)]
            for member, until in self.ejected.items()
            if until > now
        ]
        return {"ejected": sorted(ejected), "failing": sorted(failing)}

    def healthy(self) -> list[tuple[str, str, bool]]:
        """(upstream, URL, verdict) of every target whose check has a result."""
        return [
            (check.upstream.partition("/")[2], check.url, result.healthy)
            for check, result, _ in self._judged()
        ]

    def state(self, out: Iterable[list[Any]], holders: Mapping[str, str]) -> dict[str, Any]:
        """For a person: every target that is out or checked. ``out``: what workers say; ``holders``: who probes."""
        now = self._clock()
        found: dict[Member, dict[str, Any]] = {}
        for owner, name, url, why, until, panic in out:
            told = _entry(found, Member(f"{owner}/{name}", url))
            told["out"], told["why"] = True, sorted({*told.get("why", ()), why})
            told["workers"] = told.get("workers", 0) + 1
            told["for_s"] = max(told.get("for_s", 0.0), round(until - now, 1))
            told["panic"] = told.get("panic", False) or panic
        for member, until in self.ejected.items():
            _entry(found, member)["cluster_for_s"] = round(until - now, 1)
        for check in self.checks.values():
            _entry(found, check.member)["check"] = self._state_of(check, holders.get(check.id, ""), now)
        return {"targets": [found[member] for member in sorted(found)]}

    def _state_of(self, check: Check, holder: str, now: float) -> dict[str, Any]:
        told: dict[str, Any] = {"request": f"{check.method} {check.path}", "probed_by": holder}
        known = self._results.get(check.id)
        if known is not None:
            result, at = known
            told |= {"healthy": result.healthy, "last": result.outcome, "age_s": round(now - at, 1)}
            if result.detail:
                told["detail"] = result.detail
            if result.node != holder:
                told["found_by"] = result.node
        return told

    def _judged(self) -> Iterable[tuple[Check, Result, float]]:
        """With until when the result counts."""
        for identity, (result, at) in self._results.items():
            check = self.checks[identity]
            yield check, result, self._taken_over.get(identity, at) + check.lasts_s


def _entry(found: dict[Member, dict[str, Any]], member: Member) -> dict[str, Any]:
    return found.setdefault(member, {"upstream": member.upstream, "target": member.url, "out": False})


def _of(upstream: str) -> tuple[str, str]:
    owner, _, name = upstream.partition("/")
    return owner, name
