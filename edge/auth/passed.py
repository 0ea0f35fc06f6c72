"""A verdict that holds for every request with the same head again: it costs a comparison, not a hash.

It ends after a second, with whatever the caller showed, and when anything that verdicts rest on has changed; so what a
revocation must reach stands in one number (``AuthServices.generation``).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.auth.requirement import Requirements
    from edge.exchange import Exchange

LONGEST_S = 1.0
"""So that a clock that is set, and what is counted of used credentials, are looked at again."""


class Passed:
    """Kept by a ``KnownHead``."""

    __slots__ = ("_generation", "_query", "_requirements", "_until", "caller", "fields", "query_string")

    def __init__(
        self, requirements: Requirements, generation: int, query: str, exchange: Exchange, wall: float
    ) -> None:
        """Of an exchange that passed. ``generation`` and ``query`` are from before its credential was looked at.
        ``wall``: Unix seconds."""
        caller = exchange.caller
        left_s = LONGEST_S
        if caller is not None and caller.expires_ms:
            left_s = min(left_s, caller.expires_ms / 1000 - wall)
        self._until = exchange.started + left_s
        self._generation = generation
        self._requirements = requirements
        self._query = query if requirements.queries else ""
        self.caller = caller
        self.fields = exchange.fields
        """As the upstream gets them."""
        self.query_string = exchange.query_string

    def holds(self, requirements: Requirements, generation: int, exchange: Exchange) -> bool:
        return (
            self._requirements is requirements
            and self._generation == generation
            and exchange.started < self._until
            and (not requirements.queries or self._query == exchange.query_string)
        )

    def holds_for(self, requirements: Requirements, generation: int, now: float) -> bool:
        """``holds``, of a known caller, where no credential is looked for in queries. Monotonic seconds."""
        return (
            self._requirements is requirements
            and self._generation == generation
            and now < self._until
            and self.caller is not None
        )

    def tell(self, exchange: Exchange) -> None:
        """What an exchange knows behind ``authenticate``."""
        exchange.passed = self
        exchange.caller = self.caller
        exchange.fields = self.fields
        if self._query:
            exchange.query_string = self.query_string
        exchange.forget_values()


def remember(requirements: Requirements, generation: int, query: str, exchange: Exchange) -> None:
    """If the next request with that head must get the same verdict."""
    if exchange.known is not None and requirements.of_head:
        passed = Passed(requirements, generation, query, exchange, time.time())
        exchange.known.passed = exchange.passed = passed
