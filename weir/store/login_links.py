"""One-time links: each begins one session, soon, as the access token that made it. Only a hash is stored."""

from __future__ import annotations

import msgspec

from weir.models.auth.secret_text import hash_of, random_text
from weir.store.access_tokens import store_ms
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.scripts import run_script

LIFE_MS = 15 * 60_000
MAX_LINKS = 100
SECRET = 43


class LoginLinks:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def make(self, token: str) -> tuple[str, int]:
        """The secret, and the milliseconds when it ends; one more than fit ends the oldest."""
        secret = random_text(SECRET)
        with self._client.session(self._keys.login_links()) as session:
            run_script(
                session,
                "transient_add",
                records=self._keys.login_links(),
                seen=self._keys.login_links_made(),
                id=hash_of(secret),
                record=msgspec.msgpack.encode(token),
                idle_ms=LIFE_MS,
                longest_ms=LIFE_MS,
                most=MAX_LINKS,
            )
            return secret, store_ms(session) + LIFE_MS

    def take(self, secret: str) -> str:
        """The id of the access token, once; empty if the link is none, was used, or is too old."""
        with self._client.session(self._keys.login_links()) as session:
            record: bytes = run_script(
                session,
                "transient_take",
                records=self._keys.login_links(),
                seen=self._keys.login_links_made(),
                id=hash_of(secret),
                idle_ms=LIFE_MS,
            )
        return msgspec.msgpack.decode(record, type=str) if record else ""
