"""A worker's part of the reserve, for the time without an agent."""

from __future__ import annotations

from edge.retry.budget_silence import Silence
from edge.retry.budget_terms import Terms


class Share:
    """Of the reserve: ``divisor`` says which part, until ``until``; 0 is none.

    Before ``since`` it was another's, so that a budget may be spent of it a window of its own later.
    """

    __slots__ = ("divisor", "silence", "since", "until")

    def __init__(self) -> None:
        self.silence = Silence()
        """Of the agent that is there."""
        self.divisor = 0
        self.since = 0.0
        self.until = 0.0

    def units(self, now: float, terms: Terms) -> int:
        """In any window."""
        holds = self.divisor and self.since + terms.window_s < now < self.until
        return terms.reserve // self.divisor if holds else 0
