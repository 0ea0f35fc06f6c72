"""Clauses that parse and print but have no engine yet: refused at publish with a clear message, never ignored."""

from __future__ import annotations

from weir.models.node import Clause
from weir.models.rule_clauses import (
    EditHeader,
    InlineLimit,
    Require,
    UseLimit,
)
from weir.models.upstream_clauses import Balance, Tls
from weir.models.values import Secret

_WHOLE: dict[type[Clause], str] = {
    InlineLimit: "limit",
    UseLimit: "limit",
    Tls: "tls",
}


def not_built(clause: Clause) -> str:
    """What of the clause this program cannot do yet; empty when it can do all of it."""
    if type(clause) in _WHOLE:
        return _WHOLE[type(clause)]
    if isinstance(clause, Require) and clause.any_of:
        return f"require {clause.any_of[0].method}"
    if isinstance(clause, Balance) and clause.hash_on == "consumer":
        return "balance hash(consumer)"
    if isinstance(clause, EditHeader) and isinstance(clause.value, Secret):
        return "secret(…)"
    return ""
