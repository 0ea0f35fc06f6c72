"""Times for people: how long ago, and when by the clock of the person who reads it."""

from __future__ import annotations

import re
import time
from datetime import datetime

LASTING = re.compile(r"(\d{1,6})(s|m|h|d)", re.ASCII)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
STEPS = ((60, "s"), (60, "min"), (24, "h"), (365, "d"))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def span(milliseconds: float) -> str:
    """``12 s``, ``3 min``, ``5 h``, ``40 d``: the largest unit of which there is at least one."""
    amount = max(0.0, milliseconds / 1000)
    for size, unit in STEPS:
        if amount < size or unit == "d":
            return f"{int(amount)} {unit}"
        amount /= size
    raise AssertionError("days have no larger unit")


def ago(time_ms: int, now: int) -> str:
    """Also for a clock that is a little behind."""
    passed = now - time_ms
    return (
        "just now"
        if -5000 < passed < 1000
        else f"in {span(-passed)}"
        if passed < 0
        else f"{span(passed)} ago"
    )


def clock(time_ms: int) -> str:
    """Local time with its offset, to the second."""
    return datetime.fromtimestamp(time_ms / 1000).astimezone().isoformat(" ", "seconds")


def lasting_s(text: str) -> int:
    """Seconds of ``30d``, ``12h``, ``5m``, ``90s``; ValueError, one sentence, for anything else."""
    match = LASTING.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is no length of time; expected one such as 30d, 12h, 5m or 90s')
    return int(match[1]) * SECONDS[match[2]]
