"""A client that registers itself takes one of what its initial token has left, in one step (RFC 7591 §3)."""

from __future__ import annotations

from typing import Literal

from weir.models.auth.records import InitialToken, OAuthClient
from weir.models.auth.secret_text import SecretText
from weir.store.access_tokens import DURABLE_MS
from weir.store.connect import Client
from weir.store.durability import on_disk
from weir.store.feed import FEED_LENGTH
from weir.store.keys import Keys
from weir.store.record_bytes import checked_id, encode_record
from weir.store.record_kinds import CLIENTS, INITIALS
from weir.store.records import Records
from weir.store.scripts import run_script

Registered = Literal["registered", "unknown", "exists", "full"]
"""``unknown``: no such initial token, or it is disabled, has expired or has nothing left."""


class Registration:
    """Raises StoreAway and StoreError. After StoreAway nobody knows whether a client was made."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._initials = Records(client, keys, INITIALS)
        self._durable_ms = min(DURABLE_MS, int(client.timeout_s * 800))

    def initial(self, token_id: str) -> InitialToken | None:
        """As it is kept: it may have expired."""
        kept = self._initials.get(token_id)
        return kept.record if kept else None

    def now_ms(self) -> int:
        """The store's clock."""
        return self._initials.now_ms()

    def register(self, initial: SecretText, record: OAuthClient) -> Registered:
        with self._client.session(self._keys.head()) as session:
            done: bytes = run_script(
                session,
                "client_register",
                head=self._keys.head(),
                feed=self._keys.feed(),
                initials=self._keys.records(INITIALS.name),
                clients=self._keys.records(CLIENTS.name),
                index=self._keys.record_index(CLIENTS.name),
                initial=initial.id,
                hash=initial.hash(),
                id=checked_id(record.id),
                record=encode_record(record),
                most=CLIENTS.most,
                feed_length=FEED_LENGTH,
                wake=self._keys.wake(),
            )
            on_disk(session, self._durable_ms)
        word: Registered = done.decode()  # type: ignore[assignment]  # the script has no other
        return word
