"""Attempts that may turn out wrong (a password, a user code), counted over all processes before they are judged.

Counted first and taken back when right, so that many at the same time cannot all slip through before the first is known
to be wrong. Two bounds at once, such as by address and by user name: where one is reached, nothing is counted.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.scripts import run_script


class Bound(NamedTuple):
    """At most so many attempts of one subject, from the first on within a window."""

    subject: str
    """Such as ``login-address 192.0.2.1``; any text, as only a hash of it enters a key."""
    most: int
    window_ms: int


class Attempts:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def take(self, first: Bound, second: Bound) -> int:
        """0: counted, go on. Else the milliseconds to wait, and nothing was counted."""
        with self._client.session(self._key(first)) as session:
            wait_ms = run_script(
                session,
                "attempt_take",
                first=self._key(first),
                second=self._key(second),
                first_most=first.most,
                first_window_ms=first.window_ms,
                second_most=second.most,
                second_window_ms=second.window_ms,
            )
        return int(wait_ms)

    def take_back(self, first: Bound, second: Bound) -> None:
        """The attempt was right: it counts no more."""
        with self._client.session(self._key(first)) as session:
            run_script(session, "attempt_back", first=self._key(first), second=self._key(second), count=1)

    def _key(self, bound: Bound) -> str:
        return self._keys.attempts(hashlib.sha256(bound.subject.encode()).hexdigest()[:32])
