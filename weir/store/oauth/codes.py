"""Authorization codes (RFC 6749 §4.1): good once, for a minute. Of a code only a hash is kept.

A code that was redeemed is remembered for ten minutes: whoever shows it again stole it, or had it stolen, so the tokens
that it brought are revoked (RFC 6749 §4.1.2, RFC 9700 §2.1.1).
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from weir.models.auth.secret_text import hash_of, random_text
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import run_script

LIFE_MS = 60_000
KEEP_MS = 600_000
MAX_CODES = 100_000
SECRET = 43
"""Letters and digits: 256 bits."""


class CodeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a person allowed an application, until the application comes for it."""

    schema: int = 1
    client: str
    user: str
    login: str
    """Hash of the session in which it was allowed: a code ends with it."""
    redirect_uri: str = ""
    """As the application asked; empty if it left it out."""
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    """Whom the tokens are for (RFC 8707)."""
    challenge: str
    """PKCE, S256."""
    nonce: str = ""
    auth_ms: int
    """When the person signed in."""
    sid: str = ""
    """Of the session, for the ID token."""
    allowed_ms: int = 0
    """When the person said yes."""


class Taken(NamedTuple):
    """``record`` is None where the code was shown before: ``family`` names the tokens to revoke."""

    record: CodeRecord | None
    family: str


_decoder = msgspec.msgpack.Decoder(CodeRecord)


class Codes:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def make(self, record: CodeRecord) -> str:
        """The code; empty if there are too many."""
        code = random_text(SECRET)
        with self._client.session(self._keys.oauth_codes()) as session:
            kept = run_script(
                session,
                "code_keep",
                codes=self._keys.oauth_codes(),
                made=self._keys.oauth_codes_made(),
                id=hash_of(code),
                record=msgspec.msgpack.encode(record),
                keep_ms=KEEP_MS,
                most=MAX_CODES,
            )
        return code if kept else ""

    def take(self, code: str, family: str) -> Taken | None:
        """Whatever becomes of it: the code is used up. ``family``: of the tokens that are going to be made."""
        with self._client.session(self._keys.oauth_codes()) as session:
            word, value = run_script(
                session,
                "code_take",
                codes=self._keys.oauth_codes(),
                made=self._keys.oauth_codes_made(),
                id=hash_of(code),
                family=family,
                life_ms=LIFE_MS,
            )
        if word == b"new":
            return Taken(_read(value), family)
        return Taken(None, value.decode()) if word == b"replay" else None

    def is_settled(self, code: str, family: str) -> bool:
        """Asked when the tokens are made. False: the code was shown again meanwhile; they are to be revoked."""
        with self._client.session(self._keys.oauth_codes()) as session:
            return bool(
                run_script(
                    session,
                    "code_settled",
                    codes=self._keys.oauth_codes(),
                    id=hash_of(code),
                    family=family,
                )
            )


def _read(data: bytes) -> CodeRecord:
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"an authorization code in the store cannot be read: {error}") from error
