"""Numbers with units: how they are read and how they are printed. Reading gives None for what is not one."""

from __future__ import annotations

import re
from decimal import Decimal

from weir.rules.bounds import MAX_INTEGER

_DURATIONS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_MEASURE = re.compile(r"(\d{1,16}(?:\.\d{1,6})?)([A-Za-z]+|%)", re.ASCII)


def duration_ms(text: str) -> int | None:
    """``1m`` is one minute; the result is whole milliseconds."""
    return _scaled(text, _DURATIONS)


def size_bytes(text: str) -> int | None:
    return _scaled(text, _SIZES)


def percent(text: str) -> float | None:
    """0 to 100 with at most four decimals."""
    match = _MEASURE.fullmatch(text)
    if match is None or match[2] != "%":
        return None
    value = Decimal(match[1])
    return float(value) if value <= 100 and value == round(value, 4) else None


def print_duration(milliseconds: int) -> str:
    """In the largest unit that divides it."""
    return _largest(milliseconds, _DURATIONS)


def print_size(size: int) -> str:
    return _largest(size, _SIZES)


def print_percent(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") + "%"


def _scaled(text: str, factors: dict[str, int]) -> int | None:
    match = _MEASURE.fullmatch(text)
    if match is None or match[2] not in factors:
        return None
    value = Decimal(match[1]) * factors[match[2]]
    return int(value) if value == int(value) and value <= MAX_INTEGER else None


def _largest(value: int, factors: dict[str, int]) -> str:
    for unit, factor in reversed(factors.items()):
        if value % factor == 0 and (value or factor == 1):
            return f"{value // factor}{unit}"
    raise AssertionError("the smallest unit divides every whole number")
