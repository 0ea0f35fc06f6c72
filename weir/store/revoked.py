"""Tokens that were revoked before their end: of a token its ``jti``, of all tokens of a family its ``sid``.

Each is kept until the last of them would have ended, never less: when no more fit, revoking is refused, and whoever
revokes takes a wider way (``not_before_ms`` of the client).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from weir.store.connect import Client
from weir.store.durability import on_disk
from weir.store.errors import StoreError
from weir.store.feed import FEED_LENGTH
from weir.store.keys import Keys
from weir.store.scripts import run_script

TOPIC = "revoked"
MAX_REVOKED = 100_000
MAX_VALUE = 128
"""Characters of a value."""
DURABLE_MS = 2000
_PART = 1000


class Revoked:
    """Of one cluster. Raises StoreAway and StoreError. After StoreAway nobody knows whether it was revoked."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._durable_ms = min(DURABLE_MS, int(client.timeout_s * 800))

    def add(self, value: str, ends_s: int) -> Literal["revoked", "full"]:
        """Until ``ends_s`` (Unix time), or later if that was said before. It is on the server's disk then."""
        if not 0 < len(value) <= MAX_VALUE:
            raise StoreError(f"what is revoked has a name of 1 to {MAX_VALUE} characters, not {len(value)}")
        with self._client.session(self._keys.revoked()) as session:
            done: bytes = run_script(
                session,
                "revoke",
                head=self._keys.head(),
                feed=self._keys.feed(),
                revoked=self._keys.revoked(),
                value=value,
                ends_s=ends_s,
                most=MAX_REVOKED,
                feed_length=FEED_LENGTH,
                wake=self._keys.wake(),
            )
            on_disk(session, self._durable_ms)
        return "revoked" if done == b"revoked" else "full"

    def ends(self, values: Sequence[str]) -> dict[str, int]:
        """Those of ``values`` that are revoked, with the seconds of their ends."""
        if not values:
            return {}
        found = self._client.call("ZMSCORE", self._keys.revoked(), *values)
        return {value: int(end) for value, end in zip(values, found, strict=True) if end is not None}

    def all(self) -> Iterator[dict[str, int]]:
        """All of them in parts; what is revoked meanwhile may be missing (the feed tells of it), nothing else is."""
        cursor = 0
        while True:
            cursor, found = self._client.call("ZSCAN", self._keys.revoked(), cursor, "COUNT", _PART)
            yield {value.decode(): int(end) for value, end in found}
            if not cursor:
                return

    def count(self) -> int:
        """With those whose end is past and which nobody has removed yet."""
        return int(self._client.call("ZCARD", self._keys.revoked()))
