"""A version: a small manifest over content-addressed chunks."""

from __future__ import annotations

import msgspec

from weir.models.document import LANGUAGE, OWNERS, Definition, Owner

MIN_READER = 1
"""The oldest reader that understands what this code writes."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a version is made of. The bytes of every chunk are found by its hash."""

    incarnation: str
    """Identity of the store's data: random, made at the first publish into an empty store."""
    number: int
    """Counts up by one with every publish of any owner."""
    parent: int
    author: str
    time_ms: int
    """Wall clock of the store at publish."""
    message: str = ""
    min_reader: int = MIN_READER
    chunks: dict[Owner, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Per owner, the chunk hashes in the document's order."""

    def chunk_hashes(self) -> tuple[str, ...]:
        """Every chunk that is needed, once, in order of owner and place."""
        return tuple(dict.fromkeys(chunk for owner in OWNERS for chunk in self.chunks.get(owner, ())))


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """At most 256 consecutive definitions of one document.

    The first chunk also holds the document's own comments. A group with many members spans chunks: a chunk that
    begins with a group whose ``continues_group`` is true carries on the last group of the chunk before it.
    """

    language: int = LANGUAGE
    definitions: tuple[Definition, ...] = ()
    continues_group: bool = False
    comments: tuple[str, ...] = ()
    comments_end: tuple[str, ...] = ()
