"""Why a request gets its rule: against what is served now, an earlier version, or a draft."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from weir.api.config import MAX_CONFIG, Number
from weir.api.operation import Operation
from weir.models.document import Document, Owner
from weir.models.explanation import Explanation

Field: TypeAlias = Annotated[str, msgspec.Meta(max_length=8192)]


class DescribedRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    method: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "GET"
    url: Annotated[str, msgspec.Meta(max_length=65536)]
    """With scheme and host: ``https://shop.example.com/cart?id=7``."""
    headers: Annotated[tuple[tuple[Field, Field], ...], msgspec.Meta(max_length=200)] = ()
    """Name and value of each field."""


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Instead of what one owner has; the others keep theirs."""

    owner: Owner = "api"
    text: str | None = None
    """A ``.weir`` text…"""
    document: Document | None = None
    """… or the JSON form of one."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    request: DescribedRequest | None = None
    curl: Annotated[str, msgspec.Meta(max_length=1 << 18)] | None = None
    """A curl command, as browsers copy it: instead of ``request``."""
    ip: Annotated[str, msgspec.Meta(max_length=64)] = "127.0.0.1"
    """The client's address, as it is after ``trusted_proxies`` was applied."""
    consumer: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """Who calls, for limits ``by consumer``; no credential is looked at."""
    tags: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=64)], ...], msgspec.Meta(max_length=32)] = ()
    """Of that consumer, for limits ``by tag``."""
    version: Number | None = None
    """Without: the current one."""
    draft: Draft | None = None
    all: bool = False
    """Also the rules that host and path alone rule out."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    """Candidates that are told; winner and runner-up always are."""


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    """The version that was asked; 0 if nothing is published."""
    explanation: Explanation
    text: str
    """The same for a person, as ``weir explain`` prints it."""


OPERATIONS = (
    Operation(
        id="explain.ask",
        method="POST",
        path="/explain",
        summary="Says which rule a request meets and why: of all owners, now or in an earlier version, or of a draft.",
        role="viewer",
        body=Question,
        result=Explained,
        safe=True,
        refusals=(404, 422),
        max_body=MAX_CONFIG,
    ),
)
