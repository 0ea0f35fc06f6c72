"""A backup: everything durable of one cluster as a stream of frames, consistent though the store is busy.

Versions are read from a head downwards, the chunks of each before the version itself, so a file never has a version
without its chunks; versions that leave the history meanwhile are left out. If even the head's version is gone, a newer
head is taken and what was read is used on. Everything else is copied key by key.

At most one batch is in memory. What is secret is in it as it is in the store: of tokens only hashes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.metadata import version as version_of
from itertools import islice
from typing import Any

from weir.models.version import Manifest
from weir.store.backup_file import Entry, Header, Writer
from weir.store.backup_keys import kind_of
from weir.store.connect import Client
from weir.store.errors import ChunksGone, ManifestUnreadable, StoreError
from weir.store.keys import Keys
from weir.store.record_bytes import index_members
from weir.store.versions import Head, Versions, decode_manifest, digest_of

TRIES = 5
"""Heads that may leave the history while a backup is made."""
BATCH = 32
"""Chunks in one frame; of everything else ten times as many fields."""
SCAN = 500


class EmptyStore(StoreError):
    """Nothing was ever published into it, so there is nothing to back up."""


class Overtaken(StoreError):
    """Versions left the history faster than they could be read."""


class Backup:
    """``counters`` may be the same client. Raises StoreAway and StoreError, also in the middle: the file has no end
    then, and nobody will take it for whole."""

    def __init__(self, client: Client, counters: Client, keys: Keys) -> None:
        self._client = client
        self._counters = counters
        self._keys = keys
        self._prefix = f"weir:{keys.cluster}:"
        self._versions = Versions(client, keys)

    def head(self) -> Head:
        """Raises EmptyStore."""
        head = self._versions.head()
        if head is None:
            raise EmptyStore("nothing was published into this store yet, so there is nothing to back up")
        return head

    def stream(self) -> Iterator[bytes]:
        """The file."""
        writer, head = Writer(), self.head()
        yield writer.header(
            Header(
                program=version_of("weir"),
                cluster=self._keys.cluster,
                incarnation=head.incarnation,
                number=head.number,
                time_ms=time.time_ns() // 1_000_000,
            )
        )
        for entry in self._entries():
            yield writer.entry(entry)
        yield writer.end()

    def _entries(self) -> Iterator[Entry]:
        # What is told of versions comes last: a store that lacks it is not taken for one that has a cluster.
        yield from self._copied(self._client, "control")
        yield from self._records()
        yield from self._copied(self._counters, "counter")
        yield from self._published()

    def _published(self) -> Iterator[Entry]:
        chunks = _Chunks()
        for _ in range(TRIES):
            raw = self._client.call("HGETALL", self._keys.head())
            if not raw:
                raise EmptyStore("the store was emptied while the backup was made")
            number, digest = int(raw[b"number"]), raw[b"digest"].decode()
            yield from self._of_head(number, digest, chunks)
            if chunks.is_whole:
                yield from self._ids(number)
                flat = [value for pair in raw.items() for value in pair]
                yield self._entry("hash", self._keys.head(), flat)
                return
        raise Overtaken(
            f"{TRIES} versions in turn left the history before they could be read; keep a longer one"
        )

    def _of_head(self, number: int, digest: str, chunks: _Chunks) -> Iterator[Entry]:
        """The version ``number`` and those before it, and what they refer to, with counts of that."""
        numbers = sorted(
            (int(each) for each in self._client.call("HKEYS", self._keys.versions()) if int(each) <= number),
            reverse=True,
        )
        if numbers[:1] != [number]:
            return
        for each in numbers:
            data = self._versions.manifest_bytes(each)
            if data is None or (each == number and digest_of(data) != digest):
                break
            manifest = self._manifest(data)
            try:
                yield from self._chunks_of(manifest, chunks)
            except ChunksGone:
                break
            chunks.refer(manifest)
            yield self._entry("hash", self._keys.versions(), [str(each), data])
        if not chunks.is_whole:
            return
        yield from self._batches("hash", self._keys.chunk_references(), chunks.counts())
        if orphans := chunks.orphans():
            yield self._entry("forget", self._keys.chunks(), orphans)

    def _manifest(self, data: bytes) -> Manifest:
        try:
            return decode_manifest(data)
        except ManifestUnreadable as error:
            raise StoreError(f"a version cannot be backed up by this program: {error}") from error

    def _chunks_of(self, manifest: Manifest, chunks: _Chunks) -> Iterator[Entry]:
        """Raises ChunksGone."""
        wanted = iter(chunks.missing(manifest))
        while batch := list(islice(wanted, BATCH)):
            found = self._versions.fetch_chunks(batch)
            chunks.written.update(map(bytes.fromhex, found))
            yield self._entry(
                "hash", self._keys.chunks(), [value for pair in found.items() for value in pair]
            )

    def _ids(self, number: int) -> Iterator[Entry]:
        """Publishes that the versions in the file know of."""
        ids = self._scanned("HSCAN", self._keys.publish_ids())
        known = ((name, value) for name, value in ids if int(value) <= number)
        yield from self._batches("hash", self._keys.publish_ids(), known)

    def _records(self) -> Iterator[Entry]:
        """Each with what the index has of it: read apart, they could be of different moments."""
        head = self._keys.records("")
        for key in dict.fromkeys(self._client.keys(f"{head}*")):
            index = self._keys.record_index(key.removeprefix(head))
            for batch in self._batches("hash", key, self._scanned("HSCAN", key)):
                yield batch
                yield from self._batches("zset", index, index_members(batch.items))

    def _copied(self, client: Client, kind: str) -> Iterator[Entry]:
        copied: set[str] = set()
        for key in client.keys(f"{self._prefix}*"):
            if kind_of(key.removeprefix(self._prefix)) == kind and key not in copied:
                copied.add(key)
                yield from self._copy(client, key)

    def _copy(self, client: Client, key: str) -> Iterator[Entry]:
        """As it is now; nothing if it is gone."""
        type_ = client.call("TYPE", key).decode()
        left = client.call("PTTL", key)
        expires_ms = 0 if left < 0 else time.time_ns() // 1_000_000 + left
        match type_:
            case "hash":
                yield from self._batches("hash", key, self._scanned("HSCAN", key, client), expires_ms)
            case "zset":
                yield from self._batches("zset", key, self._scanned("ZSCAN", key, client), expires_ms)
            case "string":
                value = client.call("GET", key)
                if value is not None:
                    yield self._entry("string", key, [value], expires_ms)
            case "stream":
                yield from self._stream(client, key, expires_ms)
            case "none":
                return
            case _:
                raise StoreError(f"the key {key} is a {type_}, which this program cannot back up")

    def _stream(self, client: Client, key: str, expires_ms: int) -> Iterator[Entry]:
        after = "-"
        while rows := client.call("XRANGE", key, after, "+", "COUNT", SCAN):
            items = [[row[0], [value for pair in row[1].items() for value in pair]] for row in rows]
            yield self._entry("stream", key, items, expires_ms)
            after = f"({rows[-1][0].decode()}"

    def _scanned(
        self, command: str, key: str, client: Client | None = None
    ) -> Iterator[tuple[bytes, bytes | float]]:
        """Field and value; what is written meanwhile may be there twice or not."""
        cursor = 0
        while True:
            cursor, found = (client or self._client).call(command, key, cursor, "COUNT", SCAN)
            yield from found.items() if isinstance(found, dict) else found
            if not cursor:
                return

    def _batches(
        self, type_: str, key: str, pairs: Iterator[tuple[Any, Any]], expires_ms: int = 0
    ) -> Iterator[Entry]:
        while batch := list(islice(pairs, 10 * BATCH)):
            yield self._entry(type_, key, [value for pair in batch for value in pair], expires_ms)

    def _entry(self, type_: str, key: str, items: list[Any], expires_ms: int = 0) -> Entry:
        return Entry(type_, key.removeprefix(self._prefix), expires_ms, items)


class _Chunks:
    """Which chunks the file has, and how many of its versions refer to each."""

    def __init__(self) -> None:
        self.written: set[bytes] = set()
        self._references: dict[bytes, int] = {}
        self.is_whole = False
        """The head's version is in the file."""

    def missing(self, manifest: Manifest) -> list[str]:
        return [each for each in _distinct(manifest) if bytes.fromhex(each) not in self.written]

    def refer(self, manifest: Manifest) -> None:
        self.is_whole = True
        for each in map(bytes.fromhex, _distinct(manifest)):
            self._references[each] = self._references.get(each, 0) + 1

    def counts(self) -> Iterator[tuple[str, str]]:
        return ((each.hex(), str(count)) for each, count in self._references.items())

    def orphans(self) -> list[str]:
        """Of versions that left the history while they were read."""
        return sorted(each.hex() for each in self.written - self._references.keys())


def _distinct(manifest: Manifest) -> list[str]:
    return list(dict.fromkeys(each for hashes in manifest.chunks.values() for each in hashes))
