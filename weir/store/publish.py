"""Publishing: one owner's new document becomes current in one atomic step, or the publisher learns why not.

The decision is ``publish.lua``'s alone. Around it, this file sends only the chunks that the store lacks, waits until
the write is on the disk, and never says "done" when it is not known.
"""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from weir.models.document import OWNERS, Document, Owner
from weir.models.version import MIN_READER
from weir.store.chunks import EncodedChunk, split
from weir.store.connect import Client, Session
from weir.store.durability import on_disk
from weir.store.errors import StoreAway, StoreError, VersionGone
from weir.store.keys import Keys
from weir.store.scripts import Value, run_script
from weir.store.versions import Versions

MAX_PUBLISH_BYTES = 64 * 1024 * 1024
"""Chunk bytes sent in one publish."""
MAX_CHUNKS = 16_384
"""Of one owner: about a million definitions."""
MAX_TEXT = {"author": 256, "message": 4096, "publish_id": 128, "incarnation": 128}
"""Characters."""
_SENDINGS = 4
"""The first without chunks, then with those that lack; again if the history dropped others meanwhile."""


class Published(msgspec.Struct, frozen=True):
    """It is current."""

    number: int
    incarnation: str
    durable: bool | None
    """True: on the server's disk. False: this server keeps nothing on disk. None: it cannot tell (before 7.2)."""


class AlreadyPublished(msgspec.Struct, frozen=True):
    """This publish id became ``number`` before; ``durable`` as in Published."""

    number: int
    durable: bool | None


class Unchanged(msgspec.Struct, frozen=True):
    """The owner's document is what it already has, since its publish ``number``."""

    number: int


class Conflict(msgspec.Struct, frozen=True):
    """Somebody published for the same owner after ``base``: who won, when and why."""

    number: int
    author: str
    time_ms: int
    message: str


class Behind(msgspec.Struct, frozen=True):
    """The store lost the publish that ``base`` names; the last that it knows of this owner is ``number``."""

    number: int


class Foreign(msgspec.Struct, frozen=True):
    """The store is another one than expected."""

    incarnation: str


class Empty(msgspec.Struct, frozen=True):
    """The store is empty, though it was expected not to be; it is not filled again by itself."""


class Unknown(msgspec.Struct, frozen=True):
    """It may be current or not, or may not outlive a crash. Repeating with the same publish id is safe and tells."""

    check: int
    """The version to look at; 0 if not even that is known."""
    publish_id: str
    reason: str


Reply = list[Any]
"""Of ``publish.lua``."""
Outcome = Published | AlreadyPublished | Unchanged | Conflict | Behind | Foreign | Empty | Unknown


def new_publish_id() -> str:
    return secrets.token_hex(16)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to publish, and what they saw."""

    owner: Owner
    base: int
    """``Head.owners[owner]`` as the editor saw it; 0 if the owner had published nothing."""
    author: str
    message: str = ""
    publish_id: str = msgspec.field(default_factory=new_publish_id)
    """Keep it over repetitions of one publish: they become one version."""
    incarnation: str = ""
    """Of the store that the editor saw; empty if it has seen none, then any will do."""


class Publisher:
    """Publishes documents.

    ``history`` and ``feed_length`` are how many versions and changes the store keeps; ``durable_ms`` is how long a
    publish waits for the disk, at most four fifths of the client's timeout.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        history: int = 100,
        feed_length: int = 1000,
        durable_ms: int = 2000,
    ) -> None:
        self._client = client
        self._keys = keys
        self._history = history
        self._feed_length = feed_length
        self._durable_ms = min(durable_ms, int(client.timeout_s * 800))

    def publish(self, draft: Draft, document: Document) -> Outcome:
        """Make ``document`` current for its owner.

        Raises StoreAway only where surely nothing was published, and StoreError if the draft is not acceptable.
        """
        return self.publish_chunks(draft, split(document))

    def publish_chunks(self, draft: Draft, chunks: tuple[EncodedChunk, ...]) -> Outcome:
        """``publish`` of a document that was split before, elsewhere than where publishing must not take long."""
        return self._publish(draft, chunks, MIN_READER)

    def restore(self, draft: Draft, number: int) -> Outcome:
        """Publish again what version ``number`` held for the draft's owner; raises VersionGone if it is not kept."""
        versions = Versions(self._client, self._keys)
        manifest = versions.manifest(number)
        if manifest is None:
            raise VersionGone(number)
        hashes = manifest.chunks.get(draft.owner, ())
        data = versions.fetch_chunks(hashes)
        return self._publish(
            draft, tuple(EncodedChunk(name, data[name]) for name in hashes), manifest.min_reader
        )

    def outcome(self, publish_id: str) -> int | None:
        """The number that a publish id became; None if it became none, or one that left the history."""
        found = self._client.call("HGET", self._keys.publish_ids(), publish_id)
        return None if found is None else int(found)

    def _publish(self, draft: Draft, chunks: tuple[EncodedChunk, ...], min_reader: int) -> Outcome:
        check(draft, chunks)
        with self._client.session(self._keys.head()) as session:
            try:
                reply = self._send(session, draft, chunks, min_reader)
            except StoreAway as error:
                if not error.sent:
                    raise
                return Unknown(0, draft.publish_id, error.reason)
            outcome = read_reply(reply)
            if not isinstance(outcome, Published | AlreadyPublished):
                return outcome
            # On the connection of the write: WAITAOF waits for what that connection wrote.
            try:
                return msgspec.structs.replace(outcome, durable=on_disk(session, self._durable_ms))
            except StoreError as error:
                return Unknown(outcome.number, draft.publish_id, str(error))

    def _send(
        self, session: Session, draft: Draft, chunks: tuple[EncodedChunk, ...], min_reader: int
    ) -> Reply:
        """First without any chunk, then with those that the store lacks."""
        data = {chunk.hash: chunk.data for chunk in chunks}
        given: list[Value] = []
        for _ in range(_SENDINGS):
            reply = self._run(session, draft, "".join(chunk.hash for chunk in chunks), given, min_reader)
            if reply[0] != b"missing":
                return reply
            lacking = [_text(name) for name in reply[2:]]
            given.extend(part for name in lacking for part in (name, data[name]))
        raise StoreAway(
            f"the store at {self._client.where} drops chunks faster than they are sent", sent=False
        )

    def _run(self, session: Session, draft: Draft, hashes: str, given: list[Value], min_reader: int) -> Reply:
        reply: Reply = run_script(
            session,
            "publish",
            head=self._keys.head(),
            versions=self._keys.versions(),
            chunks=self._keys.chunks(),
            references=self._keys.chunk_references(),
            publish_ids=self._keys.publish_ids(),
            feed=self._keys.feed(),
            owner=draft.owner,
            base=draft.base,
            publish_id=draft.publish_id,
            author=draft.author,
            message=draft.message,
            incarnation=draft.incarnation,
            new_incarnation=secrets.token_hex(16),
            min_reader=min_reader,
            history=self._history,
            feed_length=self._feed_length,
            wake=self._keys.wake(),
            hashes=hashes,
            chunks_given=given,
        )
        return reply


def read_reply(reply: Reply) -> Outcome:
    """What ``publish.lua`` returned, as an outcome; raises StoreError if it is none."""
    match reply:
        case [b"published", int(number), bytes(incarnation)]:
            return Published(number, _text(incarnation), None)
        case [b"already", int(number)]:
            return AlreadyPublished(number, None)
        case [b"unchanged", int(number)]:
            return Unchanged(number)
        case [b"conflict", int(number), bytes(author), int(time_ms), bytes(message)]:
            return Conflict(number, _text(author), time_ms, _text(message))
        case [b"behind", int(number)]:
            return Behind(number)
        case [b"foreign", bytes(incarnation)]:
            return Foreign(_text(incarnation))
        case [b"empty"]:
            return Empty()
    raise StoreError(f"the store answered a publish with {reply[:1]!r}, which this program does not know")


def check(draft: Draft, chunks: tuple[EncodedChunk, ...]) -> None:
    """Raise StoreError if the draft is not one, or over a bound."""
    if draft.owner not in OWNERS:
        raise StoreError(f"{draft.owner!r} is no owner; there are {', '.join(OWNERS)}")
    if draft.base < 0:
        raise StoreError(f"a publish is based on a version number, not on {draft.base}")
    if not draft.publish_id:
        raise StoreError("a publish needs an id, so that it can be repeated safely")
    for field, most in MAX_TEXT.items():
        if len(getattr(draft, field)) > most:
            raise StoreError(f"the {field.replace('_', ' ')} of a publish is over {most} characters")
    if len(chunks) > MAX_CHUNKS:
        raise StoreError(f"the document makes {len(chunks)} chunks; at most {MAX_CHUNKS} can be published")
    size = sum(len(chunk.data) for chunk in chunks)
    if size > MAX_PUBLISH_BYTES:
        raise StoreError(f"the document is {size} bytes; at most {MAX_PUBLISH_BYTES} can be published")


def _text(value: bytes) -> str:
    return value.decode("utf-8")
