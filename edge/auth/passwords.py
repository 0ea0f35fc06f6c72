"""Passwords at the edge: argon2 in threads, a few at once, and what it said, remembered for a while.

A hash takes some 40 ms and 19 MiB, so at most ``THREADS`` are made at once in a worker, and of those who wait there are
at most ``MAX_WAITING``: one more is refused. Who was right is right for ``RIGHT_S``, without a hash. What is remembered
is a keyed hash of user name, stored hash and password, with a key that only this process has: another password at the
store is another stored hash, so nothing of the old one is left.

A user who does not exist is checked against the hash of nobody, and remembered in the same way, so that neither the
answer nor its time tells who exists.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool

from weir.secrets.passwords import NOBODY, is_right

THREADS = 2
MAX_WAITING = 32
"""Beside those that are being made; about 0.7 s of work."""
NICE = 5
"""Of the threads: a quarter of the time of others, where all want the same core."""
RIGHT_S = 300.0
WRONG_S = 10.0
MAX_REMEMBERED = 4096
"""Of those who were right, and as many of those who were wrong; the oldest go first."""


class TooManyWaiting(Exception):
    """There is no place left in the queue."""


class Threads(Protocol):
    def apply(self, work: Callable[..., bool], values: tuple[Any, ...]) -> bool:
        """Runs it in a thread; the greenlet waits for a thread, and for the end."""


class HashThreads:
    """``THREADS`` of them, below the worker's own priority: who guesses passwords must not slow down everybody."""

    def __init__(self) -> None:
        self.pool = ThreadPool(THREADS)

    def apply(self, work: Callable[..., bool], values: tuple[Any, ...]) -> bool:
        return bool(self.pool.apply(_behind_others, (work, *values)))


def _behind_others(work: Callable[..., bool], *values: Any) -> bool:
    """On Linux a priority belongs to a thread (setpriority(2)); elsewhere it would be the whole process's."""
    if sys.platform == "linux":
        with suppress(OSError):  # a sandbox may forbid it
            os.setpriority(os.PRIO_PROCESS, 0, max(NICE, os.getpriority(os.PRIO_PROCESS, 0)))
    return work(*values)


class Passwords:
    """Of one worker. ``known`` never waits; ``check`` does."""

    def __init__(
        self,
        *,
        is_right: Callable[[str, str], bool] = is_right,
        threads: Callable[[], Threads] = HashThreads,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``is_right(password, hash)`` runs in one of ``threads``. ``clock``: seconds."""
        self._is_right = is_right
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._right: dict[bytes, float] = {}
        self._wrong: dict[bytes, float] = {}
        """Mark → until when it is remembered; all of a table are for equally long, so the first are the oldest."""
        self._asked: dict[bytes, AsyncResult[bool]] = {}
        """What is being found out: who asks the same meanwhile waits for the same answer."""
        self._make_threads = threads
        self._threads: Threads | None = None
        """Made at first use: threads do not survive the fork of a worker."""

    @property
    def waiting(self) -> int:
        """Hashes that are being made, and those that wait for a thread."""
        return len(self._asked)

    def known(self, username: str, stored: str | None, password: str) -> bool | None:
        """Whether the password is right, if that was found out a short time ago. ``stored`` None: no such user."""
        mark, now = self._mark(username, stored or NOBODY, password), self._clock()
        until = self._right.get(mark)
        if until is not None:
            if now < until:
                return True
            del self._right[mark]
        until = self._wrong.get(mark)
        if until is not None:
            if now < until:
                return False
            del self._wrong[mark]
        return None

    def check(self, username: str, stored: str | None, password: str) -> bool:
        """Finds out. Raises TooManyWaiting."""
        mark = self._mark(username, stored or NOBODY, password)
        asked = self._asked.get(mark)
        if asked is not None:
            return bool(asked.get())
        if len(self._asked) >= THREADS + MAX_WAITING:
            raise TooManyWaiting
        answer: AsyncResult[bool] = AsyncResult()
        self._asked[mark] = answer
        try:
            right = self._hashed(password, stored or NOBODY) and stored is not None
        except BaseException:
            answer.set_exception(TooManyWaiting())
            raise
        finally:
            del self._asked[mark]
        self._remember(mark, right)
        answer.set(right)
        return right

    def _hashed(self, password: str, stored: str) -> bool:
        if self._threads is None:
            self._threads = self._make_threads()
        return self._threads.apply(self._is_right, (password, stored))

    def _remember(self, mark: bytes, right: bool) -> None:
        table, kept_s = (self._right, RIGHT_S) if right else (self._wrong, WRONG_S)
        if len(table) >= MAX_REMEMBERED:
            del table[next(iter(table))]
        table.pop(mark, None)
        table[mark] = self._clock() + kept_s

    def _mark(self, username: str, stored: str, password: str) -> bytes:
        """The stored hash holds no NUL, and ``Basic`` lets none into a user name."""
        text = f"{username}\0{stored}\0{password}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=32, key=self._key).digest()
