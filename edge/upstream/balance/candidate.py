"""What a policy looks at of a target."""

from __future__ import annotations

from typing import Protocol, TypeVar

from edge.upstream.balance.latency import Latency


class Measured(Protocol):
    """A target, or whatever a test balances."""

    @property
    def in_flight(self) -> int:
        """Requests under way now, those that still wait for a connection included."""

    @property
    def latency(self) -> Latency:
        """What it took lately."""

    @property
    def seed(self) -> int:
        """64 bits that follow from its identity alone: equal in every worker and node, and after a restart."""


Candidate = TypeVar("Candidate", bound=Measured)
