"""Everything in the store that is sealed with the key ring: found, tried, sealed again with the newest key.

Whoever seals something new in the store adds its place here; ``weir secret remove`` trusts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from weir.secrets.ring import KeyRing
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.record_kinds import HMACS
from weir.store.records import MAX_PAGE, Records
from weir.store.signing import SigningStore

TRIES = 5
"""While somebody else changes the same record."""


class Sealed(NamedTuple):
    purpose: str
    bound: str
    """What it is and where, such as ``hmac:<id>``."""
    data: bytes


class SealedPlaces:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._hmacs = Records(client, keys, HMACS)
        self._signing = SigningStore(client, keys)

    def every(self) -> Iterator[Sealed]:
        """What is made meanwhile may be missing."""
        after = ""
        while True:
            page, after = self._hmacs.page(after=after, limit=MAX_PAGE)
            yield from (Sealed("store", hmac_bound(kept.record.id), kept.record.sealed) for kept in page)
            if not after:
                break
        yield from (Sealed("signing", key.bound, key.sealed) for key in self._signing.read().keys)

    def seal_again(self, found: Sealed, ring: KeyRing) -> bool:
        """With the newest key of its purpose; False if it is gone. Raises SecretsError if the ring cannot open it."""
        for _ in range(TRIES):
            done = self._signing_key(found, ring) if found.purpose == "signing" else self._hmac(found, ring)
            if done is not None:
                return done
        raise StoreError(f"somebody else keeps changing {found.bound}; try again")

    def _hmac(self, found: Sealed, ring: KeyRing) -> bool | None:
        """None: somebody else changed it meanwhile."""
        kept = self._hmacs.get(found.bound.removeprefix(hmac_bound("")))
        if kept is None:
            return False
        sealed = _again(Sealed("store", found.bound, kept.record.sealed), ring)
        done = self._hmacs.replace(msgspec.structs.replace(kept.record, sealed=sealed), kept.etag)
        return {"replaced": True, "stale": None}.get(done, False)

    def _signing_key(self, found: Sealed, ring: KeyRing) -> bool | None:
        read = self._signing.read()
        key = next((each for each in read.keys if each.bound == found.bound), None)
        if key is None or read.public is None:
            return False
        sealed = _again(Sealed("signing", key.bound, key.sealed), ring)
        new = msgspec.structs.replace(key, sealed=sealed)
        return True if self._signing.write(read.revision, read.public, put=[new]) else None


def hmac_bound(id_: str) -> str:
    """What the secret of an hmac key is bound to."""
    return f"hmac:{id_}"


def _again(found: Sealed, ring: KeyRing) -> bytes:
    return ring.seal(found.purpose, ring.open(found.purpose, found.data, found.bound), found.bound)
