"""A state directory belongs to one process at a time.

The lock is ``flock`` on ``<directory>/lock``: the kernel drops it when its holder dies, however it dies, so there is no
stale lock to clean. The file's content, the holder's pid, is only for people. Children that are started by exec do not
inherit the lock; a child that is forked without exec shares it until it ends too.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType


class StateHeld(Exception):
    """Another process works in this state directory."""

    def __init__(self, directory: Path, pid: int | None) -> None:
        self.directory = directory
        self.pid = pid
        holder = f"process {pid}" if pid else "another process"
        super().__init__(
            f"the state directory {directory} is in use by {holder}; stop it, or take another --state"
        )


class StateUnusable(Exception):
    """The state directory cannot be made or written."""

    def __init__(self, directory: Path, reason: OSError) -> None:
        self.directory = directory
        super().__init__(f"cannot use the state directory {directory}: {reason.strerror or reason}")


class StateLock:
    """Held until ``release``, or until the process ends."""

    def __init__(self, directory: Path, descriptor: int) -> None:
        self.directory = directory
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """The lock file stays: removing it would let two processes hold locks on two files of one name."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.ftruncate(descriptor, 0)
            # Closing would do, were no child just between fork and exec, where it still shares the descriptor.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def __enter__(self) -> StateLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def hold(directory: Path) -> StateLock:
    """Makes the directory (mode 700) if need be and locks it; StateHeld or StateUnusable if that fails."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateUnusable(directory, error) from error
    try:
        _take(directory, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return StateLock(directory, descriptor)


def _take(directory: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise StateHeld(directory, _holder(descriptor)) from error
        raise StateUnusable(directory, error) from error


def _holder(descriptor: int) -> int | None:
    """The pid in the lock file; None while its holder has not written it yet."""
    with contextlib.suppress(OSError, ValueError):
        return int(os.pread(descriptor, 32, 0))
    return None
