"""Opaque access tokens, for clients whose tokens are to say nothing: a record each, until they end. Of a token only a
hash is kept. Nodes read them as verifiers of the kind ``opaque``."""

from __future__ import annotations

import msgspec

from weir.models.auth.secret_text import SecretText
from weir.store.access_tokens import DURABLE_MS
from weir.store.connect import Client
from weir.store.durability import on_disk
from weir.store.errors import StoreError
from weir.store.feed import FEED_LENGTH
from weir.store.keys import Keys
from weir.store.scripts import run_script

MAX_TOKENS = 200_000


class OpaqueToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a JWT would say. Times are milliseconds of the issuer's clock."""

    schema: int = 1
    id: str
    hash: str
    """SHA-256 of the whole text, hex."""
    client: str
    subject: str
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    created_ms: int
    expires_ms: int
    sid: str = ""
    """Of the family that it belongs to; it ends with it."""
    act: str = ""
    """Who acts for the subject, as the JSON of the claim (RFC 8693 §4.1); empty: nobody."""


_decoder = msgspec.msgpack.Decoder(OpaqueToken)


class OpaqueTokens:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._durable_ms = min(DURABLE_MS, int(client.timeout_s * 800))

    def keep(self, token: OpaqueToken) -> bool:
        """False: there are too many."""
        with self._client.session(self._keys.opaque_tokens()) as session:
            kept = run_script(
                session,
                "opaque_keep",
                opaque=self._keys.opaque_tokens(),
                opaque_ends=self._keys.opaque_ends(),
                opaque_index=self._keys.opaque_index(),
                id=token.id,
                sid=token.sid,
                record=msgspec.msgpack.encode(token),
                ends_ms=token.expires_ms,
                most=MAX_TOKENS,
            )
        return bool(kept)

    def get(self, token: SecretText) -> OpaqueToken | None:
        """As it is kept: it may have expired, and its hash is not compared."""
        found = self._client.call("HGET", self._keys.opaque_tokens(), token.id)
        return None if found is None else read_opaque(found)

    def revoke(self, token_id: str) -> bool:
        """False: there was none (any more)."""
        with self._client.session(self._keys.opaque_tokens()) as session:
            known = run_script(
                session,
                "opaque_forget",
                head=self._keys.head(),
                feed=self._keys.feed(),
                opaque=self._keys.opaque_tokens(),
                opaque_ends=self._keys.opaque_ends(),
                opaque_index=self._keys.opaque_index(),
                id=token_id,
                feed_length=FEED_LENGTH,
                wake=self._keys.wake(),
            )
            on_disk(session, self._durable_ms)
        return bool(known)


def read_opaque(data: bytes) -> OpaqueToken:
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"an opaque token in the store cannot be read: {error}") from error
