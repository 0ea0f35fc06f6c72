"""The access log: one JSON line for each exchange, written in batches by a greenlet of its own.

Encoding and writing happen off the request's path; writing in a thread, since a pipe or a disk may block. The buffer is
bounded: when whoever reads the log is too slow, lines are dropped and counted, and requests go on.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import gevent
import msgspec
from gevent.threadpool import ThreadPool

FLUSH_S = 0.25
MAX_LINES = 20_000
"""Lines that wait for being written."""
SLICE = 500
"""Lines encoded at once, about a millisecond."""

log = logging.getLogger("weir.access_log")


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One try at a target."""

    target: str
    ms: float
    """Until the response head, or the failure."""
    status: int = 0
    error: str = ""
    """The stage that failed and a sentence."""
    reused: bool = False
    """Over a connection that had served before."""


class Entry(msgspec.Struct, frozen=True):
    """One exchange. Bytes are those of bodies in, and of everything sent out."""

    time: str
    request_id: str
    ip: str
    method: str
    scheme: str
    host: str
    path: str
    status: int
    bytes_in: int
    bytes_out: int
    duration_ms: float
    rule: str
    upstream: str
    version: int
    attempts: list[Attempt]
    code: str = ""
    """Why the edge itself answered."""
    detail: str = ""
    trace_id: str = ""
    """Of W3C Trace Context; empty for a request that was not understood."""


class AccessLog:
    """``write`` never blocks; ``close`` writes what is left."""

    def __init__(
        self, descriptor: int | None, *, on_dropped: Callable[[], None], max_lines: int = MAX_LINES
    ) -> None:
        """``descriptor`` None: nothing is logged."""
        self._descriptor = descriptor
        self._on_dropped = on_dropped
        self._max_lines = max_lines
        self._entries: list[Entry] = []
        self._pool = ThreadPool(1)
        self.timestamps = Timestamps()
        self._encoder = msgspec.json.Encoder()
        self._flusher: gevent.Greenlet[[], None] | None = None

    @property
    def on(self) -> bool:
        return self._descriptor is not None

    def start(self) -> None:
        """Flushes from now on."""
        if self.on:
            self._flusher = gevent.spawn(self._flush_always)

    def write(self, entry: Entry) -> None:
        """Takes one line, or drops it."""
        if len(self._entries) >= self._max_lines:
            self._on_dropped()
        else:
            self._entries.append(entry)

    def flush(self) -> None:
        """Writes what waits; raises OSError."""
        if not self._entries or self._descriptor is None:
            return
        entries, self._entries = self._entries, []
        for start in range(0, len(entries), SLICE):
            lines = self._encoder.encode_lines(entries[start : start + SLICE])
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


class Timestamps:
    """RFC 3339 in UTC with milliseconds; the part to the second is made once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def text(self, wall: float) -> str:
        second = int(wall)
        if second != self._second:
            self._second = second
            self._text = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
        return f"{self._text}{int((wall - second) * 1000):03d}Z"


def milliseconds(seconds: float) -> float:
    """With microseconds behind the point."""
    return int(seconds * 1_000_000) / 1000


def _write(descriptor: int, data: bytes) -> None:
    """Runs in the thread."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
