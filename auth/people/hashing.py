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
    """Of one process; ``told`` hears how many are judged or wait, whenever that changes."""

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        waiting: int = MAX_WAITING,
        told: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._pool = ThreadPool(at_once)
        self._most = at_once + waiting
        self._now = 0
        self._told = told

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
        self._changed(+1)
        try:
            result: T = self._pool.apply(work)
        finally:
            self._changed(-1)
        return result

    def _changed(self, by: int) -> None:
        self._now += by
        self._told(self._now)
