"""Medians of the rounds, and ratios pair by pair."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from benchmarks.side_by_side.rounds import Round


def medians(rounds: Sequence[Round]) -> Round:
    return Round(*(statistics.median(values) for values in zip(*rounds, strict=True)))


def print_table(names: Sequence[str], rounds: Sequence[Sequence[Round]]) -> None:
    print(f"{'':16}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU us/request':>16}")
    for name, own in zip(names, rounds, strict=True):
        of = medians(own)
        print(f"{name:16}{of.per_second:12.0f}{of.p50_ms:9.2f}{of.p99_ms:9.2f}{of.cpu_us:16.1f}")


def ratios(
    over: Sequence[Round], under: Sequence[Round], figure: Callable[[Round], float]
) -> tuple[float, float, float]:
    """Least, median and greatest of ``over / under``, pair by pair."""
    found = sorted(figure(a) / figure(b) for a, b in zip(over, under, strict=True))
    return found[0], statistics.median(found), found[-1]


def print_ratio(what: str, found: tuple[float, float, float]) -> None:
    print(f"{what}: {found[1]:.2f} ({found[0]:.2f} to {found[2]:.2f})")
