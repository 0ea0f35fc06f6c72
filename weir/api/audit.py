"""The audit log: who did what, when, and what came of it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from weir.api.operation import Operation, Page, Role

MAX_TEXT = 1024
"""Characters of a path or message in an entry."""


Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change or attempt at one. Never a secret."""

    id: str = ""
    """Given by the store; grows with time."""
    time_ms: int
    actor: str
    """Name of the token; empty for somebody unknown."""
    role: Role | None
    kind: Literal["token", "session", "anonymous", "local"]
    address: str
    operation: str
    """Its id: ``rules.replace``."""
    path: str
    status: int
    code: str = ""
    """Of the problem, where it was refused or failed."""
    number: int = 0
    """Of the version that it became; 0 for none."""
    message: str = ""
    """Why, as its author said."""
    request_id: str = ""
    extras: dict[str, str] = {}
    """What else the operation says of itself: the name of a token that was made, the target that was drained."""


class AuditQuery(Page, frozen=True, forbid_unknown_fields=True):
    """Query of ``audit.list``; newest first."""

    actor: str = ""
    operation: str = ""
    """An operation's id, or a resource: ``rules``."""
    since: Milliseconds = 0
    """Milliseconds since 1970, included."""
    until: Milliseconds = 0
    """Not included; 0: now."""


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[AuditEntry, ...]
    next: str = ""


OPERATIONS = (
    Operation(
        id="audit.list",
        method="GET",
        path="/audit",
        summary="Lists changes and attempts at changes, the newest first.",
        role="editor",
        query=AuditQuery,
        result=AuditPage,
    ),
)
