"""The version on this node's disk → what it means: routes, pools and settings. Decoded chunks are kept for the next.

A chunk whose bytes and whose environment did not change is not resolved again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec

from edge.pace import Pace
from edge.version_files import ChunkMissing, Identity, VersionFiles
from weir.models.chunk_form import decode_chunk
from weir.models.document import OWNERS, Definition, Owner
from weir.models.effective import Pool, Route, Settings
from weir.models.version import Chunk, Manifest
from weir.routing.table import RouteSet
from weir.rules.defaults import settings
from weir.rules.pools import pools
from weir.rules.resolve import Environment, environment, routes

STEP = 32
"""Definitions resolved in one step."""


class Unreadable(Exception):
    """The version on disk cannot be used; the text says why."""


class VersionParts(msgspec.Struct, frozen=True):
    """What a version means."""

    manifest: Manifest
    sets: tuple[RouteSet, ...]
    pools: dict[tuple[Owner, str], Pool]
    settings: Settings


class VersionReader:
    """``read`` the current version as often as wanted."""

    def __init__(self, files: VersionFiles) -> None:
        self._files = files
        self._chunks: dict[str, Chunk] = {}
        self._sets: dict[str, RouteSet] = {}

    def identity(self) -> Identity | None:
        """Which version is on disk. Raises OSError."""
        return self._files.identity()

    def read(self, pace: Pace) -> VersionParts | None:
        """None if there is no version on disk. Raises Unreadable, OSError.

        The agent may write a newer version meanwhile, and remove a chunk: then it is read once more from the start.
        """
        for last in (False, True):
            manifest = self._files.manifest()
            if manifest is None:
                return None
            try:
                return self._read(manifest, pace)
            except ChunkMissing as missing:
                if last:
                    raise Unreadable(str(missing)) from None
        return None

    def _read(self, manifest: Manifest, pace: Pace) -> VersionParts:
        chunks: dict[str, Chunk] = {}
        for name in manifest.chunk_hashes():
            chunks[name] = self._chunks.get(name) or self._decode(name)
            pace.pause()
        by_owner = {
            owner: [(name, chunks[name]) for name in manifest.chunks.get(owner, ())] for owner in OWNERS
        }
        sets: list[RouteSet] = []
        found: dict[tuple[Owner, str], Pool] = {}
        for owner, own in by_owner.items():
            mine = self._sets_of(owner, own, pace)
            sets += mine
            all_routes: list[Route] = [route for one in mine for route in one.routes]
            for name, pool in pools(pace.over(_definitions(own)), pace.over(all_routes)).items():
                found[owner, name] = pool
        general = settings({owner: pace.over(_definitions(own)) for owner, own in by_owner.items()})
        self._chunks = chunks
        self._sets = {one.key: one for one in sets}
        return VersionParts(manifest, tuple(sets), found, general)

    def _sets_of(self, owner: Owner, own: list[tuple[str, Chunk]], pace: Pace) -> list[RouteSet]:
        context = environment(pace.over(_definitions(own)))
        sets = []
        for name, chunk in own:
            key = f"{owner}:{name}:{context.digest}"
            known = self._sets.get(key)
            sets.append(known or RouteSet(key, owner, _routes(chunk, context, pace)))
        return sets

    def _decode(self, name: str) -> Chunk:
        try:
            return decode_chunk(self._files.chunk(name))
        except ValueError as error:
            raise Unreadable(f"chunk {name[:12]}: {error}") from None


def _routes(chunk: Chunk, context: Environment, pace: Pace) -> tuple[Route, ...]:
    found: list[Route] = []
    for start in range(0, len(chunk.definitions), STEP):
        part = chunk.definitions[start : start + STEP]
        found += routes(part, context, continues_group=chunk.continues_group and start == 0)
        pace.pause()
    return tuple(found)


def _definitions(own: list[tuple[str, Chunk]]) -> Iterator[Definition]:
    return chain.from_iterable(chunk.definitions for _, chunk in own)
