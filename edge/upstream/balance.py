"""Whose turn it is: smooth weighted round robin, among the targets of an upstream and among the shares of a rule.

Each turn everyone gains its weight and the richest pays the sum: weights 5, 1, 1 give ``a a b a c a a`` and not five
times ``a`` in a row. A choice costs one pass over the candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Turn(Generic[Item]):
    """Weighted candidates and whose turn it is; weight 0 takes none."""

    __slots__ = ("_gained", "_only", "items", "weights")

    def __init__(self, items: Sequence[tuple[Item, int]]) -> None:
        self.items = tuple(item for item, weight in items if weight > 0)
        self.weights = tuple(weight for _, weight in items if weight > 0)
        self._gained = [0] * len(self.items)
        self._only = self.items[0] if len(self.items) == 1 else None

    def next(self, exclude: Container[Item] = ()) -> Item | None:
        """None if there is nobody, or everybody is excluded."""
        if self._only is not None and not exclude:
            return self._only
        best, total = -1, 0
        for index, weight in enumerate(self.weights):
            if exclude and self.items[index] in exclude:
                continue
            self._gained[index] += weight
            total += weight
            if best < 0 or self._gained[index] > self._gained[best]:
                best = index
        if best < 0:
            return None
        self._gained[best] -= total
        return self.items[best]


Pick = Callable[[Turn[Item], str, Container[Item]], Item | None]


def round_robin(state: Turn[Item], key: str, exclude: Container[Item]) -> Item | None:  # noqa: ARG001 - hashing will
    """The policy ``round_robin``; ``key`` is what other policies hash."""
    return state.next(exclude)
