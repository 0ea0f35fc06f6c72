"""What waits to be written, bounded; a greenlet makes lines of it, a thread writes them, as pipes and disks may block.

When whoever reads the log is too slow, lines are dropped and counted, and requests go on.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from gevent.threadpool import ThreadPool

from edge.access_log import json_lines

if TYPE_CHECKING:
    from edge.exchange import Exchange

FLUSH_S = 0.25
MAX_LINES = 20_000
"""Lines that wait for being written."""
SLICE = 250
"""Lines made at once, about a millisecond."""

log = logging.getLogger("weir.access_log")


class AccessLog:
    """``write`` never blocks; ``close`` writes what is left."""

    def __init__(
        self, descriptor: int | None, *, on_dropped: Callable[[], None], max_lines: int = MAX_LINES
    ) -> None:
        """``descriptor`` None: nothing is logged."""
        self.on = descriptor is not None
        self._descriptor = descriptor
        self._on_dropped = on_dropped
        self._max_lines = max_lines
        self._waiting: list[tuple[Any, ...]] = []
        self._take = json_lines.take
        self._encode = json_lines.encode
        self._pool = ThreadPool(1)
        self._flusher: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        """Flushes from now on."""
        if self.on:
            self._flusher = gevent.spawn(self._flush_always)

    def write(self, exchange: Exchange, ended: float) -> None:
        """Takes what one line needs, or drops it. ``ended``: monotonic seconds."""
        waiting = self._waiting
        if len(waiting) < self._max_lines:
            waiting.append(self._take(exchange, ended))
        else:
            self._on_dropped()

    def flush(self) -> None:
        """Writes what waits; raises OSError."""
        if not self._waiting or self._descriptor is None:
            return
        waiting, self._waiting = self._waiting, []
        wall = time.time() - time.monotonic()
        for start in range(0, len(waiting), SLICE):
            lines = self._encode(waiting[start : start + SLICE], wall)
            self._pool.apply(_write, (self._descriptor, lines))

    def close(self) -> None:
        """The last lines."""
        if self._flusher is not None:
            self._flusher.kill()
            self.flush()

    def _flush_always(self) -> None:
        while True:
            gevent.sleep(FLUSH_S)
            try:
                self.flush()
            except OSError as error:
                log.error("lines of the access log are lost: %s", error)


def open_log(where: str) -> int | None:
    """``-`` is standard output, ``off`` is None, else a file that is appended to. Raises OSError."""
    if where == "off":
        return None
    if where == "-":
        return 1
    return os.open(Path(where), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)


def _write(descriptor: int, data: bytes) -> None:
    """Runs in the thread."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
