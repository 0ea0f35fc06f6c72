"""What a ``budget`` clause means in numbers: how credit is earned, how much may be spent. Pure; worker and agent agree.

Of ``budget 10%`` a fifth is earned by every first attempt and four fifths by every success, so that an upstream that
answers nothing earns its own retries a fifth of the share only. A retry that succeeds gives half a unit back.
Credit is counted in integers, billionths of a unit: sums of floats would drift.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from weir.models.upstream_clauses import DEFAULT_BUDGET, Budget

UNIT = 1_000_000_000
BUCKETS = 10
"""Of a window; so a window's units live for a tenth of it."""
FLOOR = 10
"""Units of any window that need no credit: else an upstream with little traffic could never retry."""
LEAST_CAP = 100
"""Without ``max``: units of any window, however little traffic there was."""
RESERVE_PERCENT = 20
"""Of the cap: what is kept for times without a store."""
REFUND = UNIT // 2


class Terms(NamedTuple):
    """Of one upstream."""

    request: int
    """Credit for a first attempt."""
    success: int
    """Credit for a success."""
    per_ms: int
    cap: int | None
    """Units in any window; None: it follows the peak of the traffic."""

    @property
    def width_ms(self) -> int:
        """Of a bucket; rounded up, so that the buckets cover the window."""
        return -(-self.per_ms // BUCKETS)

    @property
    def window_s(self) -> float:
        return self.width_ms * BUCKETS / 1000

    @property
    def reserve(self) -> int:
        """Units of the cap that the store never grants. A cap that follows the peak never falls below ``LEAST_CAP``."""
        return (LEAST_CAP if self.cap is None else self.cap) * RESERVE_PERCENT // 100

    def earned(self, attempts: int, successes: int, retried: int) -> int:
        """Credit; ``retried`` of the successes were of a retry."""
        return attempts * self.request + successes * self.success + retried * REFUND

    def spoken(self) -> list[int | None]:
        """For a frame."""
        return [self.request, self.success, self.per_ms, self.cap]


def terms_of(budget: Budget | None) -> Terms:
    """None: nothing was said. Percentages have four decimals at most, so nothing is lost."""
    said = budget or DEFAULT_BUDGET
    millionths = round(said.percent * 10_000)
    return Terms(millionths * 200, millionths * 800, said.per_ms, said.max)


def heard_terms(spoken: Any) -> Terms | None:
    """The reverse of ``spoken``; None for anything else."""
    if not isinstance(spoken, list) or len(spoken) != 4:
        return None
    request, success, per_ms, cap = spoken
    numbers = [request, success, per_ms, *([] if cap is None else [cap])]
    if any(not isinstance(number, int) or isinstance(number, bool) or number < 0 for number in numbers):
        return None
    return Terms(request, success, per_ms, cap) if per_ms else None
