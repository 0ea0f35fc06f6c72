"""A store of credentials that changes, fails over and goes away, and a worker that believes its agent: pure, no clock.

Greenlets of the agent change places only where a read waits for the store, so whatever happens between a read's moment
in the store and its arrival is played by ``ReadsOf.meanwhile``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from edge.agent.credentials.cache import Cache, Known, decode
from edge.agent.credentials.reads import Read
from weir.models.auth.verifier import Verifier
from weir.store.errors import StoreAway
from weir.store.feed import Change, Changes, changes
from weir.store.verifiers import Named

OWNERS = {"key:a": "x", "key:b": "x", "key:c": "y", "opaque:t": "y"}
"""What there may be, and whose it is."""
CLIENTS = {"opaque:t": "c"}
State = dict[str, int]
"""Which edition there is of each."""


def verifier(name: str, edition: int) -> Verifier:
    kind, _, id_ = name.partition(":")
    return Verifier(
        kind=kind,  # type: ignore[arg-type]
        id=id_,
        secret=str(edition),
        consumer=OWNERS.get(name, ""),
        client=CLIENTS.get(name, ""),
    )


def edition_of(answer: dict[str, Any]) -> int | None:
    packed = answer["verifier"]
    return None if packed is None else int(decode(packed).secret)


class World:
    """The store. A feed keeps its last ``feed_length`` changes."""

    def __init__(self, feed_length: int = 4) -> None:
        self.incarnation, self.history = "one", 1
        self.is_up = True
        self.feed_length = feed_length
        self.states: list[State] = [dict.fromkeys(OWNERS, 0)]
        """By the number of the last change."""
        self.feed: list[Change] = []
        self._edition = 0

    @property
    def seq(self) -> int:
        return len(self.states) - 1

    @property
    def now(self) -> State:
        return self.states[-1]

    def change(self, name: str, *, gone: bool = False) -> None:
        """Of a credential, or of all of a consumer or client."""
        kind, _, id_ = name.partition(":")
        of = {"consumer": OWNERS, "client": CLIENTS}.get(kind)
        concerned = [name] if of is None else [each for each, owner in of.items() if owner == id_]
        state = dict(self.now)
        self._edition += 1
        for each in concerned:
            if gone:
                state.pop(each, None)
            elif of is None or each in state:
                state[each] = self._edition
        self.states.append(state)
        self.feed.append(Change(self.seq, "credential", name))

    def lose(self, number: int) -> None:
        """It fails over to a server that has not heard of the last changes."""
        kept = max(1, len(self.states) - number)
        self.states = self.states[:kept]
        self.feed = [change for change in self.feed if change.seq <= self.seq]
        self.history += 1

    def poll(self, since: int) -> Changes:
        entries = tuple(c for c in self.feed[-self.feed_length :] if c.seq > since)
        return changes(since, entries, self.seq, self.incarnation)


class ReadsOf:
    """In the place of ``Reads``."""

    def __init__(self, world: World, at: Callable[[], int]) -> None:
        self.world, self.at = world, at
        self.number = 0
        self.meanwhile: list[Callable[[], None]] = []

    def read(self, named: Named) -> Read:
        self.number += 1
        world, at = self.world, self.at()
        if not world.is_up:
            raise StoreAway("gone", sent=False)
        name = f"{named.kind}:{named.id}"
        edition = world.now.get(name)
        found = Read(None if edition is None else verifier(name, edition), world.seq, at)
        happening, self.meanwhile = self.meanwhile, []
        for happens in happening:
            happens()
        return found


class WorkerOf:
    """What a worker keeps: answers that no drop has made worthless."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[int | None, int]] = {}
        self.fresh_at: list[float] = []
        self.words: list[Any] = []
        self._drops: list[tuple[str, int]] = []

    def announce(self, topic: str, body: Any, _key: str = "", *, keep: bool = True) -> None:
        if topic == "credentials-fresh":
            self.fresh_at.append(body["at"])

    def tell_all(self, topic: str, body: Any, instead: Any) -> None:
        assert (topic, instead["all"]) == ("credentials", True)
        self.words.append(body)
        self._drops += [(name, body["seq"]) for name in body["drop"]]
        if body["all"]:
            self._drops.append(("", 1 << 62))
            self.kept.clear()
        for name in body["drop"]:
            for each in [each for each in self.kept if _concerns(name, each)]:
                if self.kept[each][1] < body["seq"]:
                    del self.kept[each]

    def ask(self, answer: Callable[[int, Any], dict[str, Any] | None], name: str) -> dict[str, Any] | None:
        """One question; what was dropped meanwhile is not kept."""
        kind, _, id_ = name.partition(":")
        self._drops.clear()
        found = answer(1, {"kind": kind, "id": id_})
        if found is not None and found["seq"] >= self._dropped(name):
            self.kept[name] = edition_of(found), found["seq"]
        return found

    def _dropped(self, name: str) -> int:
        return max(
            (seq for dropped, seq in self._drops if not dropped or _concerns(dropped, name)), default=-1
        )


def _concerns(dropped: str, name: str) -> bool:
    return (
        name == dropped
        or dropped == f"consumer:{OWNERS.get(name)}"
        or dropped == f"client:{CLIENTS.get(name)}"
    )


def named(rows: Iterable[tuple[str, Any]]) -> dict[str, int]:
    """Editions of what a cache has."""
    return {name: int(decode(known.packed).secret) for name, known in rows}


def rows_of(cache: Cache) -> list[tuple[str, Known]]:
    return list(zip(cache.names(), cache.verifiers(), strict=True))
