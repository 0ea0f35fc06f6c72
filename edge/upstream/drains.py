"""Drained targets as a worker knows them: told by the agent, read from the node's disk at the start.

A drain is a person's word, so it holds where health is not looked at (panic), for cookies and hashes, and for a single
target. Requests that are under way end as they would. Every drain ends by itself, also without the agent.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol
from zlib import crc32

import gevent

from edge.upstream.drains_file import Drained
from weir.models.document import Owner

PoolId = tuple[Owner, str]
TOPIC = "drain"
PARTS = 16
"""The news come in so many parts; a target is always in the same one."""
TICK_S = 0.25
"""How late the end of a drain is noticed at worst."""
REPORT_S = 1.0
MAX_REPORTED = 1000
"""Drained targets whose requests in flight are told."""

log = logging.getLogger("weir.drains")


class Drains:
    """Of one worker. ``changed`` is called with each upstream that has others drained than before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._parts: dict[int, tuple[Drained, ...]] = {}
        self._by_upstream: dict[PoolId, dict[str, float]] = {}
        self.changed: Callable[[PoolId], None] = lambda _identity: None

    def load(self, drains: Iterable[Drained]) -> None:
        """What the node's disk says; it holds until the agent says otherwise, part by part."""
        for one in drains:
            part = part_of(one.owner, one.upstream, one.url)
            self._parts[part] = (*self._parts.get(part, ()), one)
        self._settle()

    def hear(self, body: Any) -> None:
        """News of the agent: one part, whole. Raises ValueError for what is none."""
        part, drains = read_news(body)
        self._parts[part] = drains
        self._settle()

    def of(self, identity: PoolId) -> Mapping[str, float]:
        """The URLs of an upstream that are drained, and until when."""
        return self._by_upstream.get(identity, {})

    def upstreams(self) -> Iterable[PoolId]:
        """Those with a drained target."""
        return self._by_upstream

    def tick(self) -> None:
        """Ends what is over."""
        now = self._clock()
        if any(until <= now for urls in self._by_upstream.values() for until in urls.values()):
            self._settle()

    def _settle(self) -> None:
        now, found = self._clock(), dict[PoolId, dict[str, float]]()
        for part, drains in self._parts.items():
            self._parts[part] = tuple(one for one in drains if one.until > now)
            for one in self._parts[part]:
                found.setdefault((one.owner, one.upstream), {})[one.url] = one.until  # type: ignore[arg-type]
        before, self._by_upstream = self._by_upstream, found
        for identity in before.keys() | found.keys():
            if before.get(identity, {}).keys() != found.get(identity, {}).keys():
                self.changed(identity)


def part_of(owner: str, upstream: str, url: str) -> int:
    """The same in every process and version."""
    return crc32(f"{owner}/{upstream} {url}".encode()) % PARTS


def read_news(body: Any) -> tuple[int, tuple[Drained, ...]]:
    """Raises ValueError."""
    try:
        part = int(body["part"])
        drains = tuple(Drained(str(a), str(b), str(c), float(until)) for a, b, c, until in body["drains"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"news of drained targets that are none: {error}") from error
    if not 0 <= part < PARTS:
        raise ValueError(f"drained targets come in {PARTS} parts; there is no part {part}")
    return part, drains


class Asking(Protocol):
    """What of ``Asks`` is used."""

    def tell(self, topic: str, body: Any) -> None: ...

    def on_news(self, topic: str, take: Callable[[Any], None]) -> None: ...


InFlight = Callable[[PoolId], Iterable[tuple[str, int]]]
"""Of the drained targets of an upstream: URL and requests under way."""


def start(drains: Drains, asks: Asking, in_flight: InFlight) -> None:
    """From now on ``drains`` follows the time and the agent, which is told what is still in flight. Never ends."""
    asks.on_news(TOPIC, drains.hear)
    gevent.spawn(_run, drains, asks, in_flight)


def report(drains: Drains, in_flight: InFlight) -> list[list[Any]]:
    """[owner, upstream, URL, requests] of every drained target that this worker knows."""
    rows = [[*identity, *row] for identity in drains.upstreams() for row in in_flight(identity)]
    return rows[:MAX_REPORTED]


def _run(drains: Drains, asks: Asking, in_flight: InFlight) -> None:
    due, said = 0.0, False
    while True:
        gevent.sleep(TICK_S)
        try:
            drains.tick()
            if time.monotonic() >= due:
                due = time.monotonic() + REPORT_S
                rows = report(drains, in_flight)
                if rows or said:
                    asks.tell(TOPIC, {"in_flight": rows})
                said = bool(rows)
        except Exception:
            log.exception("drained targets were not looked at")
