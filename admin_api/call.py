"""What a handler is given and what it gives: one call of one operation, already checked, and its answer.

A handler knows no HTTP library. It raises ``problems.Refusal`` for what it refuses; what the store and the models raise
becomes an answer by itself (``problems``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

import msgspec

from admin_api.services import Services
from weir.api.operation import Media, Operation, Role

Kind: TypeAlias = Literal["token", "session", "anonymous", "local"]


class Identity(msgspec.Struct, frozen=True):
    """Who calls."""

    name: str
    role: Role | None
    """None: nobody has said who they are."""
    kind: Kind
    id: str = ""
    """Of the token, also in a session; never its secret."""
    expires_ms: int = 0
    session: str = ""
    """The id of the session, where it is one."""
    csrf: str = ""
    """Of the session."""


ANONYMOUS = Identity("", None, "anonymous")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Everything was decoded and bounded; the role suffices and a precondition is there if one is needed."""

    operation: Operation
    path: dict[str, str]
    """The ``{name}`` segments, percent-decoded."""
    query: Any
    """An instance of ``operation.query``."""
    body: Any = None
    """An instance of ``operation.body``; str for ``text/plain``; an open binary file, to be read in pieces, for
    ``application/octet-stream``; None without a body."""
    media: Media = "application/json"
    """What ``Accept`` chose among ``operation.media``."""
    identity: Identity = ANONYMOUS
    address: str = ""
    """Of the client: an IP address."""
    request_id: str = ""
    if_match: str | None = None
    """The entity tag without its quotes; ``*`` for any that exists; None if not sent."""
    if_none_match: bool = False
    """``If-None-Match: *`` was sent: only create."""
    last_event_id: str = ""
    """Of an event stream that goes on where it broke off."""
    services: Services


class Answer(msgspec.Struct, frozen=True):
    """Success."""

    result: Any = None
    """A struct for JSON; str or bytes for the other media; None for no body."""
    status: int | None = None
    """None: the operation's own."""
    etag: str = ""
    """Without quotes."""
    headers: dict[str, str] = {}
    stream: Iterator[bytes] | None = None
    """Instead of ``result``: closed when the client goes."""
    audit: dict[str, str] = {}
    """Added to the audit entry; never a secret."""


Handler: TypeAlias = Callable[[Call], Answer]
