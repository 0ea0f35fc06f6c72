"""Which items of two sequences belong to each other. Pure, and quick for tens of thousands of items.

Items are told apart by keys that stand once in a sequence, so the longest common subsequence is the longest increasing
one of positions: n log n steps instead of n².
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence

_STRIDE = 64
"""Items that are compared at once."""


def aligned(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Positions in both of what stays in its order, as many as possible; keys are unique within each."""
    places = {key: place for place, key in enumerate(before)}
    common = [(places[key], place) for place, key in enumerate(after) if key in places]
    return [common[index] for index in _longest_increasing([old for old, _ in common])]


def _longest_increasing(values: Sequence[int]) -> list[int]:
    """Indexes of a longest increasing subsequence of different numbers."""
    ends: list[int] = []
    """By length minus one: the smallest number with which such a subsequence ends."""
    at: list[int] = []
    links: list[int] = []
    for index, value in enumerate(values):
        length = bisect_left(ends, value)
        links.append(at[length - 1] if length else -1)
        if length == len(ends):
            ends.append(value)
            at.append(index)
        else:
            ends[length], at[length] = value, index
    found: list[int] = []
    index = at[-1] if at else -1
    while index >= 0:
        found.append(index)
        index = links[index]
    return found[::-1]


def common_ends(before: Sequence[object], after: Sequence[object]) -> tuple[int, int]:
    """How many items are equal at the start, and how many of the others at the end."""
    most = min(len(before), len(after))
    start = 0
    while start < most and before[start : start + _STRIDE] == after[start : start + _STRIDE]:
        start += _STRIDE  # whole slices compare fast
    start = next((index for index in range(start, most) if before[index] != after[index]), most)
    return start, _common_end(before, after, most - start)


def _common_end(before: Sequence[object], after: Sequence[object], most: int) -> int:
    old, new = len(before), len(after)
    end = 0
    while (
        end + _STRIDE <= most
        and before[old - end - _STRIDE : old - end] == after[new - end - _STRIDE : new - end]
    ):
        end += _STRIDE
    return next(
        (index for index in range(end, most) if before[old - 1 - index] != after[new - 1 - index]), most
    )
