"""The whole configuration of one owner: read it, check a draft of it, compare one with it, replace it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from weir.api.changes import Difference, Write, Written
from weir.api.operation import Operation
from weir.models.document import Document, Owner
from weir.models.problem import Problem

MAX_CONFIG = 64 << 20
"""Bytes of a whole configuration; the rule language bounds its characters besides."""
Number = Annotated[int, msgspec.Meta(ge=1)]


class ConfigQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: Owner = "api"
    version: Number | None = None
    """As it was then; without, as it is now."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    owner: Owner
    number: int
    """The owner's last publish, or the version that was asked for; 0 if it has published nothing."""
    incarnation: str
    """Of the store's data; empty if nothing was ever published into it."""
    document: Document


class CheckQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: Owner = "api"
    """Whose configuration the draft is to be; checks are quicker where it resembles what was checked last."""
    warnings: bool = True
    """Whether to look for what is allowed but probably not meant."""


class DifferenceQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: Owner = "api"
    """With whose configuration, as it is now, the draft is compared; ``k8s`` is refused, as it is of a write."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    valid: bool
    """Whether it could be published."""
    problems: tuple[Problem, ...] = ()
    """In the order of their places. ``line`` and ``column`` are those of the text; JSON has ``path``."""
    warnings_cut: bool = False
    """The search for warnings was given up to answer in time; ``lint`` takes the time it needs."""


OPERATIONS = (
    Operation(
        id="config.get",
        method="GET",
        path="/config",
        summary="Gives the whole configuration of one owner, as JSON or as .weir text.",
        role="viewer",
        query=ConfigQuery,
        result=Config,
        media=("application/json", "text/plain"),
        etag=True,
        refusals=(404,),
    ),
    Operation(
        id="config.replace",
        method="PUT",
        path="/config",
        summary="Replaces the whole configuration of one owner.",
        role="editor",
        query=Write,
        body=Document,
        body_media=("application/json", "text/plain"),
        result=Written,
        precondition=True,
        etag=True,
        refusals=(412, 422),
        max_body=MAX_CONFIG,
    ),
    Operation(
        id="config.check",
        method="POST",
        path="/config/check",
        summary="Finds what is wrong in a draft of a whole configuration; errors in it are the answer.",
        role="viewer",
        query=CheckQuery,
        body=Document,
        body_media=("text/plain", "application/json"),
        result=Checked,
        safe=True,
        max_body=MAX_CONFIG,
    ),
    Operation(
        id="config.difference",
        method="POST",
        path="/config/difference",
        summary="Says what replacing the whole configuration by a draft would change; refuses what a write would.",
        role="viewer",
        query=DifferenceQuery,
        body=Document,
        body_media=("application/json", "text/plain"),
        result=Difference,
        etag=True,
        safe=True,
        refusals=(422,),
        max_body=MAX_CONFIG,
    ),
)
