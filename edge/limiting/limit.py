"""A limit as a worker counts by it. Pure."""

from __future__ import annotations

import hashlib

from edge.limiting.wire import MAX_KEY, Terms
from weir.models.effective import Counted

PLAIN_KEY = 64
"""Longer keys are counted by their hash, which is longer than any plain one: neither can pass for the other."""


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


def bounded_key(key: str) -> str:
    """``key``, or what stands for a long one: at most ``MAX_KEY`` characters."""
    if len(key) <= PLAIN_KEY:
        return key
    digest = hashlib.blake2b(key.encode(errors="surrogateescape"), digest_size=(MAX_KEY - 1) // 2)
    return f"#{digest.hexdigest()}"
