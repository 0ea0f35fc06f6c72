"""Documents of versions, each chunk read and decoded once: a new version of 10 000 rules costs what changed in it.

Documents that share chunks share their definitions as objects, so that comparing them is quick. Everything is bounded;
what was dropped is read again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from weir.models.document import Document, Owner
from weir.models.version import Chunk, Manifest
from weir.rules.printer import print_document
from weir.serving.off_loop import SMALL, off_loop
from weir.store.chunks import EncodedChunk, chunks_of, decode, encode, join
from weir.store.errors import ChunksGone, VersionGone
from weir.store.versions import Head, Versions

MAX_DEFINITIONS = 250_000
"""Kept in chunks, over all versions: about 5 KiB each."""
MAX_JOINED = 6
"""Whole documents; they hold little beside their chunks' definitions."""
MAX_TEXTS = 3
"""Printed documents, each as many characters as the bound of a document allows."""
_TRIES = 4
"""A version may leave the history while it is read; then there is a newer one."""


class Seen(NamedTuple):
    """What one owner has, at one moment."""

    head: Head | None
    owner: Owner
    number: int
    """The owner's last publish; 0 for none."""
    hashes: tuple[str, ...]
    document: Document

    @property
    def incarnation(self) -> str:
        return "" if self.head is None else self.head.incarnation

    @property
    def current(self) -> int:
        """The current version of all owners."""
        return 0 if self.head is None else self.head.number

    @property
    def etag(self) -> str:
        return etag_of(self.number, self.incarnation)


def etag_of(number: int, incarnation: str) -> str:
    """Of an owner's whole configuration."""
    return f"{number}-{incarnation[:8]}"


class Documents:
    """Raises what ``Versions`` raises."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._lock = threading.Lock()
        self._chunks: OrderedDict[str, Chunk] = OrderedDict()
        self._definitions = 0
        self._joined: OrderedDict[tuple[str, ...], Document] = OrderedDict()
        self._texts: list[tuple[Document, str]] = []

    def see(self, owner: Owner) -> Seen:
        """What ``owner`` has now."""
        for last in (*(False,) * (_TRIES - 1), True):
            now = self.now()
            if now is None:
                return Seen(None, owner, 0, (), Document())
            head, manifest = now
            try:
                hashes = manifest.chunks.get(owner, ())
                return Seen(head, owner, head.owners[owner], hashes, self.of(hashes, head.number))
            except VersionGone:
                if last:
                    raise
        return Seen(None, owner, 0, (), Document())  # not reached: the last try returns or raises

    def now(self) -> tuple[Head, Manifest] | None:
        """Where the store stands, and the current version; None if nothing was ever published."""
        for last in (*(False,) * (_TRIES - 1), True):
            head = self._versions.head()
            if head is None:
                return None
            try:
                return head, self.manifest(head.number)
            except VersionGone:
                if last:
                    raise
        return None

    def manifest(self, number: int) -> Manifest:
        """Raises VersionGone."""
        manifest = self._versions.manifest(number)
        if manifest is None:
            raise VersionGone(number)
        return manifest

    def at(self, owner: Owner, number: int) -> Document:
        """As of a version. Raises VersionGone."""
        return self.of(self.manifest(number).chunks.get(owner, ()), number)

    def of(self, hashes: tuple[str, ...], number: int) -> Document:
        """Of version ``number``, which is gone if a chunk is. Raises VersionGone."""
        with self._lock:
            document = self._joined.get(hashes)
        if document is None:
            try:
                document = join(self.chunks(hashes))
            except ChunksGone as error:
                raise VersionGone(number) from error
            self._keep_joined(hashes, document)
        return document

    def chunks(self, hashes: tuple[str, ...]) -> list[Chunk]:
        """In order. Raises ChunksGone."""
        with self._lock:
            found = {name: self._chunks[name] for name in hashes if name in self._chunks}
            for name in found:
                self._chunks.move_to_end(name)
        missing = [name for name in dict.fromkeys(hashes) if name not in found]
        if missing:
            data = self._versions.fetch_chunks(missing)
            is_small = len(missing) * 64 <= SMALL
            decoded = off_loop(lambda: {name: decode(data[name]) for name in missing}, is_small=is_small)
            self._keep(decoded.items())
            found |= decoded
        return [found[name] for name in hashes]

    def split(self, document: Document) -> tuple[EncodedChunk, ...]:
        """As it is stored; its own objects are kept, so that reading it back costs nothing. Raises ChunkUnreadable."""
        is_small = len(document.definitions) <= SMALL
        chunks, encoded = off_loop(lambda: _encoded(document), is_small=is_small)
        self._keep((each.hash, chunk) for each, chunk in zip(encoded, chunks, strict=True))
        self._keep_joined(tuple(each.hash for each in encoded), document)
        return encoded

    def text(self, document: Document) -> str:
        """As ``.weir`` text; large ones are kept, since people read the same one again and again."""
        if len(document.definitions) <= SMALL:
            return print_document(document)
        with self._lock:
            for known, text in self._texts:
                if known is document:
                    return text
        text = off_loop(lambda: print_document(document))
        with self._lock:
            self._texts.append((document, text))
            del self._texts[:-MAX_TEXTS]
        return text

    def _keep(self, chunks: Iterable[tuple[str, Chunk]]) -> None:
        with self._lock:
            for name, chunk in chunks:
                if name not in self._chunks:
                    self._chunks[name] = chunk
                    self._definitions += len(chunk.definitions) + 1
            while self._definitions > MAX_DEFINITIONS and len(self._chunks) > 1:
                _, dropped = self._chunks.popitem(last=False)
                self._definitions -= len(dropped.definitions) + 1

    def _keep_joined(self, hashes: tuple[str, ...], document: Document) -> None:
        with self._lock:
            self._joined[hashes] = document
            self._joined.move_to_end(hashes)
            while len(self._joined) > MAX_JOINED:
                self._joined.popitem(last=False)


def _encoded(document: Document) -> tuple[list[Chunk], tuple[EncodedChunk, ...]]:
    chunks = list(chunks_of(document))
    return chunks, tuple(map(encode, chunks))
