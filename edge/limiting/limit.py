"""A limit as a worker counts by it. Pure."""

from __future__ import annotations

from edge.limiting.wire import Terms
from weir.models.effective import Counted


class CountedLimit:
    """Compiled once a publish; what it counts is known by ``counter`` and goes on after a publish."""

    __slots__ = ("counter", "shadow", "terms")

    def __init__(self, counted: Counted) -> None:
        """``counted.name`` is unique among all owners."""
        rate = counted.rate
        self.shadow = rate.shadow
        self.terms = Terms(
            identity=counted.name,
            window="calendar" if rate.per_month else rate.window,
            most=rate.count,
            per_ms=rate.per_ms,
            burst=rate.burst or 1,
            on_store_failure=rate.on_store_failure,
            max_keys=rate.max_keys or 0,
        )
        self.counter = f"{counted.name}\0{self.terms.window}\0{rate.per_ms}"
