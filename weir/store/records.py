"""Records of one kind: consumers, keys, clients, users, issuers. Atomic steps on them, each told to the feed.

A change counts as done when it is on the server's disk, where the server can say so. Who replaces a record says which
one they saw (``etag``); what somebody else has changed meanwhile is never overwritten. Fields that a newer program
wrote and this one does not know stay.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Generic, Literal, NamedTuple

from weir.models.auth.records import Consumer
from weir.store.access_tokens import store_ms
from weir.store.connect import Client, Session
from weir.store.durability import on_disk
from weir.store.errors import StoreError
from weir.store.feed import FEED_LENGTH
from weir.store.keys import Keys
from weir.store.record_bytes import checked_id, decode_record, encode_record, etag_of, is_id, sha1_of
from weir.store.record_kinds import BASICS, CLIENTS, CONSUMERS, HMACS, KEYS, MOST_OF_OWNER, Kind, R
from weir.store.scripts import run_script

MAX_PAGE = 1000
DURABLE_MS = 2000

Created = Literal["created", "exists", "full", "orphan"]
"""``full``: as many as may be, of all or of its consumer. ``orphan``: its consumer does not exist."""
Replaced = Literal["replaced", "missing", "stale", "full", "orphan"]
"""``orphan``, ``full``: its consumer does not exist, or has as many as may be already."""
Removed = Literal["removed", "missing", "stale"]


class Kept(NamedTuple, Generic[R]):
    """A record as the store has it."""

    record: R
    etag: str
    """The first 16 hex digits of the SHA-256 of the stored bytes."""


class Records(Generic[R]):
    """Of one kind. Raises StoreAway and StoreError. After StoreAway nobody knows whether a change was made."""

    def __init__(self, client: Client, keys: Keys, kind: Kind[R]) -> None:
        self._client = client
        self._keys = keys
        self._kind = kind
        self._durable_ms = min(DURABLE_MS, int(client.timeout_s * 800))

    def get(self, id_: str) -> Kept[R] | None:
        data = self._bytes(id_) if is_id(id_) else None
        return None if data is None else self._kept(data)

    def create(self, record: R) -> Created:
        """Raises StoreError for an id that cannot be one, and for a record of more than 64 KiB."""
        id_, data = checked_id(self._kind.id_of(record)), encode_record(record)
        if self._kind.type is Consumer:
            made: Created = self._change_consumer(id_, data, "")
            return made
        with self._session() as session:
            done: Created = self._on_disk(
                session,
                run_script(
                    session,
                    "record_create",
                    head=self._keys.head(),
                    feed=self._keys.feed(),
                    records=self._keys.records(self._kind.name),
                    index=self._keys.record_index(self._kind.name),
                    consumers=self._owners(),
                    id=id_,
                    owner=self._owner(record),
                    record=data,
                    most=self._kind.most,
                    most_owned=MOST_OF_OWNER,
                    topic=self._kind.topic,
                    change=self._kind.change(id_),
                    feed_length=FEED_LENGTH,
                    wake=self._keys.wake(),
                ),
            )
        return done

    def replace(self, record: R, etag: str) -> Replaced:
        """The record of the same id, if it is still the one with ``etag``. Raises StoreError as ``create``, and for
        another consumer of what cannot be without one."""
        id_ = checked_id(self._kind.id_of(record))
        before = self._bytes(id_)
        if before is None:
            return "missing"
        if etag_of(before) != etag:
            return "stale"
        old_owner, owner = self._kind.owner_of(decode_record(self._kind, before)), self._owner(record)
        if self._kind.owner_required and owner != old_owner:
            raise StoreError(f"{id_} belongs to the consumer {old_owner}, and that cannot be changed")
        with self._session() as session:
            done: Replaced = self._on_disk(
                session,
                run_script(
                    session,
                    "record_replace",
                    head=self._keys.head(),
                    feed=self._keys.feed(),
                    records=self._keys.records(self._kind.name),
                    index=self._keys.record_index(self._kind.name),
                    consumers=self._owners(),
                    id=id_,
                    seen=sha1_of(before),
                    old_owner=old_owner,
                    owner=owner,
                    record=encode_record(record, before),
                    most_owned=MOST_OF_OWNER,
                    topic=self._kind.topic,
                    change=self._kind.change(id_),
                    feed_length=FEED_LENGTH,
                    wake=self._keys.wake(),
                ),
            )
        return done

    def remove(self, id_: str, etag: str = "") -> Removed:
        """Of a consumer: with its keys, basic logins and hmac keys; its clients lose it and are disabled. ``etag``
        empty: whatever it is now."""
        if not is_id(id_):
            return "missing"
        seen = ""
        if etag:
            before = self._bytes(id_)
            if before is not None and etag_of(before) != etag:
                return "stale"
            seen = sha1_of(before or b"")
        if self._kind.type is Consumer:
            ended: Removed = self._change_consumer(id_, b"", seen)
            return ended
        with self._session() as session:
            done: Removed = self._on_disk(
                session,
                run_script(
                    session,
                    "record_remove",
                    head=self._keys.head(),
                    feed=self._keys.feed(),
                    records=self._keys.records(self._kind.name),
                    index=self._keys.record_index(self._kind.name),
                    used=self._keys.credentials_used(),
                    id=id_,
                    seen=seen,
                    topic=self._kind.topic,
                    change=self._kind.change(id_),
                    feed_length=FEED_LENGTH,
                    wake=self._keys.wake(),
                ),
            )
        return done

    def page(self, owner: str = "", after: str = "", limit: int = 100) -> tuple[list[Kept[R]], str]:
        """At most ``limit`` of them in order of their ids (as bytes), after the id ``after``; of ``owner``, or all.
        The second value is ``after`` of the next page; empty: there is none. A page before the last may have fewer."""
        owner = owner if self._kind.owned else ""
        with self._session() as session:
            following, *rows = run_script(
                session,
                "record_page",
                records=self._keys.records(self._kind.name),
                index=self._keys.record_index(self._kind.name),
                owner=owner,
                after=after,
                limit=max(1, min(limit, MAX_PAGE)),
            )
        kept = [self._kept(data) for data in rows[1::2]]
        if owner:
            # The index of a restored backup may have a client under the consumer that it had before, too.
            kept = [each for each in kept if self._kind.owner_of(each.record) == owner]
        return kept, following.decode()

    def count(self) -> int:
        return int(self._client.call("HLEN", self._keys.records(self._kind.name)))

    def now_ms(self) -> int:
        """The store's clock, which ``created_ms`` and ``expires_ms`` are of."""
        with self._session() as session:
            return store_ms(session)

    def _change_consumer(self, name: str, record: bytes, seen: str) -> Any:
        """Made (``record``) or removed (empty)."""
        with self._session() as session:
            return self._on_disk(
                session,
                run_script(
                    session,
                    "consumer_change",
                    head=self._keys.head(),
                    feed=self._keys.feed(),
                    consumers=self._keys.records(CONSUMERS.name),
                    index=self._keys.record_index(CONSUMERS.name),
                    keys=self._keys.records(KEYS.name),
                    keys_index=self._keys.record_index(KEYS.name),
                    basics=self._keys.records(BASICS.name),
                    basics_index=self._keys.record_index(BASICS.name),
                    hmacs=self._keys.records(HMACS.name),
                    hmacs_index=self._keys.record_index(HMACS.name),
                    clients=self._keys.records(CLIENTS.name),
                    clients_index=self._keys.record_index(CLIENTS.name),
                    used=self._keys.credentials_used(),
                    name=name,
                    record=record,
                    seen=seen,
                    most=self._kind.most,
                    feed_length=FEED_LENGTH,
                    wake=self._keys.wake(),
                ),
            )

    def _on_disk(self, session: Session, done: bytes) -> Any:
        """What a script answered, when what it did is on the server's disk."""
        on_disk(session, self._durable_ms)
        return done.decode()

    def _owner(self, record: R) -> str:
        owner = self._kind.owner_of(record)
        if owner or self._kind.owner_required:
            checked_id(owner)
        return owner

    def _bytes(self, id_: str) -> bytes | None:
        found: bytes | None = self._client.call("HGET", self._keys.records(self._kind.name), id_)
        return found

    def _kept(self, data: bytes) -> Kept[R]:
        return Kept(decode_record(self._kind, data), etag_of(data))

    def _owners(self) -> str:
        """Where an owner must be. What nobody owns needs no other key: a script's keys are all asked for as if it
        wrote them (``acl``), and who keeps people's accounts may not write consumers."""
        return self._keys.records(CONSUMERS.name if self._kind.owned else self._kind.name)

    def _session(self) -> AbstractContextManager[Session]:
        return self._client.session(self._keys.records(self._kind.name))
