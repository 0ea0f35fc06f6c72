"""What people allowed applications, so that they are not asked for the same again."""

from __future__ import annotations

import msgspec

from weir.store.access_tokens import DURABLE_MS, store_ms
from weir.store.connect import Client
from weir.store.durability import on_disk
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import run_script

KEEP_MS = 400 * 24 * 3_600_000
"""After the newest of a person."""
MAX_OF_ONE = 200
"""Applications of one person; for more the person is asked each time."""


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    schema: int = 1
    scopes: tuple[str, ...]
    given_ms: int


_decoder = msgspec.msgpack.Decoder(Consent)


class Consents:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._durable_ms = min(DURABLE_MS, int(client.timeout_s * 800))

    def covers(self, user: str, client: str, scopes: tuple[str, ...], *, since_ms: int = 0) -> bool:
        """Whether the person allowed the application all of these, not before ``since_ms``: what was allowed by or to
        somebody of the same name who is gone does not count."""
        found = self._client.call("HGET", self._keys.oauth_consents(user), client)
        if found is None:
            return False
        consent = _read(found)
        return consent.given_ms >= since_ms and set(scopes) <= set(consent.scopes)

    def give(self, user: str, client: str, scopes: tuple[str, ...], *, since_ms: int = 0) -> bool:
        """Remembered, beside what was allowed since ``since_ms``. False: there are too many applications already."""
        key = self._keys.oauth_consents(user)
        with self._client.session(key) as session:
            found = session.call("HGET", key, client)
            before = _read(found) if found else None
            # Two at once: one of them is forgotten, and the person is asked again.
            kept = before.scopes if before is not None and before.given_ms >= since_ms else ()
            all_of_it = dict.fromkeys((*kept, *scopes))
            record = Consent(scopes=tuple(all_of_it), given_ms=store_ms(session))
            return bool(
                run_script(
                    session,
                    "consent_keep",
                    consents=key,
                    client=client,
                    record=msgspec.msgpack.encode(record),
                    keep_ms=KEEP_MS,
                    most=MAX_OF_ONE,
                )
            )

    def all(self, user: str) -> dict[str, Consent]:
        """By client."""
        found = self._client.call("HGETALL", self._keys.oauth_consents(user))
        return {client.decode(): _read(record) for client, record in sorted(found.items())}

    def revoke(self, user: str, client: str) -> bool:
        """Whether there was one. It counts as done when it is on the server's disk."""
        key = self._keys.oauth_consents(user)
        with self._client.session(key) as session:
            removed = session.call("HDEL", key, client)
            on_disk(session, self._durable_ms)
        return bool(removed)


def _read(data: bytes) -> Consent:
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"a consent in the store cannot be read: {error}") from error
