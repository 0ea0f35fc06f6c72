"""Which tokens were revoked before their end: the set of the store, told to workers whole and then as it grows.

It only grows until ends pass: what a store has forgotten, or another one never knew, stays revoked here. What the feed
tells counts as revoked at once; its end is read afterwards. At the start the whole set is read, whatever the disk says.
"""

from __future__ import annotations

import heapq
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

import gevent
from gevent.event import Event

from edge.agent.credentials.keeper import Workers
from edge.agent.credentials.position import Look
from edge.agent.throttle import Throttle
from edge.link.credential_words import REVOKED, REVOKED_PARTS, revoked_part_of
from edge.link.frames import pack
from weir.store.errors import StoreError
from weir.store.revoked import Revoked

MOST = 200_000
"""Twice what the store keeps."""
GRACE_S = 300
"""Beyond its end a value is kept so long: clocks differ, and verifiers allow for that."""
UNKNOWN_END_S = 86_400
"""So long is revoked what the feed has told and the store has not."""
RETRY_S = 0.5
SWEEP_S = 60.0
BATCH = 500
"""Values in one read, and in one word to the workers."""

log = logging.getLogger("weir.agent.credentials")


class RevokedKeeper:
    """Fed by ``looked``; ``run`` it in a greenlet of its own. ``grown`` hears what was added."""

    def __init__(
        self,
        revoked: Revoked,
        workers: Workers,
        *,
        grown: Callable[[Mapping[str, int]], None] = lambda _values: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._revoked = revoked
        self._workers = workers
        self._grown = grown
        self._wall = wall
        self._parts: list[dict[str, int]] = [{} for _ in range(REVOKED_PARTS)]
        self._frames: dict[int, bytes] = {}
        """Of parts that have not changed since."""
        self._is_known = False
        """The whole set was read, or left by an earlier life of the agent."""
        self._wanted: dict[str, int] = {}
        """Whose end is not known, with the one that is believed."""
        self._all_wanted = True
        self._wake = Event()
        self._swept_s = wall()
        self._throttle = Throttle(log)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def parts(self) -> list[dict[str, int]]:
        """Copies: value → Unix seconds of its end."""
        return [dict(part) for part in self._parts if part]

    def load(self, values: Mapping[str, int]) -> None:
        """What an earlier life of the agent left; before ``run``."""
        self._add(values)
        self._is_known = True
        self._tell_parts()

    def looked(self, look: Look) -> None:
        """What a look at the feed means; neither blocks nor raises."""
        if look.meaning != "changed":
            self._all_wanted = True
        until = int(self._wall()) + UNKNOWN_END_S
        new = {value: until for value in look.revoked if value not in self._part(value)}
        self._tell(new)
        self._wanted.update(dict.fromkeys(look.revoked, 0) | new)
        if self._wanted or self._all_wanted:
            self._wake.set()

    def greeting(self) -> Iterable[tuple[str, str, bytes]]:
        """The whole set, for a worker that connects; nothing before it is known."""
        if self._is_known:
            for number in range(REVOKED_PARTS):
                yield REVOKED, str(number), self._frame(number)

    def run(self) -> None:
        """For ever."""
        while True:
            self._wake.wait(SWEEP_S)
            self._wake.clear()
            if not self.step():
                gevent.sleep(RETRY_S)
                self._wake.set()

    def step(self) -> bool:
        """Reads what is wanted; whether it was had."""
        try:
            if self._all_wanted:
                self._read_all()
            while self._wanted:
                self._read(list(self._wanted)[:BATCH])
        except StoreError as error:
            self._throttle.warning(f"revoked tokens could not be read: {error}")
            return False
        self._sweep()
        return True

    def _read_all(self) -> None:
        self._all_wanted = False
        try:
            for values in self._revoked.all():
                self._tell(self._news_in(values))
        except StoreError:
            self._all_wanted = True
            raise
        if not self._is_known:
            self._is_known = True
            self._tell_parts()

    def _read(self, values: list[str]) -> None:
        found = self._revoked.ends(values)
        self._tell(self._news_in(found))
        for value in values:
            self._wanted.pop(value, None)

    def _news_in(self, values: Mapping[str, int]) -> dict[str, int]:
        """What is new, ends later, or was believed to end some time."""
        now = self._wall()
        return {
            value: end
            for value, end in values.items()
            if end + GRACE_S > now
            and self._is_news(end, self._part(value).get(value), self._wanted.get(value))
        }

    def _is_news(self, end: int, known: int | None, believed: int | None) -> bool:
        return known is None or known < end or (known == believed and known != end)

    def _tell(self, new: Mapping[str, int]) -> None:
        if not new:
            return
        self._add(new)
        self._grown(new)
        rows = [[value, end + GRACE_S] for value, end in new.items()]
        for first in range(0, len(rows) if self._is_known else 0, BATCH):
            self._workers.tell_all(REVOKED, {"add": rows[first : first + BATCH]}, None)

    def _tell_parts(self) -> None:
        for number in range(REVOKED_PARTS):
            self._workers.announce(REVOKED, self._part_word(number), str(number), keep=False)

    def _part(self, value: str) -> dict[str, int]:
        return self._parts[revoked_part_of(value)]

    def _add(self, values: Mapping[str, int]) -> None:
        for value, end in values.items():
            number = revoked_part_of(value)
            self._parts[number][value] = end
            self._frames.pop(number, None)
        too_many = len(self) - MOST
        if too_many > 0:
            every = chain.from_iterable(part.items() for part in self._parts)
            self._remove(heapq.nsmallest(too_many, every, key=lambda each: each[1]))

    def _remove(self, values: Iterable[tuple[str, int]]) -> None:
        for value, _ in values:
            number = revoked_part_of(value)
            self._parts[number].pop(value, None)
            self._frames.pop(number, None)

    def _sweep(self) -> None:
        """What ended is forgotten; the workers know the ends."""
        now = self._wall()
        if now >= self._swept_s + SWEEP_S:
            self._swept_s = now
            for part in self.parts():
                self._remove([(value, end) for value, end in part.items() if end + GRACE_S <= now])

    def _frame(self, number: int) -> bytes:
        frame = self._frames.get(number)
        if frame is None:
            frame = self._frames[number] = pack(
                {"kind": "news", "topic": REVOKED, "body": self._part_word(number)}
            )
        return frame

    def _part_word(self, number: int) -> dict[str, Any]:
        values = [[value, end + GRACE_S] for value, end in self._parts[number].items()]
        return {"part": number, "parts": REVOKED_PARTS, "values": values}
