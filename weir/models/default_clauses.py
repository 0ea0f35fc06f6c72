"""Clauses of ``defaults``: settings of the whole cluster."""

from __future__ import annotations

from typing import TypeAlias

from weir.models.node import Clause
from weir.models.rule_clauses import Compress, Host, Log, MaxSize, Retry, Timeout
from weir.models.upstream_clauses import Budget


class TrustedProxies(Clause, frozen=True, tag="trusted_proxies"):
    """Networks whose X-Forwarded-* and Forwarded fields are believed."""

    networks: tuple[str, ...]


class MergeSlashes(Clause, frozen=True, tag="merge_slashes"):
    """Whether ``//`` in a path is one slash; on if not given."""

    on: bool


class MaxStale(Clause, frozen=True, tag="credentials max_stale"):
    """How long known credentials stay good while the store is away."""

    for_ms: int


DefaultClause: TypeAlias = (
    Timeout | TrustedProxies | MergeSlashes | MaxStale | MaxSize | Retry | Budget | Compress | Host | Log
)
