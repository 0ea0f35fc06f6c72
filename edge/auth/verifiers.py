"""What this worker knows of credentials: asked of the node agent once, kept, and dropped when the agent says so.

* An answer is as old as its number of the feed; one that is older than a drop of the same name is asked for again.
* That a credential does not exist is known for ``NEGATIVE_S`` only, so that guessing costs the store little.
* A new agent may have seen what an old one could not tell, so a connection to one begins with nothing known.
* Everything is good only as long as the store has confirmed it within ``credentials max_stale``.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from gevent.event import Event

from edge.link.asks import Asks
from weir.models.auth.verifier import Verifier, VerifierKind

TOPIC = "credential"
DROPS, FRESH = "credentials", "credentials-fresh"
"""Topics of news."""
MAX_KNOWN = 20_000
"""Verifiers of one worker; the one that was not used longest goes first."""
MAX_UNKNOWN = 10_000
"""Names that do not exist."""
NEGATIVE_S = 5.0
ASK_S = 1.0
"""For an answer of the agent, which asks the store."""
TIMES = 3
"""How often one is asked for while what comes is outdated."""

Name = tuple[VerifierKind, str]

log = logging.getLogger("weir.auth")


class Unavailable(Exception):
    """It cannot be known now: the store is needed and away."""


class _Known(NamedTuple):
    verifier: Verifier
    seq: int


class _Asked:
    """A question under way; everyone who wants the same waits for its end."""

    __slots__ = ("drops", "ended")

    def __init__(self) -> None:
        self.ended = Event()
        self.drops: dict[str, int] = {}
        """Of this name and of consumers, since it was asked."""


class _Drop(msgspec.Struct, frozen=True):
    """What the agent says: names of verifiers or ``consumer:<name>``, which concerns all of a consumer's."""

    seq: int
    drop: tuple[str, ...] = ()
    all: bool = False


class _Answer(msgspec.Struct, frozen=True):
    seq: int
    verifier: bytes | None = None


class _Fresh(msgspec.Struct, frozen=True):
    at: float


class Verifiers:
    """Of one worker."""

    def __init__(
        self,
        asks: Asks,
        max_stale_s: Callable[[], float],
        changed: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        """``changed`` is told when something was dropped."""
        self._asks = asks
        self._max_stale_s = max_stale_s
        self._changed = changed
        self._clock = clock
        self._known: OrderedDict[Name, _Known] = OrderedDict()
        self._unknown: OrderedDict[Name, float] = OrderedDict()
        """Until when."""
        self._asked: dict[Name, _Asked] = {}
        self._fresh_at: float | None = None
        """The store has confirmed everything then (monotonic seconds); None: nobody said yet."""
        asks.on_news(DROPS, self._drop)
        asks.on_news(FRESH, self._fresh)
        asks.on_attach(self._forget)

    def is_known(self, kind: VerifierKind, id: str) -> bool:  # noqa: A002
        """Whether ``find`` asks nobody, and finds it."""
        return (kind, id) in self._known

    def find(self, kind: VerifierKind, id: str) -> Verifier | None:  # noqa: A002
        """None: there is none. Raises Unavailable. Blocks this greenlet for ``TIMES`` × ``ASK_S`` at most."""
        name = (kind, id)
        for _ in range(TIMES):
            known = self._known.get(name)
            if known is not None:
                self._known.move_to_end(name)
                self._check_fresh()
                return known.verifier
            if self._is_unknown(name):
                return None
            asked = self._asked.get(name)
            if asked is not None:
                asked.ended.wait(ASK_S)
            else:
                found = self._ask(name)
                if found is not None:
                    return found.verifier
        raise Unavailable

    def _ask(self, name: Name) -> _Known | None:
        """None: look again. Raises Unavailable."""
        asked = self._asked[name] = _Asked()
        try:
            reply = self._asks.ask(TOPIC, {"kind": name[0], "id": name[1]}, ASK_S)
            answer, verifier = _read(reply)
        finally:
            if self._asked.get(name) is asked:
                del self._asked[name]
            asked.ended.set()
        if self._fresh_at is None:
            self._fresh_at = self._clock()
        if answer.seq < _dropped(asked.drops, name, verifier):
            return None
        self._check_fresh()
        if verifier is None:
            _put(self._unknown, name, self._clock() + NEGATIVE_S, MAX_UNKNOWN)
            return None
        known = _Known(verifier, answer.seq)
        _put(self._known, name, known, MAX_KNOWN)
        return known

    def _is_unknown(self, name: Name) -> bool:
        until = self._unknown.get(name)
        if until is None:
            return False
        if self._clock() < until:
            return True
        del self._unknown[name]
        return False

    def _check_fresh(self) -> None:
        """Raises Unavailable."""
        if self._fresh_at is None or self._clock() - self._fresh_at > self._max_stale_s():
            raise Unavailable

    def _fresh(self, body: Any) -> None:
        self._fresh_at = msgspec.convert(body, _Fresh).at

    def _drop(self, body: Any) -> None:
        dropped = msgspec.convert(body, _Drop)
        if dropped.all:
            self._forget()
            return
        names = frozenset(dropped.drop)
        for asked in self._asked.values():
            asked.drops.update((each, dropped.seq) for each in names)
        for name in [name for name in self._unknown if f"{name[0]}:{name[1]}" in names]:
            del self._unknown[name]
        outdated = [
            name
            for name, known in self._known.items()
            if known.seq < dropped.seq
            and (known.verifier.name in names or f"consumer:{known.verifier.consumer}" in names)
        ]
        for name in outdated:
            del self._known[name]
        self._changed()

    def _forget(self) -> None:
        """Also what is being asked: its answer may be older than this."""
        self._known.clear()
        self._unknown.clear()
        for asked in self._asked.values():
            asked.drops[EVERYTHING] = NEVER
        self._asked.clear()
        self._changed()


EVERYTHING = ""
NEVER = 1 << 62
"""More than any number of the feed: whatever comes is outdated."""


def _read(reply: Any) -> tuple[_Answer, Verifier | None]:
    """Raises Unavailable for what is no answer."""
    if reply is None:
        raise Unavailable
    try:
        answer = msgspec.convert(reply, _Answer)
        if answer.verifier is None:
            return answer, None
        return answer, _decoder.decode(answer.verifier)
    except msgspec.MsgspecError as error:
        log.warning("the node agent said something of a credential that is not understood: %s", error)
        raise Unavailable from None


_decoder = msgspec.msgpack.Decoder(Verifier)


def _dropped(drops: dict[str, int], name: Name, verifier: Verifier | None) -> int:
    """The newest drop that concerns it; -1: none."""
    found = max(drops.get(EVERYTHING, -1), drops.get(f"{name[0]}:{name[1]}", -1))
    if verifier is not None:
        found = max(found, drops.get(f"consumer:{verifier.consumer}", -1))
    return found


def _put(table: OrderedDict[Name, Any], name: Name, value: Any, most: int) -> None:
    table[name] = value
    table.move_to_end(name)
    if len(table) > most:
        table.popitem(last=False)
