"""A new API key in the place of another, in one step: the old one ends at once, or after an overlap.

A key that the old one had replaced, and that has ended, is removed with it: rotating for years fills nothing.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from weir.models.auth.records import ApiKey
from weir.store.access_tokens import store_ms
from weir.store.connect import Client, Session
from weir.store.durability import on_disk
from weir.store.feed import FEED_LENGTH
from weir.store.keys import Keys
from weir.store.record_bytes import checked_id, decode_record, encode_record, sha1_of
from weir.store.record_kinds import CONSUMERS, KEYS, MOST_OF_OWNER
from weir.store.records import DURABLE_MS
from weir.store.scripts import run_script

TRIES = 5
"""While somebody else changes the key that is rotated."""

Rotated = Literal["rotated", "missing", "stale", "exists", "full", "orphan"]
"""``missing``: there is no such key, or it has ended. ``stale``: somebody else kept changing it."""


class _Stored(NamedTuple):
    id: str
    data: bytes
    key: ApiKey


def rotate_key(client: Client, keys: Keys, old: str, new: ApiKey, overlap_ms: int) -> Rotated:
    """``new`` gets the old one's consumer and says what it replaces; the old one ends after ``overlap_ms``, but never
    later than it would have; 0 removes it. Raises StoreAway (nobody knows then) and StoreError."""
    checked_id(new.id)
    with client.session(keys.records(KEYS.name)) as session:
        for _ in range(TRIES):
            done = _rotate(session, keys, old, new, overlap_ms)
            if done != "stale":
                on_disk(session, min(DURABLE_MS, int(client.timeout_s * 800)))
                return done
    return "stale"


def _rotate(session: Session, keys: Keys, old: str, new: ApiKey, overlap_ms: int) -> Rotated:
    now_ms, known = store_ms(session), _read(session, keys, old)
    if known is None or 0 < known.key.expires_ms <= now_ms:
        return "missing"
    before = _read(session, keys, known.key.replaces) if known.key.replaces else None
    if before is None or before.key.consumer != known.key.consumer or not 0 < before.key.expires_ms <= now_ms:
        before = None
    made = msgspec.structs.replace(new, consumer=known.key.consumer, replaces=old)
    done: bytes = run_script(
        session,
        "key_rotate",
        head=keys.head(),
        feed=keys.feed(),
        records=keys.records(KEYS.name),
        index=keys.record_index(KEYS.name),
        consumers=keys.records(CONSUMERS.name),
        used=keys.credentials_used(),
        owner=known.key.consumer,
        old=old,
        seen=sha1_of(known.data),
        old_record=_ending(known, now_ms, overlap_ms),
        new=new.id,
        record=encode_record(made),
        before=before.id if before else "",
        before_seen=sha1_of(before.data) if before else "",
        most=KEYS.most,
        most_owned=MOST_OF_OWNER,
        feed_length=FEED_LENGTH,
        wake=keys.wake(),
    )
    return done.decode()  # type: ignore[return-value]


def _ending(known: _Stored, now_ms: int, overlap_ms: int) -> bytes:
    """What the old key becomes; empty: nothing."""
    if overlap_ms <= 0:
        return b""
    ends_ms = now_ms + overlap_ms
    if 0 < known.key.expires_ms <= ends_ms:
        return known.data
    return encode_record(msgspec.structs.replace(known.key, expires_ms=ends_ms), known.data)


def _read(session: Session, keys: Keys, id_: str) -> _Stored | None:
    data = session.call("HGET", keys.records(KEYS.name), id_)
    return None if data is None else _Stored(id_, data, decode_record(KEYS, data))
