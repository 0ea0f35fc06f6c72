"""Clauses of an upstream."""

from __future__ import annotations

from typing import Literal, TypeAlias

from weir.models.node import Clause
from weir.models.rule_clauses import Host, Retry, Timeout


class Target(Clause, frozen=True, tag="target"):
    """``target http://orders-1.prod:8080 weight 3``; scheme http or https, a port only if not the default."""

    url: str
    weight: int = 1


class Balance(Clause, frozen=True, tag="balance"):
    policy: Literal["round_robin", "least_conn", "p2c", "hash"]
    hash_on: Literal["", "ip", "header", "cookie", "query", "path", "consumer"] = ""
    hash_name: str = ""


class Check(Clause, frozen=True, tag="check"):
    """An active probe of every target."""

    method: str
    path: str
    every_ms: int
    timeout_ms: int | None = None
    expect: tuple[int, ...] = ()
    """Statuses that count as healthy; empty is 200–399."""


class Eject(Clause, frozen=True, tag="eject"):
    """Passive ejection; ``after`` consecutive failures, 0 is ``eject off``."""

    after: int
    for_ms: int | None = None
    max_percent: float | None = None


class Budget(Clause, frozen=True, tag="budget"):
    """Cluster-wide cap of retries: ``percent`` of requests, at most ``max`` in any window of ``per_ms``."""

    percent: float
    max: int | None = None
    per_ms: int = 10_000


DEFAULT_BUDGET = Budget(percent=10.0)
"""Of an upstream that retries and for which nothing is said."""


class Concurrency(Clause, frozen=True, tag="concurrency"):
    """Requests in flight; ``limit`` None is ``adaptive``."""

    limit: int | None = None
    queue: int = 0


class Tls(Clause, frozen=True, tag="tls"):
    """How an https target is verified."""

    verify: bool = True
    server_name: str = ""
    ca: str = ""
    """Name of a certificate in the store."""
    certificate: str = ""
    """Name of the client certificate in the store."""


class Sticky(Clause, frozen=True, tag="sticky"):
    """``sticky cookie "weir" for 1h``."""

    cookie: str
    for_ms: int | None = None


class SlowStart(Clause, frozen=True, tag="slow_start"):
    for_ms: int


UpstreamClause: TypeAlias = (
    Target
    | Balance
    | Check
    | Eject
    | Retry
    | Budget
    | Concurrency
    | Timeout
    | Tls
    | Sticky
    | SlowStart
    | Host
)
