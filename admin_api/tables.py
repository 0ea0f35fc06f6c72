"""What nodes serve, put together here to explain it: the match table of all owners, or of a draft among them.

Built from chunks as the edge does, and from the table before it, so that a version that changes one rule costs what
that rule's chunk costs.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import NamedTuple

from admin_api.documents import Documents
from weir.models.document import OWNERS, Owner
from weir.models.effective import Pool, Route
from weir.models.version import Chunk, Manifest
from weir.routing.described import Configuration
from weir.routing.table import RouteSet, Table
from weir.rules.defaults import settings
from weir.rules.pools import pools
from weir.rules.resolve import environment, routes
from weir.serving.off_loop import off_loop
from weir.store.errors import ChunksGone, VersionGone

Hashes = Mapping[Owner, tuple[str, ...]]
MAX_KEPT = 3
"""Configurations: the current one, and what somebody compares it with."""


class _Kept(NamedTuple):
    key: tuple[tuple[str, ...], ...]
    configuration: Configuration
    resolved: dict[str, tuple[Route, ...]]
    """By key of the RouteSet."""


class Tables:
    """Raises VersionGone and what ``Versions`` raises."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []
        """The last one used stands last."""

    def of(self, manifest: Manifest | None, draft: Mapping[Owner, tuple[str, ...]]) -> Configuration:
        """``draft``: chunk hashes of what owners would have instead; ``Documents.split`` has kept their chunks."""
        published: Hashes = {} if manifest is None else manifest.chunks
        hashes = {owner: draft.get(owner, published.get(owner, ())) for owner in OWNERS}
        key = tuple(hashes[owner] for owner in OWNERS)
        with self._lock:
            kept = next((each for each in self._kept if each.key == key), None)
            if kept is not None:
                self._kept.remove(kept)
                self._kept.append(kept)
                return kept.configuration
            before = self._kept[-1] if self._kept else None
        try:
            chunks = {owner: self._documents.chunks(hashes[owner]) for owner in OWNERS}
        except ChunksGone as error:
            raise VersionGone(0 if manifest is None else manifest.number) from error
        made = off_loop(lambda: _build(key, hashes, chunks, before))
        with self._lock:
            self._kept.append(made)
            del self._kept[:-MAX_KEPT]
        return made.configuration


def _build(
    key: tuple[tuple[str, ...], ...],
    hashes: Hashes,
    chunks: Mapping[Owner, list[Chunk]],
    before: _Kept | None,
) -> _Kept:
    """In a thread: pure."""
    resolved: dict[str, tuple[Route, ...]] = {}
    sets: list[RouteSet] = []
    by_owner: dict[Owner, dict[str, Pool]] = {}
    found = settings(
        {owner: [each for chunk in chunks[owner] for each in chunk.definitions] for owner in OWNERS}
    )
    for owner in OWNERS:
        definitions = [each for chunk in chunks[owner] for each in chunk.definitions]
        context = environment(definitions)
        own: list[RouteSet] = []
        for name, chunk in zip(hashes[owner], chunks[owner], strict=True):
            set_key = f"{owner}:{name}:{context.digest}"
            known = None if before is None else before.resolved.get(set_key)
            resolved[set_key] = known or routes(
                chunk.definitions, context, continues_group=chunk.continues_group
            )
            own.append(RouteSet(set_key, owner, resolved[set_key]))
        sets += own
        by_owner[owner] = pools(definitions, (route for each in own for route in each.routes))
    previous = before.configuration.table if before is not None else None
    table = Table.build(sets, previous, merge_slashes=found.merge_slashes)
    return _Kept(key, Configuration(table, by_owner, found), resolved)
