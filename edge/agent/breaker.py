"""When to leave a server alone that does not answer. Pure: the clock is given.

Closed until ``FAILURES`` in a row; then open for ``FIRST_S``, twice as long after each failed trial, at most
``LONGEST_S``. After a pause one call is let through; its outcome decides.
"""

from __future__ import annotations

FAILURES = 3
FIRST_S = 0.25
LONGEST_S = 5.0


class Breaker:
    """Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._failures = 0
        self._pause_s = FIRST_S
        self._until: float | None = None
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether calls are kept from the server, but for the trial after a pause."""
        return self._until is not None

    def allows(self, now: float) -> bool:
        """Whether a call may be sent now. Half open, that is one call until its outcome is known."""
        return self._until is None or (not self._trying and now >= self._until)

    def sending(self) -> None:
        """A call that ``allows`` let through is on its way."""
        self._trying = self._until is not None

    def succeeded(self) -> None:
        self._failures, self._pause_s, self._until, self._trying = 0, FIRST_S, None, False

    def failed(self, now: float) -> None:
        self._failures += 1
        if self._until is not None:
            self._pause_s = min(LONGEST_S, self._pause_s * 2)
        if self._failures >= FAILURES:
            self._until, self._trying = now + self._pause_s, False
