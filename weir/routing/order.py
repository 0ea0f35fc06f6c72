"""Numbers that keep a sequence in order while it changes, so that what stays need not be renumbered.

A rank holds its chunk's number. Chunks that stay keep theirs; a new chunk takes one between its neighbours.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

GAP = 1 << 40
"""Room between neighbours at first: forty insertions at one spot before everything is renumbered."""

K = TypeVar("K", bound=Hashable)


def order_numbers(keys: Sequence[K], previous: Mapping[K, int]) -> dict[K, int]:
    """A number for each key, ascending in their order; as many keys as possible keep their previous number.

    New keys between two that stay take the numbers of as many keys that went from there: a replaced chunk has its
    predecessor's number.
    """
    kept = _longest_ascending(keys, previous)
    free = sorted(number for key, number in previous.items() if key not in kept)
    numbers: dict[K, int] = {}
    last, waiting = 0, list[K]()
    for key in keys:
        if key not in kept:
            waiting.append(key)
            continue
        between = _between(waiting, free, last, previous[key])
        if between is None:
            return {key: place * GAP for place, key in enumerate(keys, 1)}
        numbers.update(zip(waiting, between, strict=True))
        numbers[key] = last = previous[key]
        waiting = []
    high = max(last, free[-1] if free else 0) + (len(waiting) + 1) * GAP
    numbers.update(zip(waiting, _between(waiting, free, last, high) or (), strict=True))
    return numbers


def _between(keys: Sequence[K], free: Sequence[int], low: int, high: int) -> Sequence[int] | None:
    """A number for each key above ``low`` and below ``high``; None if there is no room."""
    vacant = free[bisect_right(free, low) : bisect_left(free, high)]
    if len(vacant) == len(keys):
        return vacant
    step = (high - low) // (len(keys) + 1)
    return [low + step * place for place in range(1, len(keys) + 1)] if step else None


def _longest_ascending(keys: Sequence[K], previous: Mapping[K, int]) -> frozenset[K]:
    """The longest subsequence whose previous numbers ascend (patience sorting, n log n)."""
    tails: list[int] = []
    tail_keys: list[K] = []
    before: dict[K, K | None] = {}
    for key in keys:
        number = previous.get(key)
        if number is None:
            continue
        pile = bisect_left(tails, number)
        before[key] = tail_keys[pile - 1] if pile else None
        tails[pile : pile + 1] = [number]
        tail_keys[pile : pile + 1] = [key]
    kept: set[K] = set()
    key_or_none = tail_keys[-1] if tail_keys else None
    while key_or_none is not None:
        kept.add(key_or_none)
        key_or_none = before[key_or_none]
    return frozenset(kept)
