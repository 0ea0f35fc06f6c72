"""Consumers: who calls. Keys, logins and OAuth clients belong to them; limits, logs and the upstream name them."""

from __future__ import annotations

import msgspec

from weir.api.auth_values import ConsumerName, Line, Scopes, Tag, Tags
from weir.api.operation import Operation, Page
from weir.models.auth.records import Consumer as Record


class Consumer(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    tags: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    """What its credentials may, unless one of them says less."""
    description: str = ""
    disabled: bool = False
    """None of its credentials is accepted."""
    created_ms: int
    created_by: str
    etag: str


class ConsumerPage(msgspec.Struct, frozen=True, kw_only=True):
    """By name. With a filter a page may have fewer items than ``limit``, even none; the end is where ``next`` is
    empty."""

    items: tuple[Consumer, ...]
    next: str = ""


class ConsumersQuery(Page, frozen=True, forbid_unknown_fields=True):
    q: Line = ""
    """In the name or the description, in any case of letters."""
    tag: Tag | None = None


class ConsumerBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it: what is left out becomes empty."""

    tags: Tags = ()
    scopes: Scopes = ()
    description: Line = ""
    disabled: bool = False


def consumer_of(record: Record, etag: str) -> Consumer:
    return Consumer(
        name=record.name,
        tags=record.tags,
        scopes=record.scopes,
        description=record.description,
        disabled=record.disabled,
        created_ms=record.created_ms,
        created_by=record.created_by,
        etag=etag,
    )


def check_name(name: str) -> str:
    """Raises msgspec.ValidationError for a name that none may have."""
    return msgspec.convert(name, ConsumerName)


OPERATIONS = (
    Operation(
        id="consumers.list",
        method="GET",
        path="/consumers",
        summary="Lists consumers, by name.",
        role="viewer",
        query=ConsumersQuery,
        result=ConsumerPage,
    ),
    Operation(
        id="consumers.get",
        method="GET",
        path="/consumers/{name}",
        summary="Gives a consumer.",
        role="viewer",
        result=Consumer,
        etag=True,
        refusals=(404,),
    ),
    Operation(
        id="consumers.replace",
        method="PUT",
        path="/consumers/{name}",
        summary="Creates or changes a consumer; every node knows within a second.",
        role="editor",
        body=ConsumerBody,
        result=Consumer,
        precondition=True,
        etag=True,
        refusals=(404, 409, 412, 422),
    ),
    Operation(
        id="consumers.delete",
        method="DELETE",
        path="/consumers/{name}",
        summary="Removes a consumer with its keys, basic logins and HMAC keys; its OAuth clients have none then.",
        role="editor",
        precondition=True,
        status=204,
        refusals=(404, 412),
    ),
)
