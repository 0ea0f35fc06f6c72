"""Rotating a key ring, with the copy that the edge has of it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from weir.secrets import rotation
from weir.secrets.errors import BadRing, NoKey
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import (
    RingKey,
    ensure_ring,
    keep_edge_ring,
    new_key,
    read_ring,
    without_signing,
    write_ring,
)
from weir.secrets.rotation import edge_copy, remove, rotate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.json"
    keep_edge_ring(tmp_path / "edge.json", ensure_ring(path))
    return path


@pytest.fixture
def edge(path: Path) -> Path:
    return path.with_name("edge.json")


def test_a_new_key_is_the_newest_whatever_the_clock_says(path: Path) -> None:
    (added,) = rotate(path, ["store"], from_ms=0)
    ring = KeyRing.read(path)
    assert added in ring.every()
    assert max(ring.every(), key=lambda key: (key.purpose == "store", key.created_ms)) == added


def test_a_sealed_text_opens_after_a_rotation(path: Path) -> None:
    sealed = KeyRing.read(path).seal("store", b"a", "x")
    rotate(path, ["store", "signing"], from_ms=0)
    assert KeyRing.read(path).open("store", sealed, "x") == b"a"


def test_the_edges_copy_is_kept_in_step_without_signing(path: Path, edge: Path) -> None:
    rotate(path, ["store", "signing"], 0, edge)
    assert read_ring(edge)[0] == without_signing(read_ring(path)[0])
    assert len(read_ring(edge)[0]) == 4


def test_the_copy_has_a_new_key_before_anything_is_sealed_with_it_and_a_removed_one_as_long_as_the_ring(
    path: Path, edge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[Path] = []

    def noted(write: Callable[[Path, Sequence[RingKey]], None]) -> Callable[[Path, Sequence[RingKey]], None]:
        return lambda written, keys: [order.append(written), write(written, keys)][1]

    monkeypatch.setattr(rotation, "write_ring", noted(write_ring))
    monkeypatch.setattr(rotation, "keep_edge_ring", noted(keep_edge_ring))
    rotate(path, ["tls"], 0, edge)
    remove(path, read_ring(path)[0][0].id, edge)
    assert order == [edge, path, path, edge]


def test_the_copy_of_another_gateway_is_left_alone(path: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.json"
    theirs = [new_key("store")]
    write_ring(foreign, theirs)
    rotate(path, ["store"], 0, foreign)
    assert list(read_ring(foreign)[0]) == theirs
    assert edge_copy(foreign, read_ring(path)[0]) is None
    assert edge_copy(None, ()) is None


def test_a_key_is_removed_from_both(path: Path, edge: Path) -> None:
    gone = read_ring(path)[0][0]
    assert remove(path, gone.id, edge) == gone
    assert gone not in read_ring(path)[0]
    assert gone not in read_ring(edge)[0]
    with pytest.raises(NoKey, match="has no key"):
        remove(path, gone.id, edge)


def test_nobody_changes_a_ring_while_somebody_else_does(path: Path) -> None:
    held = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(BadRing, match="somebody else is changing"):
        rotate(path, ["store"], 0)
    os.close(held)
    assert rotate(path, ["store"], 0)


def test_a_full_ring_takes_no_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = read_ring(path)[0]
    monkeypatch.setattr(rotation, "MAX_KEYS", len(keys) + 1)
    assert isinstance(rotate(path, ["store"], 0)[0], RingKey)
    with pytest.raises(BadRing, match="keys already"):
        rotate(path, ["store"], 0)
