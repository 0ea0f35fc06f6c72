"""Waiting for something to come true: poll until a deadline, never sleep for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.02


def wait_until(check: Callable[[], T], *, within_s: float = 30.0, what: str = "the condition") -> T:
    """The first truthy value of ``check``; AssertionError naming ``what`` if there is none in time.

    The deadline is generous on purpose: it is only ever reached when something is broken.
    """
    deadline = time.monotonic() + within_s
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within_s:g} s (last: {value!r})")
        time.sleep(POLL_S)
