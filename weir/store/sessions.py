"""Sessions of the admin API: what a browser's cookie stands for. The cookie's value is not stored, only its hash.

A session has no role of its own: each use reads the access token that it began with, so that a token's end ends it too.
"""

from __future__ import annotations

import msgspec

from weir.models.auth.secret_text import hash_of, random_text
from weir.store.access_tokens import AccessToken, read_record, store_ms
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import run_script

MAX_SESSIONS = 1000
IDLE_MS = 12 * 3_600_000
ABSOLUTE_MS = 7 * 24 * 3_600_000
USED_STEP_MS = 60_000
SECRET = 43
"""Letters and digits: 256 bits."""


class SessionRecord(msgspec.Struct, frozen=True, kw_only=True):
    schema: int = 1
    token: str
    """The id of the access token."""
    csrf: str
    created_ms: int
    expires_ms: int


_decoder = msgspec.msgpack.Decoder(SessionRecord)


class Sessions:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def begin(self, token: str) -> tuple[str, SessionRecord]:
        """The cookie's value and what is kept; one more than fit ends the one that was silent longest."""
        secret = random_text(SECRET)
        with self._client.session(self._keys.sessions()) as session:
            now_ms = store_ms(session)
            record = SessionRecord(
                token=token, csrf=random_text(SECRET), created_ms=now_ms, expires_ms=now_ms + ABSOLUTE_MS
            )
            run_script(
                session,
                "transient_add",
                records=self._keys.sessions(),
                seen=self._keys.sessions_seen(),
                id=hash_of(secret),
                record=msgspec.msgpack.encode(record),
                idle_ms=IDLE_MS,
                longest_ms=ABSOLUTE_MS,
                most=MAX_SESSIONS,
            )
        return secret, record

    def use(self, secret: str) -> tuple[SessionRecord, AccessToken] | None:
        """None if there is none (any more)."""
        with self._client.session(self._keys.sessions()) as session:
            record, token = run_script(
                session,
                "session_use",
                records=self._keys.sessions(),
                seen=self._keys.sessions_seen(),
                tokens=self._keys.access_tokens(),
                id=hash_of(secret),
                idle_ms=IDLE_MS,
                step_ms=USED_STEP_MS,
            )
        return (read_session(record), read_record(token)) if record else None

    def end(self, session_id: str) -> None:
        """``session_id`` is the hash of the cookie's value; no error if there is none."""
        with self._client.session(self._keys.sessions()) as session:
            run_script(
                session,
                "transient_take",
                records=self._keys.sessions(),
                seen=self._keys.sessions_seen(),
                id=session_id,
                idle_ms=IDLE_MS,
            )


def read_session(data: bytes) -> SessionRecord:
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"a session in the store cannot be read: {error}") from error
