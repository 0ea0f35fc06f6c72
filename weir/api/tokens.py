"""Access tokens of the admin API: named, with a role and an end; only a hash is stored, so they are shown once."""

from __future__ import annotations

from typing import Annotated

import msgspec

from weir.api.operation import Operation, Page, Role

DAY_S = 86_400
DEFAULT_LIFE_S = 90 * DAY_S
MAX_LIFE_S = 365 * DAY_S
MAX_OVERLAP_S = 7 * DAY_S
MAX_TOKENS = 1000
"""Of a cluster."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Life = Annotated[int, msgspec.Meta(ge=60, le=MAX_LIFE_S)]


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a token."""

    id: str
    name: str
    role: Role
    created_ms: int
    expires_ms: int
    created_by: str
    last_used_ms: int = 0
    """To the minute; 0: never."""


class TokenPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Token, ...]
    next: str = ""


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    """Who or what uses it; need not be unique."""
    role: Role
    expires_in_s: Life = DEFAULT_LIFE_S


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    expires_in_s: Life = DEFAULT_LIFE_S
    """Of the new token."""
    overlap_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_OVERLAP_S)] = 0
    """How long the old one is still good."""


class MadeToken(msgspec.Struct, frozen=True, kw_only=True):
    token: Token
    secret: str
    """The token itself, ``weirt_…``: shown this once."""


class Revocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Query of a revocation."""

    force: bool = False
    """Also where no admin's token would be left; ``weir admin bootstrap`` makes one then."""


OPERATIONS = (
    Operation(
        id="tokens.list",
        method="GET",
        path="/tokens",
        summary="Lists the access tokens, by name; never their secrets.",
        role="admin",
        query=Page,
        result=TokenPage,
    ),
    Operation(
        id="tokens.create",
        method="POST",
        path="/tokens",
        summary="Makes an access token and shows it this once.",
        role="admin",
        body=NewToken,
        result=MadeToken,
        status=201,
        refusals=(409,),
    ),
    Operation(
        id="tokens.revoke",
        method="DELETE",
        path="/tokens/{id}",
        summary="Ends an access token and the sessions that began with it, at once.",
        role="admin",
        query=Revocation,
        status=204,
        refusals=(404, 409),
    ),
    Operation(
        id="tokens.rotate",
        method="POST",
        path="/tokens/{id}/rotate",
        summary="Makes a token of the same name and role; the old one ends, at once or after an overlap.",
        role="admin",
        body=Rotation,
        body_optional=True,
        result=MadeToken,
        status=201,
        refusals=(404, 409),
    ),
)
