"""Brings the version on this node's disk into service: read, build beside the old one, swap in one go.

No garbage collection runs during the build, since it would walk everything that is being made; afterwards all of it is
put out of the collector's sight. One load at a time; a newer word that comes meanwhile is followed by another load.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import gevent
from gevent.lock import Semaphore

from edge.engine import Engine
from edge.upstream.upstreams import Draft, Upstreams
from edge.versions.files import Identity
from edge.versions.pace import Pace
from edge.versions.reader import Unreadable, VersionReader
from edge.versions.snapshot import Snapshot, build, dismantle

NO_VERSION = ("", 0)
"""(incarnation, number) of the empty configuration."""

OLD_POLL_S = 0.2
"""How often an old snapshot is asked whether somebody still uses it."""

log = logging.getLogger("weir.loader")


class Applied(NamedTuple):
    """What is served now."""

    incarnation: str
    number: int
    took_ms: float


class Refused(NamedTuple):
    """The version on disk cannot be served; what was served before still is."""

    reason: str


class Loader:
    """Of one worker."""

    def __init__(
        self, engine: Engine, reader: VersionReader, upstreams: Upstreams, pace: Callable[[], Pace] = Pace
    ) -> None:
        self._engine = engine
        self._reader = reader
        self._upstreams = upstreams
        self._pace = pace
        self._one_at_a_time = Semaphore(1)
        self._loaded: tuple[Identity | None] | None = None
        """What is in service; None inside is the empty configuration."""

    @property
    def current(self) -> Applied | None:
        """None before anything was loaded."""
        snapshot = self._engine.snapshot
        return Applied(snapshot.incarnation, snapshot.number, 0.0) if snapshot.loaded else None

    def load(self, wanted: tuple[str, int] | None = None) -> Applied | Refused:
        """The version on disk, unless it is served already; ``NO_VERSION`` asks for the empty configuration."""
        with self._one_at_a_time:
            try:
                return self._load(wanted)
            except (Unreadable, ValueError, OSError) as error:
                log.error("the version on disk cannot be served: %s", error)
                return Refused(str(error))

    def _load(self, wanted: tuple[str, int] | None) -> Applied | Refused:
        began = time.monotonic()
        empty = wanted == NO_VERSION
        identity = None if empty else self._reader.identity()
        current = self.current
        if current is not None and (identity,) == self._loaded:
            return current
        draft = self._upstreams.draft()
        with _without_collections():
            snapshot = self._build(empty, draft)
        if snapshot is None:
            return Refused("there is no version on this node's disk")
        self._swap(snapshot, draft)
        self._loaded = (identity,)
        took_ms = (time.monotonic() - began) * 1000
        log.info("version %d is in service after %.0f ms", snapshot.number, took_ms)
        return Applied(snapshot.incarnation, snapshot.number, max(0.001, took_ms))

    def _build(self, empty: bool, draft: Draft) -> Snapshot | None:
        if empty:
            snapshot = Snapshot()
            snapshot.loaded = True
            return snapshot
        pace = self._pace()
        parts = self._reader.read(pace)
        if parts is None:
            return None
        engine = self._engine
        return build(parts, draft, engine.snapshot, pace, engine.limiter, engine.auth)

    def _swap(self, snapshot: Snapshot, draft: Draft) -> None:
        """All in one go: no other greenlet runs meanwhile."""
        self._upstreams.take(draft, frozenset().union(*snapshot.retried.values()))
        old, self._engine.snapshot = self._engine.snapshot, snapshot
        self._engine.names.heads.forget()
        self._engine.requests.forget()
        self._engine.auth.changed()
        gevent.spawn(self._let_go, old, snapshot)

    def _let_go(self, old: Snapshot, successor: Snapshot) -> None:
        while old.users:
            gevent.sleep(OLD_POLL_S)
        dismantle(old, successor, self._pace())


@contextmanager
def _without_collections() -> Iterator[None]:
    """Young garbage goes first, so that it is not frozen with the rest."""
    gc.collect(1)
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
