"""Budgets for retries as others have them: each process has one of its own and knows of no other process.

All have the methods of the edge's own retry budget (``attempted``, ``succeeded``, ``take``), so a real worker and a
simulated one run the same code. Sources: Finagle ``RetryBudget``, tower ``TpsBudget`` (Linkerd), the retry quota of
the AWS SDKs since November 2026, gRPC's proposal A6.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

Clock = Callable[[], float]
"""Monotonic seconds."""


class Local(Protocol):
    """What one process keeps."""

    def attempted(self) -> None:
        """A first attempt was sent."""

    def succeeded(self, *, retry: bool) -> None: ...

    def failed(self) -> None:
        """Any attempt, retries too. The edge does not say this; only the simulation does."""

    def granted(self, cost: int) -> bool:
        """Whether a retry may go out now; it is charged then. ``cost`` is Weir's, 2 after a timeout."""


class Unlimited:
    """No budget: every retry goes out."""

    def attempted(self) -> None: ...

    def succeeded(self, *, retry: bool) -> None: ...

    def failed(self) -> None: ...

    def granted(self, cost: int) -> bool:
        return cost > 0


class Leaky:
    """Finagle and Linkerd: a request deposits 1, a retry withdraws 1 / ``ratio``; both are forgotten after ``ttl_s``.

    The reserve, ``per_second`` retries for the whole of ``ttl_s``, is there from the first second on.
    """

    SLICES = 10
    """As Finagle counts: the window moves in tenths of ``ttl_s``."""

    def __init__(
        self, clock: Clock, *, ratio: float = 0.2, per_second: float = 10.0, ttl_s: float = 10.0
    ) -> None:
        self._clock = clock
        self._withdrawal = 1 / ratio
        self._slice_s = ttl_s / self.SLICES
        self._balance = per_second * ttl_s * self._withdrawal
        self._slices: deque[list[float]] = deque()
        """Number and sum of each slice that still counts."""

    def attempted(self) -> None:
        self._add(1.0)

    def succeeded(self, *, retry: bool) -> None: ...

    def failed(self) -> None: ...

    def granted(self, cost: int) -> bool:  # noqa: ARG002 - a retry is a retry here
        self._expire(int(self._clock() / self._slice_s))
        if self._balance < self._withdrawal:
            return False
        self._add(-self._withdrawal)
        return True

    def _add(self, amount: float) -> None:
        number = int(self._clock() / self._slice_s)
        self._expire(number)
        if not self._slices or self._slices[-1][0] != number:
            self._slices.append([number, 0.0])
        self._slices[-1][1] += amount
        self._balance += amount

    def _expire(self, number: int) -> None:
        while self._slices and self._slices[0][0] <= number - self.SLICES:
            self._balance -= self._slices.popleft()[1]


class Quota:
    """AWS SDKs: a full bucket at the start; a retry costs ``cost`` and gives it back when it succeeds.

    A success without a retry adds ``gain``.
    """

    def __init__(self, *, capacity: float = 500.0, cost: float = 14.0, gain: float = 1.0) -> None:
        self._tokens = self._capacity = capacity
        self._cost = cost
        self._gain = gain

    def attempted(self) -> None: ...

    def succeeded(self, *, retry: bool) -> None:
        self._tokens = min(self._capacity, self._tokens + (self._cost if retry else self._gain))

    def failed(self) -> None: ...

    def granted(self, cost: int) -> bool:  # noqa: ARG002 - a retry is a retry here
        if self._tokens < self._cost:
            return False
        self._tokens -= self._cost
        return True


class Throttle:
    """gRPC: every failure takes one token, every success gives ``ratio``; retries only above half of ``tokens``."""

    def __init__(self, *, tokens: float = 10.0, ratio: float = 0.1) -> None:
        self._tokens = self._most = tokens
        self._ratio = ratio

    def attempted(self) -> None: ...

    def succeeded(self, *, retry: bool) -> None:  # noqa: ARG002
        self._tokens = min(self._most, self._tokens + self._ratio)

    def failed(self) -> None:
        self._tokens = max(0.0, self._tokens - 1)

    def granted(self, cost: int) -> bool:  # noqa: ARG002
        return self._tokens > self._most / 2
