"""The version on this node's disk → what it means: routes, pools and settings.

What comes out of a chunk is kept for the next version: one whose bytes did not change is not read again, and its rules
are not resolved again unless their environment changed; nor are those of another chunk's rules that did not change. So
a version costs what changed in it, and little per chunk.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from edge.versions.files import ChunkMissing, Identity, VersionFiles
from edge.versions.pace import Pace
from weir.models.chunk_form import decode_chunk
from weir.models.document import OWNERS, Defaults, Define, Definition, Group, Limit, Owner, Rule
from weir.models.effective import Pool, Route, Settings
from weir.models.version import Chunk, Manifest
from weir.routing.table import RouteSet
from weir.rules.defaults import settings
from weir.rules.pools import pools
from weir.rules.resolve import Environment, environment, routes


class Unreadable(Exception):
    """The version on disk cannot be used; the text says why."""


class VersionParts(msgspec.Struct, frozen=True):
    """What a version means."""

    manifest: Manifest
    sets: tuple[RouteSet, ...]
    pools: dict[tuple[Owner, str], Pool]
    settings: Settings


class _Content(NamedTuple):
    """What a chunk holds beside its rules."""

    chunk: Chunk
    shared: tuple[Definition, ...]
    """What rules of other chunks may depend on; not upstreams, which are looked up by name."""
    pools: dict[str, Pool]
    defaults: tuple[Defaults, ...]


class _Resolved(NamedTuple):
    """The rules of a chunk in one environment."""

    route_set: RouteSet
    pools: dict[str, Pool]
    """Of the URLs that they send to."""


_Known = dict[str, tuple[Rule, tuple[Route, ...]]]
"""By name of the rule."""


class _Shared(NamedTuple):
    """The environment of an owner's rules, and the chunks that it was made from."""

    chunks: tuple[str, ...]
    environment: Environment


class VersionReader:
    """``read`` the current version as often as wanted."""

    def __init__(self, files: VersionFiles) -> None:
        self._files = files
        self._contents: dict[str, _Content] = {}
        self._resolved: dict[str, _Resolved] = {}
        self._shared: dict[Owner, _Shared] = {}

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
        contents: dict[str, _Content] = {}
        for name in manifest.chunk_hashes():
            contents[name] = self._contents.get(name) or self._content(name, pace)
            pace.pause()
        shared = {owner: self._shared_of(owner, manifest, contents, pace) for owner in OWNERS}
        found: dict[tuple[Owner, str], Pool] = {}
        resolved: dict[str, _Resolved] = {}
        gone = self._contents.keys() - contents.keys()
        sets: list[RouteSet] = []
        for owner in OWNERS:
            chunks = manifest.chunks.get(owner, ())
            known = self._known(owner, gone, shared[owner])
            own = [
                self._rules(owner, name, contents[name].chunk, shared[owner], known, pace) for name in chunks
            ]
            resolved |= {each.route_set.key: each for each in own}
            sets += [each.route_set for each in own]
            declared = [contents[name].pools for name in chunks]
            found |= {(owner, name): pool for name, pool in _pools(declared, own, pace).items()}
        general = settings({owner: _defaults(manifest, owner, contents) for owner in OWNERS})
        self._contents, self._resolved, self._shared = contents, resolved, shared
        return VersionParts(manifest, tuple(sets), found, general)

    def _shared_of(
        self, owner: Owner, manifest: Manifest, contents: dict[str, _Content], pace: Pace
    ) -> _Shared:
        chunks = tuple(name for name in manifest.chunks.get(owner, ()) if contents[name].shared)
        known = self._shared.get(owner)
        if known is not None and known.chunks == chunks:
            return known
        definitions = (definition for name in chunks for definition in contents[name].shared)
        return _Shared(chunks, environment(pace.over(definitions)))

    def _known(self, owner: Owner, gone: Iterable[str], shared: _Shared) -> _Known:
        """What the rules of chunks that are gone came to in the same environment."""
        known: _Known = {}
        for name in gone:
            resolved = self._resolved.get(_key(owner, name, shared))
            by_name: dict[str, list[Route]] = {}
            for route in resolved.route_set.routes if resolved else ():
                by_name.setdefault(route.name, []).append(route)
            for each in self._contents[name].chunk.definitions:
                if isinstance(each, Rule) and each.name in by_name:
                    known[each.name] = (each, tuple(by_name[each.name]))
        return known

    def _rules(
        self, owner: Owner, name: str, chunk: Chunk, shared: _Shared, known: _Known, pace: Pace
    ) -> _Resolved:
        key = _key(owner, name, shared)
        resolved = self._resolved.get(key)
        if resolved is not None:
            return resolved
        found = _routes(chunk, shared.environment, known, pace)
        return _Resolved(RouteSet(key, owner, found), pools((), pace.over(found)))

    def _content(self, name: str, pace: Pace) -> _Content:
        try:
            chunk = decode_chunk(self._files.chunk(name))
        except ValueError as error:
            raise Unreadable(f"chunk {name[:12]}: {error}") from None
        pace.pause()
        definitions = chunk.definitions
        return _Content(
            chunk,
            tuple(each for each in definitions if isinstance(each, Define | Limit | Group)),
            pools(pace.over(definitions), ()),
            tuple(each for each in definitions if isinstance(each, Defaults)),
        )


def _pools(declared: Iterable[dict[str, Pool]], own: Iterable[_Resolved], pace: Pace) -> dict[str, Pool]:
    """An upstream has its own name, also where that looks like a URL."""
    found: dict[str, Pool] = {}
    for one in declared:
        found |= one
    for each in pace.over(own):
        found |= {name: pool for name, pool in each.pools.items() if name not in found}
    return found


def _defaults(manifest: Manifest, owner: Owner, contents: dict[str, _Content]) -> Iterable[Defaults]:
    return (each for name in manifest.chunks.get(owner, ()) for each in contents[name].defaults)


def _key(owner: Owner, chunk: str, shared: _Shared) -> str:
    return f"{owner}:{chunk}:{shared.environment.digest}"


def _routes(chunk: Chunk, context: Environment, known: _Known, pace: Pace) -> tuple[Route, ...]:
    """A rule that is known comes to the same objects again, by which others know that it did not change."""
    found: list[Route] = []
    for index, definition in enumerate(pace.over(chunk.definitions)):
        before = known.get(definition.name) if isinstance(definition, Rule) else None
        if before is not None and before[0] == definition:
            found += before[1]
        else:
            found += routes((definition,), context, continues_group=chunk.continues_group and index == 0)
    return tuple(found)
