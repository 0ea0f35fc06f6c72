"""Sessions of people who signed in at the authorization server. Of the cookie's value only a hash is kept.

A session ends 12 hours after its last use, after 7 days, when the person's password changes or account is disabled (who
uses it compares), and when it is ended here.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from weir.models.auth.secret_text import hash_of, random_text
from weir.store.access_tokens import DURABLE_MS, store_ms
from weir.store.connect import Client
from weir.store.durability import on_disk
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import run_script

MAX_LOGINS = 100_000
MAX_OF_ONE = 20
"""Sessions of one person; one more ends the earliest."""
IDLE_MS = 12 * 3_600_000
ABSOLUTE_MS = 7 * 24 * 3_600_000
USED_STEP_MS = 60_000
SECRET = 43
"""Letters and digits: 256 bits."""


class LoginRecord(msgspec.Struct, frozen=True, kw_only=True):
    schema: int = 1
    user: str
    sid: str
    """What applications know the session by (``sid`` of ID tokens); it opens nothing."""
    csrf: str
    auth_ms: int
    """When the password was shown."""
    expires_ms: int
    stamp: str
    """Of the password that was shown: a session does not outlive it."""
    answered: str = ""
    """Hash of the address that asked for this very login (``prompt=login``): it need not ask again."""


class Login(NamedTuple):
    id: str
    """Hash of the cookie's value."""
    record: LoginRecord
    now_ms: int


_decoder = msgspec.msgpack.Decoder(LoginRecord)


class Logins:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._durable_ms = min(DURABLE_MS, int(client.timeout_s * 800))

    def begin(
        self, user: str, stamp: str, *, answered: str = "", before: str = ""
    ) -> tuple[str, LoginRecord]:
        """The cookie's value and what is kept. ``before``: id of the session that the browser had, which ends."""
        secret = random_text(SECRET)
        with self._client.session(self._keys.oauth_logins()) as session:
            now_ms = store_ms(session)
            record = LoginRecord(
                user=user,
                sid=random_text(22),
                csrf=random_text(SECRET),
                auth_ms=now_ms,
                expires_ms=now_ms + ABSOLUTE_MS,
                stamp=stamp,
                answered=answered,
            )
            run_script(
                session,
                "login_begin",
                logins=self._keys.oauth_logins(),
                seen=self._keys.oauth_logins_seen(),
                mine=self._keys.oauth_logins_of(user),
                id=hash_of(secret),
                record=msgspec.msgpack.encode(record),
                before=before,
                idle_ms=IDLE_MS,
                longest_ms=ABSOLUTE_MS,
                most=MAX_LOGINS,
                most_mine=MAX_OF_ONE,
            )
        return secret, record

    def use(self, secret: str) -> Login | None:
        """The session of a cookie; None if there is none (any more)."""
        return self.find(hash_of(secret))

    def find(self, login_id: str) -> Login | None:
        """The session of this id, whose silence ends."""
        with self._client.session(self._keys.oauth_logins()) as session:
            record, now_ms = run_script(
                session,
                "login_use",
                logins=self._keys.oauth_logins(),
                seen=self._keys.oauth_logins_seen(),
                id=login_id,
                idle_ms=IDLE_MS,
                step_ms=USED_STEP_MS,
            )
        return Login(login_id, _read(record), int(now_ms)) if record else None

    def end(self, user: str, login_id: str) -> int:
        """How many ended: 1 or 0. It counts as done when it is on the server's disk."""
        return self._end(user, login_id)

    def end_all(self, user: str) -> int:
        """All sessions of a person; with them end codes that were not redeemed. How many sessions there were."""
        return self._end(user, "")

    def _end(self, user: str, login_id: str) -> int:
        with self._client.session(self._keys.oauth_logins()) as session:
            ended = run_script(
                session,
                "login_end",
                logins=self._keys.oauth_logins(),
                seen=self._keys.oauth_logins_seen(),
                mine=self._keys.oauth_logins_of(user),
                id=login_id,
            )
            on_disk(session, self._durable_ms)
        return int(ended)


def _read(data: bytes) -> LoginRecord:
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"a session of a person in the store cannot be read: {error}") from error
