"""Values that several clauses are made of."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from weir.models.node import Node


class Destination(Node, frozen=True, tag=False):
    """Where ``proxy`` sends a share of the requests: an upstream's name, or a URL ``http://host:port``."""

    to: str
    weight: int = 1
    """Share of the requests, relative to the other destinations; 0 sends none."""


class Secret(Node, frozen=True, tag="secret"):
    """``secret("name")``: a value kept encrypted outside the version."""

    name: str


AuthMethod: TypeAlias = Literal["key", "token", "basic", "hmac", "mtls", "forward", "anonymous"]


class Requirement(Node, frozen=True, tag=False):
    """One alternative of ``require``, such as ``token(scope: "api")``."""

    method: AuthMethod
    options: dict[str, str] = msgspec.field(default_factory=dict)


class LimitKey(Node, frozen=True, tag=False):
    """What a limit counts apart: ``by ip``, ``by header("X-Tenant")``, ``by consumer``…"""

    field: Literal["ip", "rule", "consumer", "tag", "host", "path", "method", "header", "query", "cookie"]
    name: str = ""


class Rate(Node, frozen=True, tag=False):
    """``100 per 1m by ip``: how much is allowed and how it is counted.

    Exactly one of ``per_ms`` and ``per_month`` is set. ``window`` is "sliding" (any window of that length),
    "smooth" (evenly spaced, GCRA) or "calendar" (aligned to UTC).
    """

    count: int
    per_ms: int = 0
    per_month: bool = False
    by: tuple[LimitKey, ...] = ()
    window: Literal["sliding", "smooth", "calendar"] = "sliding"
    burst: int | None = None
    cost: int = 1
    shadow: bool = False
    on_store_failure: Literal["share", "share strict", "open", "closed"] = "share"
    max_keys: int | None = None
