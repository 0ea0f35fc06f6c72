"""One state directory, one supervisor: an exclusive lock that ends with the process that holds it.

Two servers on one append-only file both start without an error and spoil it; this lock is what keeps them apart.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import weakref
from functools import partial
from pathlib import Path
from types import TracebackType

from weir.store.errors import StateLocked, StoreError

FILE = "lock"
"""In the state directory; holds the pid of whoever has the lock."""


class StateLock:
    """``with StateLock(state):`` or ``acquire`` and ``release``.

    The kernel drops the lock when the process ends, however it ends. Children do not keep it alive: the descriptor is
    closed by exec, and by a hook in those that only fork.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Make the directory (mode 700) if need be, and lock it at once or not at all.

        Raises StateLocked with the holder's pid, or StoreError if the directory cannot be used.
        """
        try:
            self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._state / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"the state directory {self._state} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _pid(os.read(descriptor, 32))
            os.close(descriptor)
            raise StateLocked(str(self._state), holder) from None
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        os.register_at_fork(after_in_child=partial(_forget, weakref.ref(self)))

    def release(self) -> None:
        """Unlock; nothing happens if it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> StateLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _forget(lock: weakref.ref[StateLock]) -> None:
    """In a forked child: close its copy, without unlocking what the parent holds."""
    held = lock()
    if held is not None:
        with contextlib.suppress(OSError):
            held.release()


def _pid(content: bytes) -> int:
    text = content.strip()
    return int(text) if text.isdigit() else 0
