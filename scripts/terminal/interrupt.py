"""Ctrl-C that cannot get lost: where code below swallows the exception, the loop above still learns of it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Gives what a loop calls once in each turn: it raises KeyboardInterrupt if one was raised before."""
    came = False

    def note(sign: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True
        signal.default_int_handler(sign, frame)

    def check() -> None:
        if came:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
