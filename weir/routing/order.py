"""Numbers that keep a sequence in order while it changes, so that what stays need not be renumbered.

A rank holds its chunk's number. Chunks that stay keep theirs; a new chunk takes one between its neighbours.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

GAP = 1 << 40
"""Room between neighbours at first: forty insertions at one spot before everything is renumbered."""

K = TypeVar("K", bound=Hashable)


def order_numbers(keys: Sequence[K], previous: Mapping[K, int]) -> dict[K, int]:
    """A number for each key, ascending in their order; as many keys as possible keep their previous number."""
    kept = _longest_ascending(keys, previous)
    numbers: dict[K, int] = {}
    last, waiting = 0, list[K]()
    for key in keys:
        if key not in kept:
            waiting.append(key)
            continue
        if not _spread(numbers, waiting, last, previous[key]):
            return {key: place * GAP for place, key in enumerate(keys, 1)}
        numbers[key] = last = previous[key]
        waiting = []
    _spread(numbers, waiting, last, last + (len(waiting) + 1) * GAP)
    return numbers


def _spread(numbers: dict[K, int], keys: Sequence[K], low: int, high: int) -> bool:
    """Evenly between the two; False if there is no room."""
    step = (high - low) // (len(keys) + 1)
    if keys and step < 1:
        return False
    numbers.update((key, low + step * place) for place, key in enumerate(keys, 1))
    return True


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
