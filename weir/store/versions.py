"""Reading versions: the head, manifests, the history, and chunks in bounded batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from weir.models.chunk_form import content_hash
from weir.models.document import OWNERS, Document, Owner
from weir.models.version import Manifest
from weir.store.chunks import decode, join
from weir.store.connect import Client
from weir.store.errors import ChunksGone, ChunkUnreadable, ManifestUnreadable, StoreError, VersionGone
from weir.store.keys import Keys

SCHEMA = 1
"""Of a stored manifest; ``publish.lua`` writes it into the field ``schema``."""
MAX_HISTORY_READ = 100
_BATCH = 32
"""Chunks or manifests of one answer: usually well under 1 MiB, at most 32 times the largest chunk."""

_decode_manifest = msgspec.msgpack.Decoder(Manifest).decode


class _Schema(msgspec.Struct):
    schema: int


_decode_schema = msgspec.msgpack.Decoder(_Schema).decode


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Where the store stands."""

    incarnation: str
    number: int
    """Of the current version."""
    seq: int
    """Of the newest change in the feed."""
    min_reader: int
    digest: str
    """SHA-1 of the current manifest's bytes (see ``digest_of``)."""
    owners: dict[Owner, int]
    """The number of each owner's last publish, 0 for none: what an editor gives back as ``base``."""


class LastPublish(msgspec.Struct, frozen=True):
    """Who published last for an owner, when and why."""

    author: str
    time_ms: int
    message: str


_decode_last = msgspec.msgpack.Decoder(LastPublish).decode


class Versions:
    """What is published. Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def head(self) -> Head | None:
        """None if nothing was ever published into this store."""
        fields = {
            _text(name): value for name, value in self._client.call("HGETALL", self._keys.head()).items()
        }
        # "seq" alone: consumers and keys were made before the first publish.
        if fields.keys() <= {"seq"}:
            return None
        try:
            return Head(
                incarnation=_text(fields["incarnation"]),
                number=int(fields["number"]),
                seq=int(fields["seq"]),
                min_reader=int(fields["min_reader"]),
                digest=_text(fields["digest"]),
                owners={owner: int(fields.get(f"owner:{owner}", 0)) for owner in OWNERS},
            )
        except (KeyError, ValueError) as error:
            raise StoreError(f"the store's head cannot be read: {error!r}") from error

    def last_publish(self, owner: Owner) -> LastPublish | None:
        """Known also after its version left the history; None if the owner never published."""
        data = self._client.call("HGET", self._keys.head(), f"publish:{owner}")
        try:
            return None if data is None else _decode_last(data)
        except msgspec.MsgspecError as error:
            raise StoreError(f"who published last for {owner} cannot be read: {error}") from error

    def manifest(self, number: int) -> Manifest | None:
        """None if the version never was, or is no longer kept."""
        data = self.manifest_bytes(number)
        return None if data is None else decode_manifest(data)

    def manifest_bytes(self, number: int) -> bytes | None:
        """As stored, for a node that keeps it and compares ``digest_of`` it."""
        data: bytes | None = self._client.call("HGET", self._keys.versions(), number)
        return data

    def history(self, limit: int = 20, before: int | None = None) -> tuple[Manifest, ...]:
        """The newest versions that are kept, at most 100, newest first; with ``before`` only older ones than that."""
        if before is None:
            head = self.head()
            before = 0 if head is None else head.number + 1
        count = min(limit, MAX_HISTORY_READ)
        numbers = [str(number) for number in range(before - 1, max(0, before - 1 - count), -1)]
        found = self._read(self._keys.versions(), numbers)
        return tuple(decode_manifest(data) for data in found.values())

    def fetch_chunks(self, hashes: Iterable[str]) -> dict[str, bytes]:
        """The bytes of every chunk asked for, each checked against its hash.

        Raises ChunksGone if the store lacks one (its last version may have left the history meanwhile), and
        ChunkUnreadable if bytes do not have the hash under which they are stored.
        """
        wanted = list(dict.fromkeys(hashes))
        found = self._read(self._keys.chunks(), wanted)
        if gone := [name for name in wanted if name not in found]:
            raise ChunksGone(gone)
        for name, data in found.items():
            if content_hash(data) != name:
                raise ChunkUnreadable(f"the store holds other bytes under the hash {name}")
        return found

    def document(self, owner: Owner, number: int | None = None) -> Document:
        """What ``owner`` wrote, as of version ``number`` or now; an empty document if it never published.

        Raises VersionGone if that version is not kept, or left the history while it was read.
        """
        if number is None:
            head = self.head()
            if head is None:
                return Document()
            number = head.number
        manifest = self.manifest(number)
        if manifest is None:
            raise VersionGone(number)
        hashes = manifest.chunks.get(owner, ())
        try:
            data = self.fetch_chunks(hashes)
        except ChunksGone as error:
            raise VersionGone(number) from error
        return join(decode(data[name]) for name in hashes)

    def _read(self, key: str, fields: list[str]) -> dict[str, bytes]:
        """Those fields of a hash that exist, in the order asked."""
        found: dict[str, bytes] = {}
        for start in range(0, len(fields), _BATCH):
            batch = fields[start : start + _BATCH]
            values = self._client.call("HMGET", key, *batch)
            found.update(
                (name, value) for name, value in zip(batch, values, strict=True) if value is not None
            )
        return found


def decode_manifest(data: bytes) -> Manifest:
    """Raises ManifestUnreadable, in one sentence, for anything but a manifest that this code understands."""
    try:
        schema = _decode_schema(data).schema
        if schema > SCHEMA:
            raise ManifestUnreadable(
                f"the version has schema {schema}; this program reads up to {SCHEMA}: update it"
            )
        return _decode_manifest(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ManifestUnreadable(f"the version's manifest cannot be read: {error}") from error


def digest_of(manifest: bytes) -> str:
    """SHA-1 of a manifest's bytes, which is what Lua can compute; it tells two versions of one number apart."""
    return hashlib.sha1(manifest, usedforsecurity=False).hexdigest()


def _text(value: bytes) -> str:
    return value.decode("utf-8")
