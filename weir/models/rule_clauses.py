"""Clauses of a rule; a group takes them too and hands them down."""

from __future__ import annotations

from typing import Literal, TypeAlias

from weir.models.condition import Condition
from weir.models.node import Block, Clause
from weir.models.values import Destination, Rate, Requirement, Secret


class When(Clause, frozen=True, tag="when"):
    condition: Condition


class Priority(Clause, frozen=True, tag="priority"):
    """Ranks before everything else; higher wins, 0 if not given."""

    value: int


class Proxy(Clause, frozen=True, tag="proxy"):
    to: tuple[Destination, ...]


class PathLine(Clause, frozen=True, tag=False):
    """One line of ``proxy by path``: requests under ``prefix`` go to ``to``."""

    prefix: str
    to: tuple[Destination, ...]


class ProxyByPath(Block, frozen=True, tag="proxy by path"):
    lines: tuple[PathLine, ...]


class Redirect(Clause, frozen=True, tag="redirect"):
    status: int
    location: str
    """A template."""


class Respond(Clause, frozen=True, tag="respond"):
    status: int
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"


class Mirror(Clause, frozen=True, tag="mirror"):
    percent: float
    to: str


class Require(Clause, frozen=True, tag="require"):
    """Credentials, the first that is present decides; empty is ``require none``."""

    any_of: tuple[Requirement, ...] = ()


class AllowIp(Clause, frozen=True, tag="allow ip"):
    networks: tuple[str, ...]


class DenyIp(Clause, frozen=True, tag="deny ip"):
    networks: tuple[str, ...]


class UseLimit(Clause, frozen=True, tag="use limit"):
    """``limit gold``: count against the named limit, which every other user of that name shares."""

    name: str
    cost: int = 1
    """So many times what the limit itself says."""


class InlineLimit(Clause, frozen=True, tag="limit"):
    rate: Rate


class Cors(Block, frozen=True, tag="cors"):
    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    credentials: bool = False
    max_age_ms: int | None = None


class StripPrefix(Clause, frozen=True, tag="strip prefix"):
    prefix: str


class ReplacePrefix(Clause, frozen=True, tag="replace prefix"):
    prefix: str
    replacement: str


class RewritePath(Clause, frozen=True, tag="rewrite path"):
    path: str
    """A template."""


class EditHeader(Clause, frozen=True, tag="header"):
    """``set request header "X-User" = "{id}"`` and its relatives; ``value`` is None for ``remove``."""

    action: Literal["set", "add", "remove"]
    side: Literal["request", "response"]
    name: str
    value: str | Secret | None = None


class Host(Clause, frozen=True, tag="host"):
    """What the upstream gets as Host: the client's, the target's own, or a fixed name."""

    mode: Literal["preserve", "upstream", "fixed"]
    name: str = ""


class Timeout(Clause, frozen=True, tag="timeout"):
    """Milliseconds; None leaves the value of the surrounding block."""

    connect_ms: int | None = None
    try_ms: int | None = None
    total_ms: int | None = None
    idle_ms: int | None = None


class MaxSize(Clause, frozen=True, tag="max"):
    part: Literal["body", "head"]
    bytes: int


RetryReason: TypeAlias = Literal["connect", "timeout", "reset", "500", "502", "503", "504", "429"]


class Retry(Clause, frozen=True, tag="retry"):
    """At most ``count`` further attempts; 0 is ``retry off``. What may be repeated: ``weir/routing/repeats.py``."""

    count: int
    on: tuple[RetryReason, ...] = ()
    idempotency_key: bool = False
    """The upstream knows ``Idempotency-Key``: with one, any method may be repeated."""
    put_timeout: bool = False
    """PUT and DELETE are repeated after a timeout too."""
    body: int | None = None
    """Bytes of a request body that are kept for a repetition; None is 64 KiB."""


Encoding: TypeAlias = Literal["gzip", "br", "zstd"]


class Compress(Clause, frozen=True, tag="compress"):
    """Encodings in order of preference; empty is ``compress off``."""

    encodings: tuple[Encoding, ...] = ()


class Tag(Clause, frozen=True, tag="tag"):
    tags: tuple[str, ...]


class Log(Clause, frozen=True, tag="log"):
    on: bool


RuleClause: TypeAlias = (
    When
    | Priority
    | Proxy
    | ProxyByPath
    | Redirect
    | Respond
    | Mirror
    | Require
    | AllowIp
    | DenyIp
    | UseLimit
    | InlineLimit
    | Cors
    | StripPrefix
    | ReplacePrefix
    | RewritePath
    | EditHeader
    | Host
    | Timeout
    | MaxSize
    | Retry
    | Compress
    | Tag
    | Log
)
