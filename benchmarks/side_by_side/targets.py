"""What Weir promises beside its peers, and whether a run keeps it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from benchmarks.side_by_side.gateways.known import OURS, UNLIMITED
from benchmarks.side_by_side.measures import Figures
from benchmarks.side_by_side.report import ratios

Found = Mapping[str, Mapping[str, Sequence[Figures]]]
"""The rounds by scenario and gateway."""


class Target(NamedTuple):
    scenario: str
    figure: str
    bound: float
    is_least: bool
    """Whether the bound is the least or the most that is allowed."""
    peer: str | None = None
    """Whose figure ours is divided by, pair by pair; None: ours itself."""
    is_worst: bool = False
    """Whether every round must keep it, not the median."""


class Check(NamedTuple):
    what: str
    found: float | None
    """None: not measured."""
    met: bool | None


TARGETS = (
    Target("small", "per_second", 0.50, is_least=True, peer="nginx"),
    Target("small", "per_second", 2.0, is_least=True, peer="caddy"),
    Target("small", "per_second", 1.4, is_least=True, peer="traefik"),
    Target("small", "cpu_us", 2.2, is_least=False, peer="nginx"),
    Target("small", "half_p99_ms", 2.0, is_least=False, peer="nginx"),
    Target("limit", "per_second", 0.9, is_least=True, peer=UNLIMITED),
    Target("limit", "per_second", 1.0, is_least=True, peer="nginx-lua"),
    Target("limit", "per_second", 2.5, is_least=True, peer="traefik"),
    Target("new_connection", "per_second", 0.5, is_least=True, peer="nginx"),
    Target("download_10MiB", "per_second", 0.7, is_least=True, peer="nginx"),
    Target("upload_10MiB", "per_second", 0.7, is_least=True, peer="nginx"),
    Target("publish", "publish_worse_p999_ms", 50.0, is_least=False),
    Target("publish", "one_rule_worse_p999_ms", 10.0, is_least=False),
    Target("publish", "failed", 0.0, is_least=False, is_worst=True),
)


def check(found: Found) -> list[Check]:
    """Of all scenarios that were run. Where Weir has no figure of its own the target is missed."""
    return [_check(target, found[target.scenario]) for target in TARGETS if target.scenario in found]


def _check(target: Target, found: Mapping[str, Sequence[Figures]]) -> Check:
    if OURS not in found or not all(target.figure in own for own in found[OURS]):
        return Check(text(target), None, False)
    value = _value(target, found)
    if value is None:
        # The other Weir is ours too: if it failed, that is no excuse.
        return Check(text(target), None, False if target.peer == UNLIMITED else None)
    return Check(text(target), value, value >= target.bound if target.is_least else value <= target.bound)


def _value(target: Target, found: Mapping[str, Sequence[Figures]]) -> float | None:
    if target.peer is None:
        own = [figures[target.figure] for figures in found[OURS]]
        return max(own) if target.is_worst else statistics.median(own)
    if target.peer not in found:
        return None
    ratio = ratios(found[OURS], found[target.peer], target.figure)
    return ratio[1] if ratio else None


def text(target: Target) -> str:
    sign = ">=" if target.is_least else "<="
    beside = f" / {target.peer}" if target.peer else ""
    return f"{target.scenario}: {target.figure}{beside} {sign} {target.bound:g}"


def line(check: Check) -> str:
    verdict = {True: "met", False: "MISSED", None: "not measured"}[check.met]
    return f"{verdict:12} {check.what}" + ("" if check.found is None else f", found {check.found:.2f}")
