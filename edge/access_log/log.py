"""What waits to be written, bounded; a greenlet makes lines of it, a thread writes them, as pipes and disks may block.

When whoever reads the log is too slow, or the disk is full, lines are dropped and counted, and requests go on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent
from gevent.lock import Semaphore
from gevent.threadpool import ThreadPool

from edge.access_log.bounds import MAX_LINES
from edge.access_log.formats import FORMATS
from edge.access_log.output import Output

if TYPE_CHECKING:
    from edge.exchange import Exchange

FLUSH_S = 0.25
CLOSE_S = 2.0
"""How long the last lines may take at the end of a worker."""
SLICE = 250
"""Lines made at once, about a millisecond."""

log = logging.getLogger("weir.access_log")


class AccessLog:
    """``write`` never blocks; ``close`` writes what is left."""

    def __init__(
        self,
        output: Output | None,
        *,
        form: str = "json",
        on_dropped: Callable[[int], None],
        max_lines: int = MAX_LINES,
    ) -> None:
        """``output`` None: nothing is logged. ``form``: one of ``FORMATS``. ``on_dropped`` is told of lost lines."""
        self.on = output is not None
        self._output = output
        self._take, self._encode = FORMATS[form]
        self._on_dropped = on_dropped
        self._max_lines = max_lines
        self._waiting: list[tuple[Any, ...]] = []
        self._one_at_a_time = Semaphore(1)
        self._pool = ThreadPool(1)
        self._flusher: gevent.Greenlet[[], None] | None = None
        self._is_failing = False

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
            self._on_dropped(1)

    def flush(self) -> None:
        """Writes what waits."""
        output = self._output
        if output is None:
            return
        with self._one_at_a_time:
            waiting, self._waiting = self._waiting, []
            wall = time.time() - time.monotonic()
            for start in range(0, len(waiting), SLICE):
                part = waiting[start : start + SLICE]
                if not self._done(output.write, self._encode(part, wall)):
                    self._on_dropped(len(part))

    def reopen(self) -> None:
        """What was logged before goes to the old file still, what comes now to the one of that name."""
        if self._output is not None:
            self.flush()
            self._done(self._output.reopen)

    def close(self) -> None:
        """The last lines; a reader that takes none does not hold up the end."""
        if self._flusher is None:
            return
        with gevent.Timeout(CLOSE_S, False), self._one_at_a_time:  # type: ignore[arg-type]  # as below
            self._flusher.kill()
            self._flusher = None
        if self._flusher is None:
            with gevent.Timeout(CLOSE_S, False):  # type: ignore[arg-type]  # False ends the block silently
                self.flush()
        if self._waiting:
            log.error("%d lines of the access log are lost: nobody takes them", len(self._waiting))

    def _flush_always(self) -> None:
        while True:
            gevent.sleep(FLUSH_S)
            self.flush()

    def _done(self, work: Callable[..., None], *values: bytes) -> bool:
        """Runs in the thread; the first failure is said, and the end of it, not every line that is lost."""
        try:
            self._pool.apply(work, values)
        except OSError as error:
            if not self._is_failing:
                log.error("lines of the access log are lost: %s", error)
            self._is_failing = True
            return False
        if self._is_failing:
            log.warning("the access log is written again")
        self._is_failing = False
        return True


def open_log(where: str) -> Output | None:
    """``-`` is standard output, ``off`` is None, else a file that is appended to. Raises OSError."""
    return None if where == "off" else Output(where)
