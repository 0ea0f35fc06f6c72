"""Versions: every publish that is kept, what it changed, and going back to it."""

from __future__ import annotations

import msgspec

from weir.api.changes import Difference, Write, Written
from weir.api.config import Config, Number
from weir.api.operation import Operation, Page
from weir.models.document import Owner


class VersionsQuery(Page, frozen=True, forbid_unknown_fields=True):
    owner: Owner | None = None
    """Only versions in which this owner's configuration changed."""


class OwnerChunks(msgspec.Struct, frozen=True, kw_only=True):
    """How one owner's configuration is stored in a version: in chunks of at most 256 definitions."""

    chunks: tuple[str, ...]
    """SHA-256 of each, in order."""
    added: tuple[str, ...] = ()
    """Those that the version before did not have."""
    removed: tuple[str, ...] = ()
    """Those that only the version before had."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    parent: int
    """The version before; 0 for the first."""
    author: str
    time_ms: int
    """By the store's clock."""
    message: str
    incarnation: str
    min_reader: int
    """The oldest program that understands it."""
    current: bool
    changed: tuple[Owner, ...]
    """Whose configuration differs from the version before."""
    compared: bool
    """False for the oldest version that is kept: the one before it is not there to compare with."""
    owners: dict[Owner, OwnerChunks]


class VersionPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Version, ...]
    """The newest first."""
    next: str = ""


class OfOwner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: Owner = "api"


class DifferenceQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: Owner = "api"
    against: Number | None = None
    """The earlier version; without, the one before. It may also be a later one."""


class VersionDifference(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    against: int
    """0: nothing, for the first version."""
    owner: Owner
    difference: Difference


OPERATIONS = (
    Operation(
        id="versions.list",
        method="GET",
        path="/versions",
        summary="Lists the versions that are kept, the newest first.",
        role="viewer",
        query=VersionsQuery,
        result=VersionPage,
    ),
    Operation(
        id="versions.get",
        method="GET",
        path="/versions/{number}",
        summary="Says who published a version, when and why, and what it is made of.",
        role="viewer",
        result=Version,
        refusals=(404,),
    ),
    Operation(
        id="versions.config",
        method="GET",
        path="/versions/{number}/config",
        summary="Gives one owner's configuration as it was in a version, as JSON or as .weir text.",
        role="viewer",
        query=OfOwner,
        result=Config,
        media=("application/json", "text/plain"),
        refusals=(404,),
    ),
    Operation(
        id="versions.difference",
        method="GET",
        path="/versions/{number}/difference",
        summary="Says what differs between two versions of one owner's configuration, by definition and as text.",
        role="viewer",
        query=DifferenceQuery,
        result=VersionDifference,
        media=("application/json", "text/plain"),
        refusals=(404,),
    ),
    Operation(
        id="versions.restore",
        method="POST",
        path="/versions/{number}/restore",
        summary="Publishes again, as a new version, what one owner had in an earlier one; If-Match is that of config.",
        role="editor",
        query=Write,
        result=Written,
        precondition=True,
        etag=True,
        refusals=(404, 412, 422),
    ),
)
