"""Where lines go: standard output, or a file that others may rename, remove or cut while it is written to.

Files are appended to, so a file that was cut (logrotate's ``copytruncate``) goes on at its new end. A file that was
renamed is opened again when somebody says so (SIGUSR1), and without a word soon after. All of it runs in the log's
thread; nothing here touches the event loop.
"""

from __future__ import annotations

import os
import select
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

MOVED_S = 2.0
"""How long a name may be missing before the file is made again: who renames it may be about to make the next."""


class Output:
    """``write`` whole lines."""

    def __init__(self, where: str, clock: Callable[[], float] = time.monotonic) -> None:
        """``-`` is standard output, else a file's name. Raises OSError."""
        self._path = None if where == "-" else Path(where)
        self._clock = clock
        self._descriptor = 1 if self._path is None else _opened(self._path)
        self._is_pipe = stat.S_ISFIFO(os.fstat(self._descriptor).st_mode)
        self._missing_since: float | None = None

    def write(self, lines: bytes) -> None:
        """All of them, however long that takes. Raises OSError."""
        if self._path is not None and self._was_moved(self._path):
            self.reopen()
        for piece in pieces(lines, select.PIPE_BUF) if self._is_pipe else (lines,):
            view = memoryview(piece)
            while view:
                view = view[os.write(self._descriptor, view) :]

    def reopen(self) -> None:
        """The file of that name as it is now; raises OSError, and goes on with the old one, if there can be none."""
        if self._path is None:
            return
        descriptor = _opened(self._path)
        os.close(self._descriptor)
        self._descriptor = descriptor
        self._missing_since = None

    def close(self) -> None:
        if self._path is not None:
            os.close(self._descriptor)

    def _was_moved(self, path: Path) -> bool:
        """Whether the name says another file, or for long enough none."""
        try:
            there = path.stat()
        except FileNotFoundError:
            self._missing_since = self._clock() if self._missing_since is None else self._missing_since
            return self._clock() - self._missing_since >= MOVED_S
        self._missing_since = None
        return not os.path.samestat(there, os.fstat(self._descriptor))


def pieces(lines: bytes, size: int) -> Iterator[bytes]:
    """Of whole lines and at most ``size`` bytes, as far as lines allow.

    Several workers write to one pipe, and only a short write is not mixed with those of others (POSIX ``write``).
    """
    start, end = 0, len(lines)
    while start < end:
        stop = end if end - start <= size else lines.rfind(b"\n", start, start + size) + 1
        if stop <= start:
            stop = lines.find(b"\n", start) + 1 or end
        yield lines[start:stop]
        start = stop


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
