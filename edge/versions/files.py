"""The last good version on this node's disk: written by the agent, read by the workers and by the next agent.

Layout of the directory (mode 700, files 600)::

    manifest          the current version, with the hash of its own bytes
    chunks/<hash>     one file for each chunk, named by the SHA-256 of its content

Rules: chunks are written first and the manifest last, each into a temporary file that is synced and renamed,
so a reader sees the version before or the version after, never half of one. Chunks of the version before are
kept until the next write, for a reader that is still at it. What is read is checked against its hash; a file
that does not match counts as missing and is said in the log. One writer; any number of readers.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from weir.models.chunk_form import content_hash
from weir.models.version import Manifest

MAX_MANIFEST = 4 << 20
"""Bytes; 50 000 chunks of 256 definitions fit."""

MAX_CHUNK = 64 << 20
"""Bytes of one chunk file."""

_MAGIC = b"weir-version 1 "
_CHUNK_HASH = re.compile(r"[0-9a-f]{64}")

log = logging.getLogger("weir.version_files")


class Identity(NamedTuple):
    """Which version this is, in the sense of the store: two versions of one number differ in their hash."""

    incarnation: str
    number: int
    hash: str
    """SHA-256 of the manifest's content, in hexadecimal."""


class Stored(msgspec.Struct, frozen=True):
    """The content of the manifest file."""

    hash: str
    manifest: Manifest


class ChunkMissing(Exception):
    """A chunk is not on disk, or what is there is not the chunk."""

    def __init__(self, chunk: str) -> None:
        self.chunk = chunk
        super().__init__(f"chunk {chunk[:12]} is missing on this node's disk")


class VersionFiles:
    """The files of one node. Every method raises ``OSError`` where the disk refuses."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._chunks = directory / "chunks"
        self._manifest = directory / "manifest"

    def manifest(self) -> Manifest | None:
        """The current version; None if there is none or its file is damaged."""
        stored = self._stored()
        return stored.manifest if stored else None

    def identity(self) -> Identity | None:
        """Which version is on disk; None as for ``manifest``."""
        stored = self._stored()
        return _identity(stored) if stored else None

    def has(self, chunk: str) -> bool:
        """Whether the chunk is on disk and undamaged."""
        return self._read_chunk(chunk) is not None

    def chunk(self, chunk: str) -> bytes:
        """The bytes of a chunk, checked. Raises ``ChunkMissing``."""
        content = self._read_chunk(chunk)
        if content is None:
            raise ChunkMissing(chunk)
        return content

    def missing(self, manifest: Manifest) -> tuple[str, ...]:
        """The chunks of ``manifest`` that are not on disk or are damaged, in its order."""
        return tuple(chunk for chunk in manifest.chunk_hashes() if not self.has(chunk))

    def write(self, manifest: Manifest, manifest_hash: str, new_chunks: Mapping[str, bytes]) -> None:
        """Makes ``manifest`` the current version.

        ``new_chunks`` are those that ``missing`` named; ``ValueError`` if one is not what its name says.
        """
        before = self.manifest()
        self._make_directories()
        for chunk, content in new_chunks.items():
            if content_hash(content) != chunk:
                raise ValueError(f"chunk {chunk[:12]} does not have the content its name says")
            _write(self._chunks / chunk, content)
        _sync_directory(self._chunks)
        body = msgspec.msgpack.encode(Stored(hash=manifest_hash, manifest=manifest))
        _write(self._manifest, _MAGIC + content_hash(body).encode() + b"\n" + body)
        _sync_directory(self.directory)
        self._prune((*manifest.chunk_hashes(), *(before.chunk_hashes() if before else ())))

    def forget(self) -> None:
        """Removes the version from this node's disk; the manifest goes first."""
        self._manifest.unlink(missing_ok=True)
        if self._chunks.is_dir():
            self._prune(())

    def _stored(self) -> Stored | None:
        content = _read(self._manifest, MAX_MANIFEST)
        if content is None:
            return None
        head, _, body = content.partition(b"\n")
        if head != _MAGIC + content_hash(body).encode():
            log.error("%s is damaged: its content does not match its hash; it is ignored", self._manifest)
            return None
        try:
            return msgspec.msgpack.decode(body, type=Stored)
        except msgspec.DecodeError as error:
            log.error("%s is of another format (%s); it is ignored", self._manifest, error)
            return None

    def _read_chunk(self, chunk: str) -> bytes | None:
        if not _CHUNK_HASH.fullmatch(chunk):
            return None
        content = _read(self._chunks / chunk, MAX_CHUNK)
        if content is not None and content_hash(content) != chunk:
            log.error("chunk %s on disk is damaged; it counts as missing", chunk[:12])
            return None
        return content

    def _make_directories(self) -> None:
        for directory in (self.directory, self._chunks):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _prune(self, keep: Iterable[str]) -> None:
        """Removes all other chunks, and temporary files that a killed writer left."""
        kept = set(keep)
        for path in self._chunks.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)


def _identity(stored: Stored) -> Identity:
    return Identity(stored.manifest.incarnation, stored.manifest.number, stored.hash)


def _read(path: Path, bound: int) -> bytes | None:
    """The file's bytes; None if it does not exist or is larger than anything that was written there."""
    try:
        with path.open("rb") as stream:
            content = stream.read(bound + 1)
    except FileNotFoundError:
        return None
    if len(content) > bound:
        log.error("%s is larger than %d bytes; it is ignored", path, bound)
        return None
    return content


def _write(path: Path, content: bytes) -> None:
    """Replaces ``path`` in one step; the temporary file is removed if the disk refuses."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _sync_directory(directory: Path) -> None:
    """Makes renames in ``directory`` survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
