"""Says the same kind of thing at most once per interval, and how often it was kept back meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable


class Throttle:
    """One per kind of message; ``interval_s`` seconds lie between two lines."""

    def __init__(
        self, log: logging.Logger, interval_s: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._interval = interval_s
        self._clock = clock
        self._next = float("-inf")
        self._kept_back = 0

    def warning(self, message: str) -> None:
        """Logs ``message``, or counts it."""
        now = self._clock()
        if now < self._next:
            self._kept_back += 1
            return
        more = f" ({self._kept_back} more like this)" if self._kept_back else ""
        self._next, self._kept_back = now + self._interval, 0
        self._log.warning("%s%s", message, more)
