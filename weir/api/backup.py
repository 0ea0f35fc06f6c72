"""Everything of the cluster as one file, and back (docs/backup.md)."""

from __future__ import annotations

import msgspec

from weir.api.operation import Operation

MAX_FILE = 4 << 30
"""Bytes of a backup that is restored."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    """The current version."""
    incarnation: str
    cluster: str
    """Of the backup."""
    program: str
    """The version of Weir that made it."""
    made_ms: int
    """When."""
    keys: int
    """That were written."""
    durable: bool | None
    """Whether it is on the store's disk; null where that is not known."""


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="backup.download",
        method="GET",
        path="/backup",
        summary="Everything durable of the cluster as one file, consistent though the store is in use.",
        role="admin",
        media=("application/octet-stream",),
        refusals=(409,),
    ),
    Operation(
        id="backup.restore",
        method="POST",
        path="/backup",
        summary="Loads a backup into a store that has no versions of this cluster: all of it, or nothing.",
        role="admin",
        body_media=("application/octet-stream",),
        result=Restored,
        refusals=(409, 413, 422),
        max_body=MAX_FILE,
    ),
)
