"""Follows which targets are drained: from the store to this node's disk and its workers.

The feed says when to look, and every ``RECHECK_S`` it is looked at anyway. A store that is not the one whose version
this node holds (emptied, another one) is not believed: what was drained stays so until its end.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from edge.agent.facts import Facts
from edge.agent.throttle import Throttle
from edge.upstream.drains import MAX_REPORTED, PARTS, TOPIC, part_of
from edge.upstream.drains_file import Drained, read_drains, write_drains
from weir.store import drains as stored
from weir.store.feed import Changes

RECHECK_S = 5.0

log = logging.getLogger("weir.agent.drains")

Announce = Callable[[str, Any, str], None]


class DrainKeeper:
    """A ``Topic``: workers tell what drained targets still have in flight."""

    def __init__(
        self,
        drains: stored.Drains,
        path: Path,
        facts: Facts,
        announce: Announce,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._drains = drains
        self._path = path
        self._facts = facts
        self._announce = announce
        self._clock = clock
        self._throttle = Throttle(log)
        self._known: dict[Drained, stored.Drain | None] = {}
        """With who drained it and why, if that was heard in this life of the agent."""
        self._ends: dict[tuple[str, str], int] = {}
        """Wall milliseconds of the store, by which two looks are compared."""
        self._parts: dict[int, list[list[Any]]] = {}
        self._in_flight: dict[int, list[list[Any]]] = {}
        self._incarnation = ""
        self._due = float("-inf")
        self._written = True

    def start(self) -> None:
        """What the disk says holds until the store answers."""
        self._known = dict.fromkeys(read_drains(self._path))
        self._tell()

    def heard(self, changes: Changes) -> None:
        """After every look at the feed. Raises StoreError."""
        moved = changes.gap or changes.incarnation != self._incarnation
        named = any(change.topic == stored.TOPIC for change in changes.entries)
        if not (moved or named or self._clock() >= self._due):
            return
        held = self._facts.held
        if held is None or held.incarnation == changes.incarnation:
            self._take(self._drains.now())
        self._incarnation, self._due = changes.incarnation, self._clock() + RECHECK_S

    def answer(self, connection: int, body: Any) -> Any:
        """Of a worker: [owner, upstream, URL, requests in flight] of every drained target. Nothing is answered."""
        rows = body.get("in_flight") if isinstance(body, dict) else None
        if isinstance(rows, list) and all(_is_row(row) for row in rows[:MAX_REPORTED]):
            self._in_flight[connection] = rows[:MAX_REPORTED]

    def gone(self, connection: int) -> None:
        """What it had in flight is over."""
        self._in_flight.pop(connection, None)

    def state(self) -> list[dict[str, Any]]:
        """For a person, in order."""
        now, in_flight = self._clock(), self._sums()
        return [
            {
                "upstream": f"{one.owner}/{one.upstream}",
                "target": one.url,
                "for_s": round(one.until - now, 1),
                "in_flight": in_flight.get(one[:3], 0),
                **({"reason": why.reason, "by": why.author} if why is not None else {}),
            }
            for one, why in sorted(self._known.items())
            if one.until > now
        ]

    def marked(self, page: dict[str, Any]) -> dict[str, Any]:
        """``page`` of the health of targets, with those that are drained."""
        found = {(entry["upstream"], entry["target"]): entry for entry in page["targets"]}
        for one in self.state():
            identity = one.pop("upstream"), one.pop("target")
            entry = found.setdefault(identity, {"upstream": identity[0], "target": identity[1], "out": False})
            entry["drained"] = one
        return page | {"targets": [found[identity] for identity in sorted(found)]}

    def _take(self, drains: Iterable[stored.Drain]) -> None:
        found = {(one.upstream, one.url): one for one in drains}
        ends = {identity: one.until_ms for identity, one in found.items()}
        if ends != self._ends or None in self._known.values() or len(self._known) != len(found):
            self._ends = ends
            self._known = {self._drained(one): one for one in found.values()}
            self._tell()
            self._written = False
        if not self._written:
            self._write()

    def _drained(self, one: stored.Drain) -> Drained:
        owner, _, upstream = one.upstream.partition("/")
        return Drained(owner, upstream, one.url, round(self._clock() + one.left_ms / 1000, 3))

    def _write(self) -> None:
        """A disk that refuses costs only what a restart would need."""
        try:
            write_drains(self._path, self._known)
        except OSError as error:
            self._throttle.warning(f"drained targets cannot be kept on disk: {error}")
        else:
            self._written = True

    def _tell(self) -> None:
        """The workers hear each part that is another one than before."""
        parts: dict[int, list[list[Any]]] = {part: [] for part in range(PARTS)}
        for one in sorted(self._known):
            parts[part_of(*one[:3])].append(list(one))
        for part, drains in parts.items():
            if drains != self._parts.get(part, []):
                self._announce(TOPIC, {"part": part, "drains": drains}, str(part))
        self._parts = parts

    def _sums(self) -> dict[tuple[str, str, str], int]:
        found: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        for rows in self._in_flight.values():
            for owner, upstream, url, requests in rows:
                found[owner, upstream, url] += requests
        return found


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) == 4
        and all(isinstance(text, str) for text in row[:3])
        and type(row[3]) is int
    )
