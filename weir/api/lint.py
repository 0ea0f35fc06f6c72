"""Everything that is wrong or doubtful in a configuration, whatever time it takes."""

from __future__ import annotations

import msgspec

from weir.api.config import MAX_CONFIG, ConfigQuery
from weir.api.operation import Operation
from weir.models.document import Document, Owner
from weir.models.problem import Problem


class LintQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: Owner = "api"


class Linted(msgspec.Struct, frozen=True, kw_only=True):
    owner: Owner
    number: int
    """The version; 0 for a draft, or if nothing is published."""
    errors: int = 0
    warnings: int = 0
    problems: tuple[Problem, ...] = ()
    """In the order of their places: those of the text that was sent, or of ``config`` as .weir text."""


OPERATIONS = (
    Operation(
        id="lint.get",
        method="GET",
        path="/lint",
        summary="Finds what is doubtful in one owner's configuration.",
        role="viewer",
        query=ConfigQuery,
        result=Linted,
        refusals=(404,),
    ),
    Operation(
        id="lint.draft",
        method="POST",
        path="/lint",
        summary="Finds what is wrong or doubtful in a draft, given as .weir text or as JSON.",
        role="viewer",
        query=LintQuery,
        body=Document,
        body_media=("text/plain", "application/json"),
        result=Linted,
        safe=True,
        max_body=MAX_CONFIG,
    ),
)
