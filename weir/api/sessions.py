"""Who calls, and sessions of a browser: begun with a token or a one-time link, held by a cookie."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from weir.api.operation import Operation, Role

IDLE_S = 12 * 3600
ABSOLUTE_S = 7 * 24 * 3600
MAX_SESSIONS = 1000
"""Of a cluster; the one that was silent longest makes room for a new one."""
LINK_S = 900
MAX_LINKS = 100

COOKIE = "weir_session"
SECURE_COOKIE = "__Host-weir_session"
"""Where the admin URL is https."""
CSRF_HEADER = "X-CSRF-Token"

Secret = Annotated[str, msgspec.Meta(max_length=256)]


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the two."""

    token: Secret = ""
    """An access token."""
    link: Secret = ""
    """What stands behind ``?link=`` of a one-time link."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the API takes the caller for."""

    name: str
    role: Role
    kind: Literal["token", "session", "local"]
    id: str
    """Of the token, also in a session."""
    expires_ms: int
    """When the token, or the session whatever happens, ends."""
    csrf: str = ""
    """Of a session: what ``X-CSRF-Token`` must say in every call that changes something."""


class LoginLink(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    """``/login?link=…``: behind the admin API's address; works once."""
    expires_ms: int


OPERATIONS = (
    Operation(
        id="sessions.create",
        method="POST",
        path="/session",
        summary="Begins a session with a token or a one-time link; its cookie comes with the answer.",
        role=None,
        body=Login,
        result=Caller,
        status=201,
        refusals=(401, 429),
    ),
    Operation(
        id="sessions.current",
        method="GET",
        path="/session",
        summary="Says who calls: name, role, until when.",
        role="viewer",
        result=Caller,
    ),
    Operation(
        id="sessions.delete",
        method="DELETE",
        path="/session",
        summary="Ends the session of the caller's cookie; a token stays as it is.",
        role="viewer",
        status=204,
    ),
    Operation(
        id="sessions.link",
        method="POST",
        path="/session/links",
        summary="Makes a link that begins a session as the caller, once, within 15 minutes.",
        role="viewer",
        result=LoginLink,
        status=201,
    ),
)
