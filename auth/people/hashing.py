"""Passwords are judged in native threads, few at once: each takes some 40 ms of a core and 19 MiB.

The hash runs without the interpreter's lock, so that everybody else's requests go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gevent.threadpool import ThreadPool

from weir.secrets.passwords import NOBODY, hash_password, is_right

T = TypeVar("T")

AT_ONCE = 2
MAX_WAITING = 16
"""One more is sent away: it would wait for over half a second behind the others."""


class Busy(Exception):
    """Too many people sign in at this moment."""


class Hashing:
    """Of one process."""

    def __init__(self, *, at_once: int = AT_ONCE, waiting: int = MAX_WAITING) -> None:
        self._pool = ThreadPool(at_once)
        self._most = at_once + waiting
        self._now = 0

    def is_right(self, password: str, phc: str | None) -> bool:
        """``phc`` is None where there is no such person; it takes as long then. Raises ``Busy``."""
        right = self._run(lambda: is_right(password, phc or NOBODY))
        return right and phc is not None

    def hash(self, password: str) -> str:
        """Raises ``Busy``."""
        return self._run(lambda: hash_password(password))

    def close(self) -> None:
        self._pool.kill()

    def _run(self, work: Callable[[], T]) -> T:
        if self._now >= self._most:
            raise Busy
        self._now += 1
        try:
            result: T = self._pool.apply(work)
        finally:
            self._now -= 1
        return result
