"""Ids of tokens, and of sign-ins that tokens come from, which count no more: the whole set, as the agent tells it.

A verified token is good until it expires unless it, or the sign-in that it comes from, is in here. The agent tells the
set in parts when it is connected to, and additions as they happen. Before the first time that all parts were told
nothing can be said of any token.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from gevent.event import Event

from edge.link.credential_words import REVOKED, revoked_part_of

WAIT_S = 1.0
"""How long a token waits for the first word of the agent."""
MAX_REVOKED = 250_000
"""More than the store keeps. Beyond, nothing is said of any token: one that was revoked could be forgotten."""
SWEEP_S = 60.0

log = logging.getLogger("weir.auth")


class Link(Protocol):
    """The part of ``Asks`` that is used."""

    def on_news(self, topic: str, take: Callable[[Any], None]) -> None: ...


class _Word(msgspec.Struct, frozen=True):
    part: int = -1
    parts: int = 0
    values: tuple[tuple[str, float], ...] = ()
    add: tuple[tuple[str, float], ...] = ()


class Revoked:
    """One of a worker. Times are of the wall clock."""

    def __init__(
        self, link: Link, changed: Callable[[], None], clock: Callable[[], float] = time.time
    ) -> None:
        """``changed`` is told when there are more."""
        self._changed = changed
        self._clock = clock
        self._parts: dict[int, dict[str, float]] = {}
        self._told: set[int] = set()
        self._ready = Event()
        self._swept_s = clock()
        link.on_news(REVOKED, self.take)

    def __len__(self) -> int:
        return sum(map(len, self._parts.values()))

    def wait(self) -> bool:
        """Whether anything can be said; blocks this greenlet for ``WAIT_S`` at most."""
        return self._ready.is_set() or bool(self._ready.wait(WAIT_S))

    def holds(self, value: str) -> bool:
        """Whether the token or sign-in of that id was revoked."""
        return bool(value) and value in self._parts.get(revoked_part_of(value), ())

    def take(self, body: Any) -> None:
        """News. Raises msgspec.MsgspecError for what is none."""
        word = msgspec.convert(body, _Word)
        if word.parts:
            self._told.add(word.part)
            self._parts[word.part] = dict(word.values)
        for value, end_s in word.add:
            self._parts.setdefault(revoked_part_of(value), {})[value] = end_s
        self._sweep()
        if len(self) > MAX_REVOKED:
            log.error("more than %d tokens are revoked: none can be judged", MAX_REVOKED)
            self._ready.clear()
        elif word.parts and len(self._told) >= word.parts:
            self._ready.set()
        self._changed()

    def _sweep(self) -> None:
        now = self._clock()
        if now < self._swept_s + SWEEP_S:
            return
        self._swept_s = now
        for number, part in self._parts.items():
            self._parts[number] = {value: end_s for value, end_s in part.items() if end_s > now}
