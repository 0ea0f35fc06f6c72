"""Percentiles of measured latencies, exact: every value is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The least value that at least ``percent`` of the values do not exceed (nearest rank); 0 of none."""
    if not ordered:
        return 0.0
    # Rounded, since 99.9 % of 1000 is a little more than 999 in floating point.
    rank = math.ceil(round(percent * len(ordered) / 100, 6))
    return ordered[max(0, rank - 1)]


def summary_ms(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    named = {"p50_ms": 50.0, "p99_ms": 99.0, "p999_ms": 99.9, "max_ms": 100.0}
    return {name: percentile(ordered, percent) * 1e3 for name, percent in named.items()}
