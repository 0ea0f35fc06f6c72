"""Answers workers about credentials, from memory or from the store, and forgets what changes.

* What is kept was confirmed by every look at the feed since it was read; a look that cannot show that makes all of it
  suspect. A read that saw less of the feed than a drop that concerns it is made again.
* Without store, what is kept is answered for ``LONGEST_S`` after it was last confirmed. How long that may be in truth
  (``credentials max_stale``) workers decide: they hear the moment of the last confirmation.
* ``followed`` neither blocks nor raises: the loop that follows the feed goes on whatever happens here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol, get_args

from gevent.event import Event

from edge.agent.credentials.cache import CLIENT, Absent, Cache, Known, known_of
from edge.agent.credentials.drops import Drops
from edge.agent.credentials.metrics import CredentialMetrics
from edge.agent.credentials.position import Look, Position, judge
from edge.agent.credentials.reads import ASK_S, Read, Reads
from edge.agent.facts import Facts
from edge.link.credential_words import CREDENTIALS, FRESH, MAX_ID, drop_all_word, drop_word
from weir.models.auth.verifier import VerifierKind
from weir.store.errors import StoreAway, StoreError
from weir.store.feed import POLL_LIMIT, Changes
from weir.store.verifiers import Named

LONGEST_S = 7 * 86_400.0
FRESH_EVERY_S = 1.0
"""Workers hear of a newer confirmation that often."""
MAX_TRIES = 4
"""Reads for one question, where changes keep coming while it is read."""
MAX_DROP_NAMES = 500
"""In one word to the workers."""
KINDS = frozenset(get_args(VerifierKind))

log = logging.getLogger("weir.agent.credentials")


class Workers(Protocol):
    """What of ``WorkerLink`` is used."""

    def announce(self, topic: str, body: Any, key: str = "", *, keep: bool = True) -> None: ...

    def tell_all(self, topic: str, body: Any, instead: Any) -> None: ...


class Kept(Protocol):
    """What of ``Disk`` is used."""

    def dropped(self, names: Iterable[str]) -> None: ...

    def learnt(self) -> None: ...

    def distrusted(self) -> None: ...

    def forgotten(self) -> None: ...


class Keeper:
    """A ``Topic``. ``on_look`` hears what each look at the feed of the node's own store means."""

    def __init__(
        self,
        reads: Reads,
        workers: Workers,
        facts: Facts,
        metrics: CredentialMetrics,
        disk: Kept,
        *,
        on_look: Callable[[Look], None] = lambda _look: None,
        cache: Cache | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reads = reads
        self._workers = workers
        self._facts = facts
        self._metrics = metrics
        self._disk = disk
        self._on_look = on_look
        self._clock = clock
        self.cache = cache or Cache()
        self._drops = Drops()
        self.position: Position | None = None
        self.confirmed_at: float | None = None
        """Monotonic second at which everything that is kept was right."""
        self._looked = Event()
        """There was a look at the feed of the node's own store."""
        self._is_foreign = False
        self._told_at = float("-inf")

    @property
    def at(self) -> int:
        """The change up to which the feed is known; -1: it is not."""
        return self.position.seq if self.position else -1

    @property
    def is_sure(self) -> bool:
        """Everything that is kept is known to be right up to the position."""
        return not self.cache.suspects

    def follows(self) -> bool:
        """Whether the store that answers, if one does, is the node's own."""
        return self._looked.is_set() and not self._is_foreign and self._facts.store != "away"

    def load(self, position: Position | None, rows: Iterable[tuple[str, Known]], confirmed_at: float) -> None:
        """What an earlier life of the agent left; before the first look."""
        for name, known in rows:
            self.cache.put(name, known)
        self.position = position
        if len(self.cache):
            self.confirmed_at = confirmed_at
            self._tell_fresh()

    # Questions

    def answer(self, _connection: int, body: Any) -> dict[str, Any] | None:
        """Waits ``ASK_S`` for the first look at the feed, and as long again for a read that cannot be had."""
        if not _is_question(body):
            self._metrics.answered("odd")
            return None
        named = Named(body["kind"], body["id"])
        name = f"{named.kind}:{named.id}"
        if not self._looked.is_set() and self._facts.store == "starting":
            self._looked.wait(ASK_S)
        known = self._kept(name)
        if known is not None:
            return self._said("memory", known)
        try:
            known = self._read(named)
        except StoreError as error:
            log.debug("%s was not read: %s", name, error)
            known = None
        if known is not None:
            return self._said("store", known)
        suspect = self.cache.suspect(name)
        if suspect is not None and not self._is_too_old():
            return self._said("suspect", suspect)
        self._metrics.answered("unknown")
        return None

    def gone(self, _connection: int) -> None:
        """Nothing is kept of a worker."""

    def greeting(self) -> list[tuple[str, str, Any]]:
        """News at the start of a connection: drops may have been missed."""
        return [(CREDENTIALS, "", drop_all_word(self.at))] if self._looked.is_set() else []

    def renew(self, name: str) -> bool:
        """Reads a suspect; whether that is settled. Raises StoreAway."""
        kind, _, id_ = name.partition(":")
        try:
            return self._read(Named(kind, id_)) is not None  # type: ignore[arg-type]
        except StoreAway:
            raise
        except StoreError as error:
            log.warning("%s is forgotten: %s", name, error)
            self._drop((name,))
            return True

    def _kept(self, name: str) -> Known | Absent | None:
        found = self.cache.find(name, self._clock())
        return None if found is None or self._is_too_old() else found

    def _read(self, named: Named) -> Known | Absent | None:
        """None: it could not be had in a state that is still true. Raises StoreError."""
        if not self.follows():
            return None
        for _ in range(MAX_TRIES):
            read = self._reads.read(named)
            if read.seq < read.asked_at or not self.follows():
                return None  # the store went back, or is another one: the next look at the feed will tell
            if read.seq >= self._drops.needed(_names_of(named, read)):
                return self._take(f"{named.kind}:{named.id}", read)
            self._metrics.read_again()
        return None

    def _take(self, name: str, read: Read) -> Known | Absent:
        suspect = self.cache.suspect(name)
        if read.verifier is None:
            self.cache.put_absent(name, read.seq, self._clock())
            found: Known | Absent = Absent(read.seq, 0.0)
        else:
            found = known_of(read.verifier, read.seq)
            if self.cache.put(name, found):
                self._metrics.dropped("room", 1)
            self._disk.learnt()
        if suspect is not None and (isinstance(found, Absent) or found.packed != suspect.packed):
            self._tell_drop((name,), max(read.seq, self.at))
        return found

    def _said(self, source: str, found: Known | Absent) -> dict[str, Any]:
        self._metrics.answered(source)
        # What may be wrong is older than any drop: when it has been read anew, workers are told to drop it if it was.
        seq = min(found.seq, self.at) - 1 if source == "suspect" else max(found.seq, self.at)
        return {"verifier": found.packed if isinstance(found, Known) else None, "seq": seq}

    def _is_too_old(self) -> bool:
        return self.confirmed_at is not None and self._clock() - self.confirmed_at > LONGEST_S

    # The feed

    def followed(self, changes: Changes, began_at: float) -> None:
        """After every look at the feed, which began at the monotonic second ``began_at``."""
        held = self._facts.held
        look = judge(self.position, changes, held.incarnation if held else None)
        if look.meaning == "foreign":
            self._turn_away()
            return
        self._is_foreign = False
        self.position = look.position
        match look.meaning:
            case "changed":
                self._drop(look.names)
                if not self._looked.is_set():
                    self._drop_all()  # workers may not have heard all that an earlier life dropped
            case "gap":
                self._distrust()
            case "other":
                self._metrics.dropped("all", self.cache.clear())
                self._forget_disk()
                self._drop_all()
        self._looked.set()
        self._on_look(look)
        if not self.cache.suspects and len(changes.entries) < POLL_LIMIT:
            self.confirmed_at = began_at
            self._tell_fresh()

    def distrust(self) -> None:
        """The store has lost or taken back some of what it said, perhaps."""
        if self.position is not None:
            self._distrust()
            self._on_look(Look("gap", self.position))

    def _turn_away(self) -> None:
        """This is not the node's store: as if it were away. What may have been read there meanwhile goes."""
        if not self._is_foreign:
            self._is_foreign = True
            self._metrics.dropped("changed", self.cache.forget_after(self.at))

    def _drop(self, names: tuple[str, ...]) -> None:
        if names:
            self._drops.note(names, self.at)
            self._tell_drop(
                tuple(dict.fromkeys(each for name in names for each in self._told_as(name))), self.at
            )
            self._metrics.dropped("changed", self.cache.drop(names))

    def _told_as(self, name: str) -> Iterable[str]:
        """Workers find what is of a consumer by themselves."""
        return self.cache.concerned(name) if name.startswith(CLIENT) else (name,)

    def _tell_drop(self, names: tuple[str, ...], seq: int) -> None:
        self._disk.dropped(names)
        for first in range(0, len(names), MAX_DROP_NAMES):
            word = drop_word(names[first : first + MAX_DROP_NAMES], seq)
            self._workers.tell_all(CREDENTIALS, word, drop_all_word(seq))

    def _distrust(self) -> None:
        self._metrics.dropped("suspect", self.cache.suspect_all())
        self._disk.distrusted()
        self._drop_all()

    def _forget_disk(self) -> None:
        try:
            self._disk.forgotten()
        except OSError as error:
            log.error("credentials of another store stay on the disk of this node: %s", error)

    def _drop_all(self) -> None:
        self._drops.note_all(self.at)
        word = drop_all_word(self.at)
        self._workers.tell_all(CREDENTIALS, word, word)

    def _tell_fresh(self) -> None:
        now = self._clock()
        if self.confirmed_at is not None and now >= self._told_at + FRESH_EVERY_S:
            self._told_at = now
            self._workers.announce(FRESH, {"at": round(self.confirmed_at, 3)})


def _is_question(body: Any) -> bool:
    if not isinstance(body, dict):
        return False
    kind, id_ = body.get("kind"), body.get("id")
    return isinstance(kind, str) and kind in KINDS and isinstance(id_, str) and 0 < len(id_) <= MAX_ID


def _names_of(named: Named, read: Read) -> Iterable[str]:
    """Whose changes concern what was read."""
    yield f"{named.kind}:{named.id}"
    if read.verifier is not None:
        yield f"consumer:{read.verifier.consumer}"
        yield f"client:{read.verifier.client}"
