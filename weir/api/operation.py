"""One operation of the admin API: everything that server, client and the OpenAPI document must agree on."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Role: TypeAlias = Literal["viewer", "editor", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "editor", "admin")
"""Each may do what those before it may."""
Media: TypeAlias = Literal[
    "application/json", "text/plain", "text/csv", "text/event-stream", "application/octet-stream"
]

BASE = "/api/v1"
RULES_MEDIA: Media = "text/plain"
"""Of ``.weir`` text, always UTF-8."""


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of an operation that takes no query parameters."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """``query``, ``body`` and ``result`` are msgspec structs (or tuples and dicts of them) that forbid unknown fields.

    Every operation may also answer 400 (what was sent cannot be understood), 401, 403, 415, 429 and 503 (store away),
    as problem+json.
    """

    id: str
    """``resource.verb``, unique: ``rules.replace``."""
    method: Method
    path: str
    """Below ``BASE``; ``{name}`` is one segment, percent-decoded."""
    summary: str
    """One sentence."""
    role: Role | None
    """The least that may call it; None for everybody, even without credentials."""
    query: type[msgspec.Struct] = NoQuery
    body: Any = None
    """Of a JSON body; None takes none."""
    body_media: tuple[Media, ...] = ("application/json",)
    """Where ``text/plain`` is among them, the body may be ``.weir`` text instead."""
    body_optional: bool = False
    result: Any = None
    """Of a successful JSON answer; None where it has no body or another media type only."""
    status: int = 200
    """Of success."""
    media: tuple[Media, ...] = ("application/json",)
    """What success can be asked for by ``Accept``; the first is the default."""
    precondition: bool = False
    """A write that needs ``If-Match`` (or ``If-None-Match: *`` for something new): 428 without, 412 when stale."""
    etag: bool = False
    """Success carries an ``ETag``."""
    safe: bool = False
    """Changes nothing though it is a POST (explain, lint, a check): leaves no entry in the audit log."""
    refusals: tuple[int, ...] = ()
    """Problem statuses beyond those that every operation may answer."""
    max_body: int = 1 << 20
    """Bytes."""

    @property
    def takes_body(self) -> bool:
        return self.body is not None or self.body_media != ("application/json",)

    @property
    def changes(self) -> bool:
        """Whether it leaves an entry in the audit log (a dry run does not)."""
        return self.method != "GET" and not self.safe


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Query of a list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100
    """At most so many items."""
    cursor: Annotated[str, msgspec.Meta(max_length=512)] = ""
    """``next`` of the page before; empty for the first."""
