"""Smooth weighted round robin, among the targets of an upstream and among the shares of a rule.

Each turn everyone gains its weight and the richest pays the sum: weights 5, 1, 1 give ``a a b a c a a`` and not five
times ``a`` in a row. A choice costs one pass over the candidates.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Turn(Generic[Item]):
    """Weighted candidates and whose turn it is; weight 0 takes none."""

    __slots__ = ("_gained", "_whole", "items", "only", "total", "weights")

    def __init__(self, items: Sequence[tuple[Item, int]]) -> None:
        self.items = tuple(item for item, weight in items if weight > 0)
        self._whole = tuple(weight for _, weight in items if weight > 0)
        self.weights: Sequence[float] = self._whole
        """As they are now; a target that starts slowly has a part of its own."""
        self.total: float = sum(self.weights)
        self._gained = [0.0] * len(self.items)
        self.only = self.items[0] if len(self.items) == 1 else None
        """Whose turn it always is, unless excluded; None: there are several, or none."""

    def scale(self, factors: Sequence[float] | None) -> None:
        """Parts of their weights, by place; None: all have their whole weight."""
        if factors is None:
            self.weights = self._whole
        else:
            self.weights = tuple(weight * part for weight, part in zip(self._whole, factors, strict=True))
        self.total = sum(self.weights)

    def next(self, exclude: Container[Item] = ()) -> Item | None:
        """None if there is nobody, or everybody is excluded."""
        if self.only is not None and not exclude:
            return self.only
        return self.among(self.open_to(exclude))

    def open_to(self, exclude: Container[Item]) -> Sequence[int]:
        """The places of those who are not excluded."""
        if not exclude:
            return range(len(self.items))
        return [place for place, item in enumerate(self.items) if item not in exclude]

    def among(self, places: Iterable[int]) -> Item | None:
        """Whose turn it is among those in these places only."""
        best, total = -1, 0.0
        for place in places:
            weight = self.weights[place]
            self._gained[place] += weight
            total += weight
            if best < 0 or self._gained[place] > self._gained[best]:
                best = place
        if best < 0:
            return None
        self._gained[best] -= total
        return self.items[best]


def round_robin(turn: Turn[Item], key: str, exclude: Container[Item]) -> Item | None:  # noqa: ARG001 - not by key
    """The policy ``round_robin``."""
    return turn.next(exclude)
