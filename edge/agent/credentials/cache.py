"""The verifiers that a node keeps: those used last, and for a while those that there are not. Pure, bounded.

A verifier is kept as the bytes that workers get: a hundred thousand are some tens of megabytes.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from edge.agent.credentials.owners import Owners
from weir.models.auth.verifier import Verifier

MOST = 100_000
MOST_ABSENT = 10_000
ABSENT_S = 10.0
"""How long it is believed that there is no such credential."""
CONSUMER, CLIENT = "consumer:", "client:"

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Verifier).decode


class Known(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One verifier, read when the feed was at ``seq``."""

    packed: bytes
    seq: int
    consumer: str = ""
    client: str = ""
    """Whose token it is, of an opaque token."""


class Absent(NamedTuple):
    seq: int
    until: float


def known_of(verifier: Verifier, seq: int) -> Known:
    return Known(encode(verifier), seq, verifier.consumer, client_of(verifier))


def client_of(verifier: Verifier) -> str:
    """Whose changes concern it beside its own."""
    return verifier.client if verifier.kind == "opaque" else ""


class Cache:
    """``most`` verifiers, suspects included; the one that was not used for longest goes first."""

    def __init__(self, most: int = MOST, most_absent: int = MOST_ABSENT) -> None:
        self._most = most
        self._most_absent = most_absent
        self._known: dict[str, Known] = {}
        """The one used last at the end. Plain: it takes less memory than an ordered one, and is copied at once."""
        self._suspects: dict[str, Known] = {}
        self._absent: OrderedDict[str, Absent] = OrderedDict()
        self._consumers = Owners()
        self._clients = Owners()
        self.kinds: Counter[str] = Counter()
        """How many there are of each, suspects included."""

    def __len__(self) -> int:
        """Verifiers, suspects included."""
        return len(self._known) + len(self._suspects)

    @property
    def absent(self) -> int:
        return len(self._absent)

    @property
    def suspects(self) -> int:
        return len(self._suspects)

    def find(self, name: str, now: float) -> Known | Absent | None:
        """None: it has to be read."""
        known = self._known.pop(name, None)
        if known is not None:
            self._known[name] = known
            return known
        absent = self._absent.get(name)
        return absent if absent is not None and now < absent.until else None

    def suspect(self, name: str) -> Known | None:
        """For when it cannot be read."""
        return self._suspects.get(name)

    def some_suspects(self, most: int) -> list[str]:
        """Names; those used last."""
        names = reversed(self._suspects)
        return [name for name, _ in zip(names, range(most), strict=False)]

    def put(self, name: str, known: Known) -> bool:
        """In place of whatever was there. Gives whether another had to go."""
        self.forget((name,))
        self._known[name] = known
        self._consumers.add(known.consumer, name)
        self._clients.add(known.client, name)
        self.kinds[kind_of(name)] += 1
        if len(self) <= self._most:
            return False
        self.forget((next(iter(self._suspects or self._known)),))
        return True

    def put_absent(self, name: str, seq: int, now: float) -> None:
        self.forget((name,))
        self._absent[name] = Absent(seq, now + ABSENT_S)
        if len(self._absent) > self._most_absent:
            self._absent.popitem(last=False)

    def touch(self, names: Iterable[str]) -> None:
        """They were used, as workers tell."""
        for name in names:
            known = self._known.pop(name, None)
            if known is not None:
                self._known[name] = known

    def concerned(self, name: str) -> Iterable[str]:
        """What a change of ``name`` concerns."""
        if name.startswith(CONSUMER):
            return (name, *self._consumers.of(name.removeprefix(CONSUMER)))
        if name.startswith(CLIENT):
            return (name, *self._clients.of(name.removeprefix(CLIENT)))
        return (name,)

    def drop(self, names: Iterable[str]) -> int:
        """What changes of ``names`` concern; gives how many verifiers are forgotten."""
        return sum(self.forget(self.concerned(name)) for name in names)

    def suspect_all(self) -> int:
        """Nothing is believed as it is. Gives how many verifiers that concerns."""
        if self._suspects:
            self._suspects.update(self._known)
        else:
            self._suspects = self._known  # at once, however many they are
        self._known = {}
        self._absent.clear()
        return len(self._suspects)

    def clear(self) -> int:
        """Gives how many verifiers are forgotten."""
        gone = len(self)
        for kept in (self._known, self._suspects, self._absent):
            kept.clear()
        self._consumers, self._clients = Owners(), Owners()
        self.kinds.clear()
        return gone

    def forget_after(self, seq: int) -> int:
        """What was read later than ``seq``, and all word of what there is not."""
        self._absent.clear()
        return self.forget([name for name, known in self._known.items() if known.seq > seq])

    def names(self) -> list[str]:
        """Those used last at the end; suspects first."""
        return [*self._suspects, *self._known]

    def verifiers(self) -> list[Known]:
        """In the same order. (Both are quick; pairs of them would not be.)"""
        return [*self._suspects.values(), *self._known.values()]

    def forget(self, names: Iterable[str]) -> int:
        """Gives how many of them were verifiers."""
        gone = 0
        for name in names:
            self._absent.pop(name, None)
            known = self._known.pop(name, None) or self._suspects.pop(name, None)
            if known is not None:
                gone += 1
                self._consumers.remove(known.consumer, name)
                self._clients.remove(known.client, name)
                self.kinds[kind_of(name)] -= 1
        return gone


def kind_of(name: str) -> str:
    return name.partition(":")[0]
