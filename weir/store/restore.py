"""Loads a backup into a store that has no versions of this cluster yet. All of it becomes visible, or nothing.

Everything is loaded under other names, which run out by themselves, and then renamed: counters first, then all that
the control plane has, in one transaction. What the empty store has already (the token of whoever restores, its audit
log, counts of nodes that went on) stays, and what the backup has is added.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

from weir.store.backup_file import Entry, Header, entries, verify
from weir.store.backup_keys import kind_of
from weir.store.connect import Client, Session
from weir.store.durability import on_disk
from weir.store.errors import StoreError
from weir.store.keys import Keys

KEEP_MS = 3_600_000
"""What a restore that was broken off leaves behind is gone after so long."""
TRIES = 10
"""While somebody else writes what is merged."""
_PIECE = 320
"""Fields or entries in one command."""


class NotEmpty(StoreError):
    """The store has versions of this cluster: a restore replaces nothing."""


class Restored(NamedTuple):
    """What is there now."""

    header: Header
    number: int
    """Of the current version."""
    keys: int
    durable: bool | None
    """Whether it is on the server's disk; None where that is not known."""


class Restore:
    """``counters`` may be the same client. Raises StoreAway and StoreError."""

    def __init__(self, client: Client, counters: Client, keys: Keys) -> None:
        self._client = client
        self._counters = counters
        self._keys = keys
        self._prefix = f"weir:{keys.cluster}:"

    def load(self, file: BinaryIO, verified: Header | None = None) -> Restored:
        """``file`` can be read twice. Raises Unreadable before anything is written, and NotEmpty.

        ``verified``: what ``verify`` said of the whole file already, elsewhere than where nothing may take long.
        """
        header = verified or verify(file)
        file.seek(0)
        self._check_empty()
        run = secrets.token_hex(6)
        loaded: dict[str, int] = {}
        for entry in entries(file):
            self._load(run, entry)
            loaded[entry.key] = max(loaded.get(entry.key, 0), entry.expires_ms)
        counters = [key for key in loaded if kind_of(key) == "counter"]
        for key in counters:
            self._reveal_counter(run, key, loaded[key])
        control = {key: expires for key, expires in loaded.items() if kind_of(key) != "counter"}
        try:
            durable = self._reveal(run, control)
        except NotEmpty:
            # Only here: after any other error a rename may still be on its way to the server.
            self._discard(run, control)
            raise
        number = int(self._client.call("HGET", self._keys.head(), "number"))
        return Restored(header, number, len(loaded), durable)

    def _check_empty(self) -> None:
        if set(self._client.call("HKEYS", self._keys.head())) - {b"seq"}:
            raise NotEmpty(
                f"the store has versions of the cluster {self._keys.cluster} already, and a restore replaces nothing; "
                "use an empty store"
            )

    def _load(self, run: str, entry: Entry) -> None:
        """Under another name, on the server that will keep it."""
        key = self._hidden(run, entry.key)
        with self._client_of(entry.key).session(key) as session:
            for piece in _commands(entry):
                session.call(piece[0], key, *piece[1:])
            session.call("PEXPIRE", key, KEEP_MS)

    def _reveal_counter(self, run: str, key: str, expires_ms: int) -> None:
        """Counts that are there already are newer, and stay."""
        hidden, shown = self._hidden(run, key), self._prefix + key
        with self._counters.session(shown) as session:
            _set_end(session, hidden, expires_ms)
            if session.call("EXISTS", hidden) and not session.call("RENAMENX", hidden, shown):
                session.call("UNLINK", hidden)

    def _reveal(self, run: str, keys: dict[str, int]) -> bool | None:
        """In one transaction, unless somebody else has made the store theirs meanwhile."""
        shown = [self._prefix + key for key in keys]
        for _ in range(TRIES):
            with self._client.session(self._keys.head()) as session:
                session.call("WATCH", self._keys.head(), *shown)
                try:
                    self._check_empty()
                    here = [key for key in keys if session.call("EXISTS", self._prefix + key)]
                    for key in here:
                        self._merge(session, self._prefix + key, self._hidden(run, key))
                    if self._rename(session, run, keys):
                        return self._durable(session)
                finally:
                    session.call("UNWATCH")
        raise StoreError("somebody else wrote into the store all the while; nothing was restored")

    def _discard(self, run: str, keys: Iterable[str]) -> None:
        """What was loaded, instead of leaving it to its end; the store may have little room."""
        for key in keys:
            hidden = self._hidden(run, key)
            with suppress(StoreError), self._client.session(hidden) as session:
                session.call("UNLINK", hidden)

    def _rename(self, session: Session, run: str, keys: dict[str, int]) -> bool:
        """False: somebody else wrote meanwhile, and nothing was done."""
        for key in keys:
            if not session.call("PEXPIRE", self._hidden(run, key), KEEP_MS):
                raise StoreError("what was loaded of the backup is gone already; nothing was restored")
        session.call("MULTI")
        for key, expires_ms in keys.items():
            session.call("RENAME", self._hidden(run, key), self._prefix + key)
            _set_end(session, self._prefix + key, expires_ms)
        return session.call("EXEC") is not None

    def _durable(self, session: Session) -> bool | None:
        """Wakes the nodes; whether it is on the server's disk, None where that is not known."""
        with suppress(StoreError):
            session.call("PUBLISH", self._keys.wake(), "0")
        try:
            return on_disk(session, int(self._client.timeout_s * 800))
        except StoreError:
            return None

    def _merge(self, session: Session, shown: str, hidden: str) -> None:
        """What is at ``shown`` is added to ``hidden``, and wins."""
        type_ = session.call("TYPE", shown)
        if type_ == b"hash":
            for pairs in _pieces(
                [each for pair in session.call("HGETALL", shown).items() for each in pair], 2
            ):
                session.call("HSET", hidden, *pairs)
        elif type_ == b"zset":
            cursor = 0
            while True:
                cursor, found = session.call("ZSCAN", shown, cursor, "COUNT", _PIECE)
                if found:
                    pairs = [each for member, score in found for each in (repr(score), member)]
                    session.call("ZADD", hidden, *pairs)
                if not cursor:
                    break
        elif type_ == b"stream":
            newest = session.call("XREVRANGE", hidden, "+", "-", "COUNT", 1)
            last = _id(newest[0][0]) if newest else (0, 0)
            for name, fields in session.call("XRANGE", shown, "-", "+"):
                last = max(_id(name), (last[0], last[1] + 2))
                flat = (each for pair in fields.items() for each in pair)
                session.call("XADD", hidden, f"{last[0]}-{last[1]}", *flat)

    def _client_of(self, key: str) -> Client:
        return self._counters if kind_of(key) == "counter" else self._client

    def _hidden(self, run: str, key: str) -> str:
        """In the slot of the key: behind its hash tag, if it has one, else in a tag of the whole name."""
        tag, brace, rest = key.partition("}:")
        if key.startswith("{") and brace:
            return f"{self._prefix}{tag}}}:restore:{run}:{rest}"
        return f"{self._prefix}restore:{run}:{{{self._prefix}{key}}}"


def _id(name: bytes) -> tuple[int, int]:
    """Of a stream's entry. Streams that share no id differ in whether the second number is even."""
    milliseconds, _, number = name.decode().partition("-")
    return int(milliseconds), int(number)


def _commands(entry: Entry) -> Iterable[Sequence[Any]]:
    """Command and arguments without the key."""
    match entry.type:
        case "hash":
            return (["HSET", *pairs] for pairs in _pieces(entry.items, 2))
        case "zset":
            return (
                [
                    "ZADD",
                    *(each for at in range(0, len(pairs), 2) for each in (repr(pairs[at + 1]), pairs[at])),
                ]
                for pairs in _pieces(entry.items, 2)
            )
        case "stream":
            return (["XADD", id_, *fields] for id_, fields in entry.items)
        case "forget":
            return (["HDEL", *fields] for fields in _pieces(entry.items, 1))
        case _:
            return [["SET", entry.items[0]]]


def _pieces(items: Sequence[Any], each: int) -> Iterable[Sequence[Any]]:
    step = _PIECE * each
    return (items[start : start + step] for start in range(0, len(items), step))


def _set_end(session: Session, key: str, expires_ms: int) -> None:
    """An end that is over makes the key go at once."""
    if expires_ms:
        session.call("PEXPIREAT", key, max(expires_ms, time.time_ns() // 1_000_000 - 1))
    else:
        session.call("PERSIST", key)
