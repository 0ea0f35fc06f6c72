"""What a rule asks of its limits, and what it is told. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from weir.models.effective import Counted

if TYPE_CHECKING:
    from edge.limiting.holding import Holding

Limit = Any
"""One limit at work, made by ``Limiter.limit_of``."""


class Demand(NamedTuple):
    limit: Limit
    key: str
    """What is counted apart; "" for all requests together."""
    cost: int


class Standing(NamedTuple):
    """Estimates, for clients."""

    limit: Limit
    remaining: int
    reset_s: float


class Verdict(NamedTuple):
    allowed: bool
    refused_by: Limit | None = None
    shadowed: tuple[Limit, ...] = ()
    """Limits in shadow that would have refused."""
    retry_after_s: float = 0.0
    standings: tuple[Standing, ...] = ()
    store_needed: bool = False
    """Refused because ``refused_by`` cannot be counted while the store is away."""
    waited_s: float = 0.0
    """For an answer of the agent; 0 where tokens were at hand."""


class LimitSource(Protocol):
    def limit_of(self, counted: Counted) -> Limit:
        """The same one in every version that counts the same; ``counted.name`` is unique among all owners."""
        ...


class Limiting(LimitSource, Protocol):
    clock: Callable[[], float]

    def holding(self, limit: Limit, key: str) -> Holding | None:
        """The tokens of one key, to be spent by their rules; None if there are none."""
        ...

    def renewed(self, holding: Holding, limit: Limit, key: str, cost: int, now: float) -> bool:
        """Whether so many may be spent where ``holding`` alone does not say so."""
        ...

    def check(self, demands: Sequence[Demand]) -> Verdict:
        """Takes from all, or from none. Never raises."""
        ...
