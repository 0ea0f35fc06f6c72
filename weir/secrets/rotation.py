"""Changing a key ring: a new key, one less. Beside a ring with an edge's copy, the copy is changed too.

A copy gets a new key before the ring itself has it, and loses a key after: what somebody seals can be opened.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from weir.secrets.errors import BadRing, NoKey
from weir.secrets.ring_file import (
    MAX_KEYS,
    RingKey,
    keep_edge_ring,
    new_key,
    read_ring,
    without_signing,
    write_ring,
)


def rotate(path: Path, purposes: Sequence[str], from_ms: int, edge: Path | None = None) -> list[RingKey]:
    """A new key for each purpose, which seals from ``from_ms`` (wall clock) on. Raises SecretsError."""
    with _changing(path, edge) as (keys, copy):
        added = [new_key(purpose, _after(keys, purpose, from_ms)) for purpose in purposes]
        changed = (*keys, *added)
        if len(changed) > MAX_KEYS:
            raise BadRing(f"the key ring {path} has {MAX_KEYS} keys already; remove some that seal nothing")
        if copy is not None:
            keep_edge_ring(copy, changed)
        write_ring(path, changed)
    return added


def remove(path: Path, key_id: str, edge: Path | None = None) -> RingKey:
    """Without the key. Raises SecretsError, also for the key that seals now: the next one must be there first."""
    with _changing(path, edge) as (keys, copy):
        gone = find(keys, key_id, path)
        rest = tuple(key for key in keys if key.id != key_id)
        write_ring(path, rest)
        if copy is not None:
            keep_edge_ring(copy, rest)
    return gone


def find(keys: Sequence[RingKey], key_id: str, path: Path) -> RingKey:
    """Raises NoKey."""
    found = next((key for key in keys if key.id == key_id), None)
    if found is None:
        raise NoKey(f"the key ring {path} has no key {key_id}")
    return found


def edge_copy(edge: Path | None, keys: Sequence[RingKey]) -> Path | None:
    """``edge`` if it is what the edge got of these very keys; another gateway's copy is left alone."""
    if edge is None or not edge.exists():
        return None
    return edge if set(read_ring(edge)[0]) <= set(without_signing(keys)) else None


def _after(keys: Sequence[RingKey], purpose: str, from_ms: int) -> int:
    """Later than every other key of the purpose: the new one is the newest, whatever the clocks said."""
    return max([from_ms, *(key.created_ms + 1 for key in keys if key.purpose == purpose)])


@contextmanager
def _changing(path: Path, edge: Path | None) -> Iterator[tuple[tuple[RingKey, ...], Path | None]]:
    """The keys, and the copy; nobody else changes the ring meanwhile, or a key that was just used could be lost."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise BadRing(f"the key ring {path} cannot be changed: {error.strerror}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        keys, _ = read_ring(path)
        yield keys, edge_copy(edge, keys)
    except BlockingIOError as error:
        raise BadRing(f"somebody else is changing the key ring {path}; try again") from error
    finally:
        os.close(folder)
