"""Manifests and chunks."""

from __future__ import annotations

import msgspec

from weir.models.document import LANGUAGE, Rule
from weir.models.version import MIN_READER, Chunk, Manifest


def manifest(**chunks: tuple[str, ...]) -> Manifest:
    return Manifest(incarnation="i", number=2, parent=1, author="alice", time_ms=5, chunks=chunks)  # type: ignore[arg-type]


def test_chunks_come_in_the_order_of_owner_and_place_and_each_once() -> None:
    found = manifest(k8s=("e", "a"), api=("c", "d", "c"), file=("b", "a"))
    assert found.chunk_hashes() == ("b", "a", "c", "d", "e")
    assert manifest().chunk_hashes() == ()


def test_versions_read_back() -> None:
    whole = manifest(file=("a",))
    assert whole.min_reader == MIN_READER
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(whole), type=Manifest) == whole
    chunk = Chunk(definitions=(Rule(name="a"),), continues_group=True, comments=("b",))
    assert chunk.language == LANGUAGE
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(chunk), type=Chunk) == chunk
