"""What a look at the feed means for credentials that are kept. Pure.

Nothing is trusted blindly: whoever cannot show that it heard of every change reads everything anew. A store that is not
the one that the node follows says nothing about credentials, neither good nor bad.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from weir.store.feed import Change, Changes

CREDENTIAL, REVOKED = "credential", "revoked"
"""Topics of the feed."""

Meaning: TypeAlias = Literal["changed", "gap", "other", "foreign"]


class Position(NamedTuple):
    """The change up to which everything is known; numbers of another incarnation mean nothing."""

    incarnation: str
    seq: int
    """-1: of that incarnation, but it is not known up to where."""


class Look(NamedTuple):
    """``changed``: this and nothing else (perhaps nothing). ``gap``: changes were missed. ``other``: the node follows
    another store now. ``foreign``: this store is not the node's."""

    meaning: Meaning
    position: Position
    names: tuple[str, ...] = ()
    """Of credentials that changed."""
    revoked: tuple[str, ...] = ()
    """Values."""


def judge(position: Position | None, changes: Changes, followed: str | None) -> Look:
    """``position``: of before, None if nothing is known; ``followed``: incarnation of the version that the node holds,
    None if it holds none."""
    after = Position(changes.incarnation, changes.seq)
    if followed is not None and followed != changes.incarnation:
        return Look("foreign", position or Position("", -1))
    if position is None or position.incarnation != changes.incarnation:
        return Look("other", after)
    new = [change for change in changes.entries if change.seq > position.seq]
    if position.seq < 0 or not _is_next(position.seq, new, changes.seq):
        return Look("gap", after)
    return Look("changed", after, _ids(new, CREDENTIAL), _ids(new, REVOKED))


def _is_next(seq: int, new: list[Change], newest: int) -> bool:
    """Whether ``new`` is all that followed ``seq``."""
    return new[0].seq == seq + 1 if new else newest == seq


def _ids(changes: Iterable[Change], topic: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(change.id for change in changes if change.topic == topic))
