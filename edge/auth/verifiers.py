"""What this worker knows of credentials: asked of the node agent once, kept, and dropped when the agent says so.

* An answer is as old as its number of the feed; one that is older than a drop of the same name is asked for again.
* That a credential does not exist is known for ``NEGATIVE_S`` only, so that guessing costs the store little.
* While agent or store are away, what is known goes on; when they are back, the agent says what to forget.
* Everything is good only as long as the store has confirmed it within ``credentials max_stale``.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from gevent.event import Event

from edge.link.asks import Asks
from edge.link.credential_words import CREDENTIAL, CREDENTIALS, FRESH, MAX_ID
from weir.models.auth.verifier import Verifier, VerifierKind

MAX_KNOWN = 20_000
"""Verifiers of one worker; the one that was not used longest goes first."""
MAX_UNKNOWN = 10_000
"""Names that do not exist."""
NEGATIVE_S = 60.0
"""That it is there now is told at once; until then nobody is asked for what is no more, and it is no new guess."""
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
        """Names that changed since it was asked, each with the number of its newest change."""


class _Drop(msgspec.Struct, frozen=True):
    """What the agent says; ``edge/link/credential_words.py`` has its meaning."""

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
        asks.on_news(CREDENTIALS, self._drop)
        asks.on_news(FRESH, self._fresh)

    def is_known(self, kind: VerifierKind, id: str) -> bool:  # noqa: A002
        """Whether ``find`` asks nobody: it is there, or was found not to exist a moment ago."""
        name = (kind, id)
        return name in self._known or self._is_unknown(name)

    def find(self, kind: VerifierKind, id: str) -> Verifier | None:  # noqa: A002
        """None: there is none. Raises Unavailable. Blocks this greenlet for ``TIMES`` × ``ASK_S`` at most."""
        name = (kind, id)
        if len(id) > MAX_ID:
            return None
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
            reply = self._asks.ask(CREDENTIAL, {"kind": name[0], "id": name[1]}, ASK_S)
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
        if _put(self._known, name, known, MAX_KNOWN):
            self._changed()  # nobody would notice that the one that went is dropped
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
        """What cannot be understood may concern anything."""
        try:
            dropped = msgspec.convert(body, _Drop)
        except msgspec.ValidationError as error:
            log.error("the node agent says what has changed in a way that is not understood: %s", error)
            self._forget()
            return
        if dropped.all:
            self._forget()
            return
        for asked in self._asked.values():
            asked.drops.update((each, dropped.seq) for each in dropped.drop)
        outdated = [name for name in self._concerned(dropped.drop) if self._known[name].seq < dropped.seq]
        for name in outdated:
            del self._known[name]
        if outdated:
            self._changed()

    def _concerned(self, drops: Iterable[str]) -> set[Name]:
        """Known ones; also forgets that there is none of a name."""
        found: set[Name] = set()
        consumers, clients = set(), set()
        for each in drops:
            kind, _, id = each.partition(":")  # noqa: A001
            name: Name = (kind, id)  # type: ignore[assignment]  # of a kind that is unknown, nothing is known
            self._unknown.pop(name, None)
            if name in self._known:
                found.add(name)
            if kind == "consumer":
                consumers.add(id)
            elif kind == "client":
                clients.add(id)
        if consumers or clients:
            found.update(
                name
                for name, (verifier, _) in self._known.items()
                if verifier.consumer in consumers or (name[0] == "opaque" and verifier.client in clients)
            )
        return found

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
    names = [EVERYTHING, f"{name[0]}:{name[1]}"]
    if verifier is not None:
        names.append(f"consumer:{verifier.consumer}")
        if name[0] == "opaque":
            names.append(f"client:{verifier.client}")
    return max(drops.get(each, -1) for each in names)


def _put(table: OrderedDict[Name, Any], name: Name, value: Any, most: int) -> bool:
    """Whether another one had to go."""
    table[name] = value
    table.move_to_end(name)
    if len(table) <= most:
        return False
    table.popitem(last=False)
    return True
