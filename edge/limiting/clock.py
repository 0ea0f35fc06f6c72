"""The clock of leases: seconds that go on in suspend, the same for all processes of the machine."""

from __future__ import annotations

import time
from functools import partial

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # macOS: CLOCK_MONOTONIC goes on in sleep


boot_s = partial(time.clock_gettime, _CLOCK)
"""Seconds since the machine started."""
