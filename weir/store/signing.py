"""The keys that sign access tokens: sealed private ones for auth processes, public ones for everybody.

A writer gives the revision that it read; of several at once one wins, and the others read again. Private keys are
sealed with the key ring's purpose ``signing``, bound to ``signing:<kid>``; nothing here can open them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from weir.store.connect import Client
from weir.store.durability import on_disk
from weir.store.errors import StoreError
from weir.store.feed import FEED_LENGTH
from weir.store.keys import Keys
from weir.store.scripts import Value, run_script

TOPIC = "signing"
SCHEMA = 1
MAX_KEYS = 32
DURABLE_MS = 2000


class SealedKey(msgspec.Struct, frozen=True, kw_only=True):
    """One signing key. Times are milliseconds of the store's clock."""

    schema: int = SCHEMA
    kid: str
    algorithm: str
    """``ES256``."""
    public: str
    """JSON Web Key, with ``kid``, ``alg`` and ``use``."""
    sealed: bytes
    """The private JSON Web Key, encrypted."""
    created_ms: int
    signs_from_ms: int
    """Published before, so that whoever keeps keys has it by then. The newest of these in the past signs."""

    @property
    def bound(self) -> str:
        """What the sealed key is bound to."""
        return f"signing:{self.kid}"


class AuthPublic(msgspec.Struct, frozen=True, kw_only=True):
    """What nodes need to verify access tokens of ``weir auth``."""

    schema: int = SCHEMA
    issuer: str
    """``iss``, exactly."""
    jwks: str
    """JSON Web Key Set, public keys only."""


class Signing(NamedTuple):
    revision: int
    keys: tuple[SealedKey, ...]
    """By when they sign, earliest first."""
    public: AuthPublic | None
    now_ms: int


_keys = msgspec.msgpack.Decoder(SealedKey)
_public = msgspec.msgpack.Decoder(AuthPublic)


class SigningStore:
    """Raises StoreAway and StoreError. After StoreAway nobody knows whether a change was made."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._durable_ms = min(DURABLE_MS, int(client.timeout_s * 800))

    def read(self) -> Signing:
        with self._client.session(self._keys.signing()) as session:
            fields = session.call("HGETALL", self._keys.signing())
            public = session.call("GET", self._keys.auth_public())
            seconds, micros = session.call("TIME")
        revision = int(fields.pop(b"revision", 0))
        found = sorted(map(read_key, fields.values()), key=lambda key: (key.signs_from_ms, key.kid))
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        return Signing(revision, tuple(found), read_public(public), now_ms)

    def write(
        self,
        revision: int,
        public: AuthPublic,
        *,
        put: Iterable[SealedKey] = (),
        remove: Iterable[str] = (),
        change: str = "",
    ) -> int:
        """The new revision; 0 if somebody else wrote since ``revision`` was read. ``change`` is for the feed."""
        changed: dict[str, bytes] = {key.kid: msgspec.msgpack.encode(key) for key in put}
        changed |= dict.fromkeys(remove, b"")
        flat: list[Value] = [value for pair in changed.items() for value in pair]
        with self._client.session(self._keys.signing()) as session:
            new: int = run_script(
                session,
                "signing_write",
                head=self._keys.head(),
                feed=self._keys.feed(),
                signing=self._keys.signing(),
                public=self._keys.auth_public(),
                revision=revision,
                new_public=msgspec.msgpack.encode(public),
                change=change or "keys",
                feed_length=FEED_LENGTH,
                wake=self._keys.wake(),
                changed=flat,
            )
            if new:
                on_disk(session, self._durable_ms)
        return new

    def public(self) -> AuthPublic | None:
        """None: no ``weir auth`` has worked on this store yet."""
        return read_public(self._client.call("GET", self._keys.auth_public()))


def read_key(data: bytes) -> SealedKey:
    try:
        return _keys.decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"a signing key in the store cannot be read: {error}") from error


def read_public(data: bytes | None) -> AuthPublic | None:
    """Of the bytes at ``Keys.auth_public``. Raises StoreError for what this program cannot read."""
    try:
        return None if data is None else _public.decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"the public keys in the store cannot be read: {error}") from error
