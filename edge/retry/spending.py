"""What the attempt loop knows of a budget; ``edge/retry/budget.py`` has it."""

from __future__ import annotations

from typing import Protocol


class Granted(Protocol):
    """An answer of the budget."""

    @property
    def granted(self) -> bool: ...

    @property
    def why(self) -> str:
        """Why not: ``cap``, ``ratio``, ``quarantine``, ``reserve``, ``away`` or ``busy``; empty if granted."""

    @property
    def at(self) -> float:
        """Seconds of the machine's boot clock: the moment of the decision, by which the cap holds."""

    @property
    def bucket(self) -> int:
        """Of the window, that the units are of; -1: of none that would take them back."""


class Spending(Protocol):
    """Of one upstream."""

    def attempted(self) -> None:
        """A first attempt goes out."""

    def succeeded(self, *, retry: bool) -> None:
        """An attempt was answered well; ``retry``: it was a further one."""

    def take(self, cost: int, wait_s: float) -> Granted:
        """Spends ``cost`` for one more attempt, or says why not. May wait so long."""

    def put_back(self, cost: int, bucket: int) -> None:
        """What was spent for an attempt that never went out."""
