"""Counts per rule, or consumer, and day as CSV (RFC 4180), a day at a time. Pure but for what it is given."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from admin_api.traffic.figures import figures
from admin_api.traffic.names import owner_and_rule
from admin_api.traffic.times import day_of
from weir.api.traffic import CSV_COLUMNS, CSV_FIGURES
from weir.store.usage import Period

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CHUNK = 200
"""Lines of one piece of the answer."""


def heading(columns: Sequence[str] = CSV_COLUMNS) -> bytes:
    return _encoded([columns])


def day_lines(period: Period, entries: Iterable[tuple[str, list[int]]]) -> Iterator[bytes]:
    """Of one day, in the order of the names."""
    for chunk in _chunks(period, entries, lambda name: [*map(safe, owner_and_rule(name))]):
        yield _encoded(chunk)


def consumer_lines(period: Period, entries: Iterable[tuple[str, list[int]]]) -> Iterator[bytes]:
    """Of one day, in the order of the names."""
    for chunk in _chunks(period, entries, lambda name: [safe(name)]):
        yield _encoded(chunk)


def _chunks(
    period: Period, entries: Iterable[tuple[str, list[int]]], cells: Callable[[str], list[str]]
) -> Iterator[list[list[object]]]:
    """Rates are left out, as they are of no whole day."""
    rows: list[list[object]] = []
    day = day_of(period.number).isoformat()
    for name, numbers in sorted(entries):
        named = msgspec.structs.asdict(figures(numbers, 0.0))
        rows.append([day, *cells(name), *(named[column] for column in CSV_FIGURES)])
        if len(rows) == _CHUNK:
            yield rows
            rows = []
    if rows:
        yield rows


def safe(text: str) -> str:
    """Nothing that a spreadsheet would take for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def _encoded(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
