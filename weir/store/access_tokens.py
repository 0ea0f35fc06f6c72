"""Access tokens of the admin API: what is kept of them, and the atomic steps on them.

Only a hash of a token is here. A change counts as done when it is on the server's disk, where the server can say so.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from weir.models.auth.secret_text import SecretText, new_secret
from weir.store.connect import Client, Session
from weir.store.durability import on_disk
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import run_script

MAX_TOKENS = 1000
USED_STEP_MS = 60_000
"""A use within it is not noted again."""
DURABLE_MS = 2000
SCHEMA = 1

TokenRole = Literal["viewer", "editor", "admin"]


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    schema: int = SCHEMA
    id: str
    name: str
    role: TokenRole
    hash: str
    """Of the whole text; see ``weir.models.auth.secret_text``."""
    created_ms: int
    expires_ms: int
    created_by: str


class Standing(NamedTuple):
    """What it takes to judge a credential that was shown."""

    token: AccessToken | None
    """As it is kept: it may have expired."""
    last_used_ms: int
    failures: int
    """Wrong attempts of this address in the last minute."""
    wait_ms: int
    """Until they are forgotten."""
    now_ms: int


_decoder = msgspec.msgpack.Decoder(AccessToken)


class AccessTokens:
    """Raises StoreAway and StoreError. After StoreAway nobody knows whether a change was made."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._durable_ms = min(DURABLE_MS, int(client.timeout_s * 800))

    def make(
        self, name: str, role: TokenRole, life_s: int, by: str, *, first: bool = False
    ) -> tuple[SecretText, AccessToken] | Literal["full", "admin"]:
        """A new token; ``first`` makes it only while no admin's token is good ("admin" otherwise)."""
        with self._session() as session:
            text, record = self._new(session, name, role, life_s, by)
            done = run_script(
                session,
                "token_add",
                tokens=self._keys.access_tokens(),
                id=record.id,
                record=msgspec.msgpack.encode(record),
                most=MAX_TOKENS,
                first=int(first),
            )
            if done != b"added":
                return "admin" if done == b"admin" else "full"
            on_disk(session, self._durable_ms)
        return text, record

    def rotate(
        self, old: AccessToken, life_s: int, overlap_s: int, by: str
    ) -> tuple[SecretText, AccessToken] | Literal["full", "missing"]:
        """A token of the same name and role; ``old`` ends after ``overlap_s``."""
        with self._session() as session:
            text, record = self._new(session, old.name, old.role, life_s, by)
            done = run_script(
                session,
                "token_rotate",
                tokens=self._keys.access_tokens(),
                used=self._keys.access_tokens_used(),
                id=old.id,
                overlap_ms=overlap_s * 1000,
                new_id=record.id,
                record=msgspec.msgpack.encode(record),
                most=MAX_TOKENS,
            )
            if done != b"rotated":
                return "missing" if done == b"missing" else "full"
            on_disk(session, self._durable_ms)
        return text, record

    def remove(self, token_id: str, *, force: bool) -> Literal["removed", "missing", "last"]:
        """``last``: no admin's token would be left, and it was not forced."""
        with self._session() as session:
            done: bytes = run_script(
                session,
                "token_remove",
                tokens=self._keys.access_tokens(),
                used=self._keys.access_tokens_used(),
                id=token_id,
                force=int(force),
            )
            if done == b"removed":
                on_disk(session, self._durable_ms)
                return "removed"
        return "last" if done == b"last" else "missing"

    def get(self, token_id: str) -> AccessToken | None:
        found = self._client.call("HGET", self._keys.access_tokens(), token_id)
        return None if found is None else read_record(found)

    def all(self) -> list[tuple[AccessToken, int]]:
        """Every token that is kept, with the milliseconds of its last use (0: never)."""
        tokens = self._client.call("HGETALL", self._keys.access_tokens())
        used = self._client.call("HGETALL", self._keys.access_tokens_used())
        return [(read_record(record), int(used.get(name, 0))) for name, record in tokens.items()]

    def standing(self, token_id: str, address: str) -> Standing:
        """Of a token and of the address that shows it, in one round trip."""
        with self._session() as session:
            record, used, failures, wait_ms, now_ms = run_script(
                session,
                "token_read",
                tokens=self._keys.access_tokens(),
                used=self._keys.access_tokens_used(),
                failures=self._keys.login_failures(address),
                id=token_id,
            )
        return Standing(read_record(record) if record else None, used, failures, wait_ms, now_ms)

    def note_use(self, token_id: str, now_ms: int) -> None:
        with self._session() as session:
            run_script(
                session,
                "token_used",
                tokens=self._keys.access_tokens(),
                used=self._keys.access_tokens_used(),
                id=token_id,
                now_ms=now_ms - now_ms % USED_STEP_MS,
            )

    def _session(self) -> Any:
        return self._client.session(self._keys.access_tokens())

    def _new(
        self, session: Session, name: str, role: TokenRole, life_s: int, by: str
    ) -> tuple[SecretText, AccessToken]:
        text, now_ms = new_secret("weirt"), store_ms(session)
        return text, AccessToken(
            id=text.id,
            name=name,
            role=role,
            hash=text.hash(),
            created_ms=now_ms,
            expires_ms=now_ms + life_s * 1000,
            created_by=by,
        )


def read_record(data: bytes) -> AccessToken:
    """Raises StoreError for what this program cannot read."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"an access token in the store cannot be read: {error}") from error


def store_ms(session: Session) -> int:
    """The store's clock, in milliseconds: the one by which things expire."""
    seconds, micros = session.call("TIME")
    return int(seconds) * 1000 + int(micros) // 1000
