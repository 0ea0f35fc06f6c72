"""Whether the node agent answers at all: one that hangs keeps its connections and says nothing. Pure.

Any answer will do, as it has many questions before it; the worker's report asks once a second in any case.
"""

from __future__ import annotations

LATE_S = 1.0
"""A question is taken for lost after that."""


class Silence:
    """One for all budgets of a worker, so that each of them need not find out by itself."""

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since: float | None = None
        """When the first question was asked that came after the last answer; None: there is none."""

    def asked(self, now: float) -> None:
        if self._since is None:
            self._since = now

    def answered(self) -> None:
        """Or nobody is there who could: that is known otherwise."""
        self._since = None

    def lasts(self, now: float) -> bool:
        return self._since is not None and now - self._since > LATE_S
