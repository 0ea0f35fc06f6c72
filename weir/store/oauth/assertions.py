"""Which assertions of clients were used already (``jti``, RFC 7523 §3): each is good once, while it is good at all.

Not waited for on the server's disk: a store that is killed forgets at most what came in its last second.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.scripts import run_script

MAX_ASSERTIONS = 100_000

Use = Literal["used", "replayed", "full"]


class Assertions:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def use(self, client_id: str, jti: str, ends_s: int) -> Use:
        """``used``: for the first time. ``full``: it cannot be told, so it must not count."""
        name = hashlib.sha256(f"{client_id}\0{jti}".encode(errors="surrogatepass")).hexdigest()
        with self._client.session(self._keys.assertions()) as session:
            done: bytes = run_script(
                session,
                "assertion_use",
                assertions=self._keys.assertions(),
                name=name,
                ends_s=ends_s,
                most=MAX_ASSERTIONS,
            )
        word: Use = done.decode()  # type: ignore[assignment]  # the script has no other
        return word
