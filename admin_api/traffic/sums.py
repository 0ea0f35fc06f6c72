"""Sums of what was counted over several minutes or days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import add
from typing import TypeVar

from admin_api.problems import Refusal
from weir.api.traffic import Sort, Traffic
from weir.models.usage import WIDTH, added
from weir.store.usage import Period
from weir.store.usage_read import Usage

Item = TypeVar("Item")
MAX_SUMS = 100_000
"""Rules or targets of one answer that are kept apart; further ones are left out."""

_KEYS: dict[str, Callable[[Traffic], float]] = {
    "requests": lambda traffic: traffic.requests,
    "errors": lambda traffic: traffic.error_ratio * traffic.requests,
    "p50": lambda traffic: traffic.p50_ms,
    "p99": lambda traffic: traffic.p99_ms,
    "retries": lambda traffic: traffic.retries + traffic.retries_refused,
    "limited": lambda traffic: traffic.limited,
}


def sums(
    usage: Usage, periods: Iterable[Period], kind: str, wanted: Callable[[str], bool]
) -> dict[str, list[int]]:
    """By name, of those that are ``wanted``."""
    found: dict[str, list[int]] = {}
    for period in periods:
        for name, numbers in usage.entries(period, kind):
            known = found.get(name)
            if known is not None:
                found[name] = list(map(add, known, numbers))
            elif len(found) < MAX_SUMS and wanted(name):
                found[name] = numbers
    return found


def total(each: Iterable[list[int]]) -> list[int]:
    found = [0] * WIDTH
    for numbers in each:
        added(found, numbers)
    return found


def ordered(
    items: Iterable[Item], sort: Sort, name: Callable[[Item], str], traffic: Callable[[Item], Traffic]
) -> list[Item]:
    """``name`` ascends, everything else descends; equals by name."""
    by_name = sorted(items, key=name)
    key = _KEYS.get(sort)
    return by_name if key is None else sorted(by_name, key=lambda item: -key(traffic(item)))


def page(items: list[Item], limit: int, cursor: str) -> tuple[tuple[Item, ...], str]:
    """One page, and the cursor of the next: a place in the order, which is made anew for each. Raises Refusal."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 8):
        raise Refusal(400, "invalid-query", "The cursor is not one that a page gave.")
    start = int(cursor or 0)
    until = start + limit
    return tuple(items[start:until]), str(until) if until < len(items) else ""
