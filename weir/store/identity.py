"""Whether a node may leave the version that it holds for what the store says. Pure.

The rule: only for a higher number of the same incarnation, or for the same number with other bytes (the store wins,
and it is counted). A store that is behind, empty or another one is reported and never followed by itself, since
following it would undo what was published.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from weir.store.versions import Head

READER = 1
"""What this program understands; it reads versions whose ``min_reader`` is not above it."""

Reason = Literal["current", "store_empty", "store_behind", "store_foreign", "reader_too_old"]


class Held(NamedTuple):
    """The version that a node holds."""

    incarnation: str
    number: int
    digest: str
    """``versions.digest_of`` its manifest."""


class Follow(NamedTuple):
    """Go to version ``number``."""

    number: int


class Replace(NamedTuple):
    """Take ``number`` again: the store has other bytes under the number that the node holds. Count it."""

    number: int


class Stay(NamedTuple):
    """Keep what is held; anything but ``current`` is worth saying."""

    reason: Reason


def decide(held: Held | None, head: Head | None, reader: int = READER) -> Follow | Replace | Stay:
    """``held`` is None for a node without a version, ``head`` is None for an empty store."""
    if head is None:
        return Stay("store_empty")
    if held is not None and held.incarnation != head.incarnation:
        return Stay("store_foreign")
    if held is not None and head.number < held.number:
        return Stay("store_behind")
    if held is not None and (head.number, head.digest) == (held.number, held.digest):
        return Stay("current")
    if head.min_reader > reader:
        return Stay("reader_too_old")
    if held is not None and head.number == held.number:
        return Replace(head.number)
    return Follow(head.number)
