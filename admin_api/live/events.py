"""One stream of events: what changed since the last look, as text/event-stream. Ends by itself when it must."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import msgspec

from admin_api.live.watching import Position, Present, Watching
from weir.api.events import (
    HEARTBEAT_S,
    CredentialEvent,
    DrainEvent,
    HealthEvent,
    IssuerEvent,
    ResetEvent,
    VersionEvent,
)
from weir.store.drains import TOPIC as DRAIN
from weir.store.errors import StoreError
from weir.store.feed import Change

LOOK_S = 0.25
TYPES = ("version", "drain", "credential", "issuer", "node", "health", "counters")
_ID = re.compile(r"([0-9]{1,16})-([0-9a-f]{0,8})")

Told = tuple[str, Any]
"""Type and content of an event."""


class EventStream:
    """Iterate once; ``close`` it, which also happens when nobody has it any more."""

    def __init__(
        self,
        watching: Watching,
        *,
        last_id: str,
        types: frozenset[str],
        allowed: Callable[[], bool],
        stopping: threading.Event,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        """``watching`` has been entered. Raises StoreAway and StoreError."""
        self._watching = watching
        self._types = types
        self._allowed = allowed
        self._stopping = stopping
        self._heartbeat_s = heartbeat_s
        self._left = False
        self._at = watching.position()
        self._missed = bool(last_id) and not self._resume(last_id)
        self._told: Present = watching.present()
        self._lines: Generator[bytes, None, None] | None = None
        """None before the first piece was asked for: who never asks leaves nothing behind."""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._lines is None:
            self._lines = self._run()
        return next(self._lines)

    def close(self) -> None:
        """Gives its place free, once."""
        if self._lines is not None:
            self._lines.close()
        if not self._left:
            self._left = True
            self._watching.leave()

    def __del__(self) -> None:
        if hasattr(self, "_told"):
            self.close()

    def _run(self) -> Generator[bytes, None, None]:
        yield b"retry: 1000\n" + (b"" if self._missed else b"id: %b\n" % self._id()) + b"\n"
        looked = quiet = time.monotonic()
        while True:
            told = b"".join(self._look())
            now = time.monotonic()
            if told or now - quiet >= self._heartbeat_s:
                quiet = now
                yield told or b": quiet\n\n"
            if now - looked >= self._heartbeat_s:
                looked = now
                if not self._allowed():
                    return
            if self._stopping.wait(LOOK_S):
                return

    def _look(self) -> Iterator[bytes]:
        """A store that does not answer is waited for."""
        try:
            yield from self._feed()
            for type_, content in self._present():
                if type_ in self._types:
                    yield event(type_, content)
        except StoreError:
            return

    def _feed(self) -> Iterator[bytes]:
        newest = self._watching.position()
        if self._missed or newest.incarnation != self._at.incarnation:
            yield self._reset(newest)
            return
        while self._at.seq != newest.seq:
            found = self._watching.changes(self._at.seq)
            if found.gap or found.incarnation != self._at.incarnation:
                yield self._reset(Position(found.seq, found.incarnation))
                return
            for change in found.entries:
                self._at = Position(change.seq, found.incarnation)
                told = told_of(change, found.incarnation)
                if told is not None and told[0] in self._types:
                    yield event(*told, self._id())
            if self._at.seq >= newest.seq or not found.entries:
                return

    def _reset(self, at: Position) -> bytes:
        self._at, self._missed = at, False
        return event("reset", ResetEvent(incarnation=at.incarnation), self._id())

    def _present(self) -> Iterator[Told]:
        now = self._watching.present()
        before, self._told = self._told, now
        if now is not before:
            yield from differences(before, now)

    def _resume(self, last_id: str) -> bool:
        """Whether what follows ``last_id`` can be told."""
        match = _ID.fullmatch(last_id)
        if match is None or match[2] != self._at.incarnation[:8] or int(match[1]) > self._at.seq:
            return False
        since = int(match[1])
        if since != self._at.seq and self._watching.changes(since).gap:
            return False
        self._at = Position(since, self._at.incarnation)
        return True

    def _id(self) -> bytes:
        return f"{self._at.seq}-{self._at.incarnation[:8]}".encode()


def told_of(change: Change, incarnation: str) -> Told | None:
    """None for what is nobody's business but the nodes'."""
    if change.topic == "version" and change.id.isdecimal():
        return "version", VersionEvent(number=int(change.id), incarnation=incarnation)
    if change.topic == DRAIN:
        member, _, url = change.id.rpartition(" ")
        owner, _, upstream = member.partition("/")
        return "drain", DrainEvent(owner=owner, upstream=upstream, target=url)
    if change.topic == "credential":
        kind, _, identity = change.id.partition(":")
        return "credential", CredentialEvent(kind=kind, id=identity)
    if change.topic == "issuer":
        return "issuer", IssuerEvent(name=change.id)
    return None


def differences(before: Present, now: Present) -> Iterator[Told]:
    """Nodes, then targets, then the summary."""
    for name in sorted({*before.nodes, *now.nodes}):
        node = now.nodes.get(name)
        if node is None:
            yield "node", msgspec.structs.replace(before.nodes[name], gone=True)
        elif node != before.nodes.get(name):
            yield "node", node
    for identity in sorted({*before.out, *now.out}):
        one = now.out.get(identity)
        if (one is None) != (identity not in before.out):
            owner, upstream, target = identity
            why = () if one is None else one.why
            yield (
                "health",
                HealthEvent(owner=owner, upstream=upstream, target=target, out=one is not None, why=why),
            )
    if now.counters != before.counters:
        yield "counters", now.counters


def event(type_: str, content: Any, identity: bytes = b"") -> bytes:
    """As the HTML standard has it: JSON has no line breaks of its own."""
    head = b"id: %b\n" % identity if identity else b""
    return head + b"event: %b\ndata: %b\n\n" % (type_.encode(), msgspec.json.encode(content))
