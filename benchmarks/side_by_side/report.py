"""Medians of the rounds, ratios pair by pair, and tables of both as text."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.side_by_side.measures import Figures

Ratio = tuple[float, float, float]
"""Least, median and greatest."""

HEADINGS = {
    "per_second": ("per second", 0),
    "mib_per_second": ("MiB/s", 0),
    "p50_ms": ("p50 ms", 2),
    "p99_ms": ("p99 ms", 2),
    "cpu_us": ("CPU us each", 1),
    "rss_mib": ("RSS MiB", 1),
    "pss_mib": ("PSS MiB", 1),
    "store_us": ("Redis us each", 1),
    "store_calls": ("calls of Redis each", 4),
    "idle_kib": ("KiB per idle", 1),
    "equal_p50_ms": ("p50 equal load", 2),
    "equal_p99_ms": ("p99 equal load", 2),
    "half_p50_ms": ("p50 half load", 2),
    "half_p99_ms": ("p99 half load", 2),
    "publish_s": ("in force s", 2),
    "before_p999_ms": ("p99.9 before", 2),
    "publish_p999_ms": ("p99.9 publish", 2),
    "publish_max_ms": ("worst", 2),
    "one_rule_s": ("one rule s", 2),
    "one_rule_p999_ms": ("p99.9 one rule", 2),
    "one_rule_max_ms": ("worst one rule", 2),
    "failed": ("failed", 0),
}
"""Of every column: its heading, and digits after the point."""
COMPARED = ("per_second", "p50_ms", "p99_ms", "cpu_us", "rss_mib", "equal_p99_ms", "half_p99_ms")
"""Figures of which ratios are made."""


def medians(rounds: Sequence[Figures]) -> dict[str, float]:
    return {figure: statistics.median(each[figure] for each in rounds) for figure in rounds[0]}


def ratios(over: Sequence[Figures], under: Sequence[Figures], figure: str) -> Ratio | None:
    """Of ``over / under``, pair by pair; None where one of them has no such figure."""
    pairs = list(zip(over, under, strict=True))
    if not pairs or not all(a.get(figure) and b.get(figure) for a, b in pairs):
        return None
    found = sorted(a[figure] / b[figure] for a, b in pairs)
    return found[0], statistics.median(found), found[-1]


def all_ratios(found: Mapping[str, Sequence[Figures]], baseline: str) -> dict[str, dict[str, Ratio]]:
    """Of every gateway and every compared figure, to the baseline."""
    if baseline not in found:
        return {}
    return {
        name: {figure: ratio for figure in COMPARED if (ratio := ratios(rounds, found[baseline], figure))}
        for name, rounds in found.items()
        if name != baseline
    }


def rows(found: Mapping[str, Mapping[str, float]], columns: Sequence[str]) -> Iterator[list[str]]:
    """The heading, then one row for each; a figure that nobody has is left out, one that is missing is a dash."""
    shown = [column for column in columns if any(column in figures for figures in found.values())]
    yield ["", *(HEADINGS[column][0] for column in shown)]
    for name, figures in found.items():
        cells = [_cell(figures.get(column), HEADINGS[column][1]) for column in shown]
        yield [name, *cells]


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def ratio_rows(found: Mapping[str, Mapping[str, Ratio]]) -> Iterator[list[str]]:
    shown = [figure for figure in COMPARED if any(figure in own for own in found.values())]
    yield ["", *(HEADINGS[figure][0] for figure in shown)]
    for name, own in found.items():
        yield [name, *(ratio_text(own[figure]) if figure in own else "-" for figure in shown)]


def ratio_text(ratio: Ratio) -> str:
    return f"{ratio[1]:.2f} ({ratio[0]:.2f}-{ratio[2]:.2f})"


def aligned(table: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in table
    )
