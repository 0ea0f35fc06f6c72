"""The clock of leases: seconds that go on in suspend, the same for all processes of the machine."""

from __future__ import annotations

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # macOS: CLOCK_MONOTONIC goes on in sleep


def boot_s() -> float:
    """Seconds since the machine started."""
    return time.clock_gettime(_CLOCK)
