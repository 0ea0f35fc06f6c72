"""A line on the terminal while something takes long: what it is, and since when."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

AFTER_S, EVERY_S = 1.0, 1.0
"""Nothing is said of what is done sooner."""


@contextmanager
def waiting(doing: str, screen: TextIO) -> Iterator[None]:
    """The line is gone when it is done, also by an error or Ctrl-C. Files and pipes get none."""
    if not screen.isatty():
        yield
        return
    done = threading.Event()
    telling = threading.Thread(target=_tell, args=(doing, screen, done), daemon=True)
    telling.start()
    try:
        yield
    finally:
        done.set()
        telling.join()


def _tell(doing: str, screen: TextIO, done: threading.Event) -> None:
    began, line = time.monotonic(), ""
    while not done.wait(EVERY_S if line else AFTER_S):
        line = f"{doing}… {time.monotonic() - began:.0f} s"
        _show(screen, f"\r{line}")
    if line:
        _show(screen, f"\r{' ' * len(line)}\r")


def _show(screen: TextIO, text: str) -> None:
    screen.write(text)
    screen.flush()
