"""Document ⇄ ordered chunks of at most 256 definitions, stored by the hash of their bytes. Pure.

Where a chunk ends is decided by the *names* of the definitions alone (a hash of each): so changing a definition
changes its chunk only, and inserting or removing one changes its chunk, or splits or joins two. Counting off every
hundredth definition instead would change every chunk behind an insertion.

A run without a natural end of more than 256 is halved at the name with the highest hash in its middle, which again
depends on the run alone. A group counts one for itself and one for each member, and may be cut between members; what
carries it on counts its members only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import msgspec

from weir.models.chunk_form import content_hash, decode_chunk, encode_chunk
from weir.models.document import Define, Definition, Document, Group, Limit, Rule, Upstream
from weir.models.version import Chunk
from weir.store.errors import ChunkUnreadable

MAX_DEFINITIONS = 256
TYPICAL_DEFINITIONS = 64
"""One name in so many ends a chunk."""


class EncodedChunk(NamedTuple):
    """A chunk as it is stored."""

    hash: str
    """SHA-256 of the bytes, 64 hex digits."""
    data: bytes


class _Unit(NamedTuple):
    """What a cut may come after: a definition, a group's opening, or a member of a group."""

    priority: int
    """Hash of the name."""
    definition: int
    """Which definition it is or belongs to, by position."""
    member: int = -1
    """Which member of the group, by position; -1 for its opening and for other definitions."""


def split(document: Document) -> tuple[EncodedChunk, ...]:
    """The chunks of ``document`` in order; none for an empty document. ``join`` of them is equal to it.

    Raises ChunkUnreadable if a chunk would be over 16 MiB, which no reader would take.
    """
    return tuple(encode(chunk) for chunk in chunks_of(document))


def join(chunks: Iterable[Chunk]) -> Document:
    """The document that these chunks, in order, are made of; raises ChunkUnreadable if they do not fit together."""
    pieces = list(chunks)
    if not pieces:
        return Document()
    definitions: list[Definition] = []
    for chunk in pieces:
        continued = _continuation(chunk, definitions)
        if continued is not None:
            definitions[-1] = continued
        definitions.extend(chunk.definitions[1 if chunk.continues_group else 0 :])
    first = pieces[0]
    return Document(
        language=first.language,
        definitions=tuple(definitions),
        comments=first.comments,
        comments_end=first.comments_end,
    )


def encode(chunk: Chunk) -> EncodedChunk:
    """Raises ChunkUnreadable if it is too large."""
    try:
        data = encode_chunk(chunk)
    except ValueError as error:
        raise ChunkUnreadable(str(error)) from error
    return EncodedChunk(content_hash(data), data)


def decode(data: bytes) -> Chunk:
    """Raises ChunkUnreadable, in one sentence, for anything but a chunk that this code understands."""
    try:
        return decode_chunk(data)
    except ValueError as error:
        raise ChunkUnreadable(str(error)) from error


def chunks_of(document: Document) -> Iterator[Chunk]:
    """``split`` before it is encoded."""
    units = list(_units(document.definitions))
    if not units and document == Document():
        return
    before = -1
    for index, run in enumerate(_runs(units) if units else [units]):
        first = index == 0
        yield Chunk(
            language=document.language,
            definitions=tuple(_pieces(document.definitions, run)),
            continues_group=not first and run[0].definition == before,
            comments=document.comments if first else (),
            comments_end=document.comments_end if first else (),
        )
        before = run[-1].definition if run else -1


def _units(definitions: tuple[Definition, ...]) -> Iterator[_Unit]:
    for position, definition in enumerate(definitions):
        if not isinstance(definition, Group):
            yield _Unit(_priority(_name(definition)), position)
            continue
        yield _Unit(0, position)
        for index, member in enumerate(definition.members):
            # A group's clauses never end a chunk of their own accord: they stay with its opening.
            named = _priority(f"rule {definition.name}/{member.name}") if isinstance(member, Rule) else 0
            yield _Unit(named, position, index)


def _name(definition: Definition) -> str:
    match definition:
        case Define(name=name) | Upstream(name=name) | Limit(name=name) | Rule(name=name):
            return f"{type(definition).__name__.lower()} {name}"
    return "defaults"


def _priority(name: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )


def _runs(units: list[_Unit]) -> Iterator[list[_Unit]]:
    """Consecutive units up to and including each natural end."""
    start = 0
    for index, unit in enumerate(units, 1):
        if unit.priority % TYPICAL_DEFINITIONS == 1 or index == len(units):
            yield from _halves(units[start:index])
            start = index


def _halves(run: list[_Unit]) -> Iterator[list[_Unit]]:
    """``run``, cut until no part is over 256. A part that has to be cut once is cut so that both halves fit."""
    size = len(run)
    if size <= MAX_DEFINITIONS:
        yield run
        return
    low, high = (
        (size - MAX_DEFINITIONS, MAX_DEFINITIONS)
        if size <= 2 * MAX_DEFINITIONS
        else (size // 4, size * 3 // 4)
    )
    cut = max(range(low, high + 1), key=lambda end: (run[end - 1].priority, -end))
    yield from _halves(run[:cut])
    yield from _halves(run[cut:])


def _pieces(definitions: tuple[Definition, ...], run: list[_Unit]) -> Iterator[Definition]:
    """The definitions of one chunk: whole ones, and of a cut group what falls into ``run``."""
    for position, units in groupby(run, key=lambda unit: unit.definition):
        definition = definitions[position]
        yield _part(definition, list(units)) if isinstance(definition, Group) else definition


def _part(group: Group, units: list[_Unit]) -> Group:
    """From the first to the last of ``units``; comments go with the opening and with the end."""
    first, last = units[0].member, units[-1].member
    opens, ends = first == -1, last == len(group.members) - 1
    return Group(
        name=group.name,
        members=group.members[max(first, 0) : last + 1],
        comments=group.comments if opens else (),
        comment_beside=group.comment_beside if opens else "",
        comments_end=group.comments_end if ends else (),
    )


def _continuation(chunk: Chunk, definitions: list[Definition]) -> Group | None:
    """The group that ``chunk`` goes on with, joined to what there was of it."""
    if not chunk.continues_group:
        return None
    more = chunk.definitions[0] if chunk.definitions else None
    before = definitions[-1] if definitions else None
    if not isinstance(more, Group) or not isinstance(before, Group) or more.name != before.name:
        raise ChunkUnreadable("a chunk carries on a group that the chunk before it does not end with")
    return msgspec.structs.replace(
        before, members=before.members + more.members, comments_end=more.comments_end
    )
