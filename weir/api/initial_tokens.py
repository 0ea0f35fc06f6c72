"""Initial tokens, ``weiri_…``: whoever has one may register clients at ``weir auth`` (RFC 7591 §3). Shown once."""

from __future__ import annotations

from typing import Annotated

import msgspec

from weir.api.auth_values import DAY_S, Line, Scopes
from weir.api.operation import Operation, Page
from weir.models.auth.records import InitialToken as Record

InitialLife = Annotated[int, msgspec.Meta(ge=60, le=90 * DAY_S)]


class InitialToken(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str = ""
    left: int
    """How many clients may still be registered with it."""
    scopes: tuple[str, ...] = ()
    """What those clients may ask for at most."""
    created_ms: int
    created_by: str
    expires_ms: int


class InitialTokenPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[InitialToken, ...]
    """By id."""
    next: str = ""


class NewInitialToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Line = ""
    """Who gets it."""
    left: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    expires_in_s: InitialLife = DAY_S
    scopes: Scopes = ()


class MadeInitialToken(msgspec.Struct, frozen=True, kw_only=True):
    token: InitialToken
    secret: str
    """``weiri_…``: shown this once."""


def token_of(record: Record) -> InitialToken:
    return InitialToken(
        id=record.id,
        name=record.name,
        left=record.left,
        scopes=record.scopes,
        created_ms=record.created_ms,
        created_by=record.created_by,
        expires_ms=record.expires_ms,
    )


OPERATIONS = (
    Operation(
        id="initial-tokens.list",
        method="GET",
        path="/initial-tokens",
        summary="Lists initial tokens, by id; never their secrets.",
        role="viewer",
        query=Page,
        result=InitialTokenPage,
    ),
    Operation(
        id="initial-tokens.create",
        method="POST",
        path="/initial-tokens",
        summary="Makes an initial token and shows it this once.",
        role="editor",
        body=NewInitialToken,
        body_optional=True,
        result=MadeInitialToken,
        status=201,
        refusals=(409,),
    ),
    Operation(
        id="initial-tokens.revoke",
        method="DELETE",
        path="/initial-tokens/{id}",
        summary="Ends an initial token; clients that were registered with it stay.",
        role="editor",
        status=204,
        refusals=(404,),
    ),
)
