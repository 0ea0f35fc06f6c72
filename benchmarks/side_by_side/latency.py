"""Percentiles of measured latencies, exact: every value is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The least value that at least ``percent`` of the values do not exceed (nearest rank); 0 of none."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def summary_ms(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    named = {"p50_ms": 50.0, "p99_ms": 99.0, "p999_ms": 99.9, "max_ms": 100.0}
    return {name: percentile(ordered, percent) * 1e3 for name, percent in named.items()}
