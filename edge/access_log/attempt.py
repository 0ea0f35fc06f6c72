"""Tries at targets as they are noted: cheaply where one succeeded, in words where one failed."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Served: TypeAlias = tuple[str, int, float, float, str, bool]
"""The attempt that gave the answer: upstream, status, monotonic seconds of its start and of its response head,
target, and whether its connection had served before. A plain tuple, as most requests make one."""


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One try at a target, as the log shows it."""

    target: str
    ms: float
    """Until the response head, or the failure."""
    status: int = 0
    error: str = ""
    """The stage that failed and a sentence."""
    reused: bool = False
    """Over a connection that had served before."""
    retry: str = ""
    """``granted`` or ``replaced`` if another attempt followed, else why none did where one was asked for."""
    wait_ms: float = 0.0
    """Until that one."""
    decided_at: float = 0.0
    """Seconds of the machine's boot clock: when it was granted, the moment that counts for the budget's cap."""


def attempt_of(served: Served) -> Attempt:
    _, status, started, answered, target, reused = served
    return Attempt(target, milliseconds(answered - started), status, "", reused)


def milliseconds(seconds: float) -> float:
    """With microseconds behind the point."""
    return int(seconds * 1_000_000) / 1000
