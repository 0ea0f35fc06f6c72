"""Clauses that parse and print but have no engine yet: refused at publish with a clear message, never ignored."""

from __future__ import annotations

from weir.models.node import Clause
from weir.models.rule_clauses import (
    EditHeader,
    InlineLimit,
    Require,
)
from weir.models.upstream_clauses import Balance, Tls
from weir.models.values import Rate, Secret

_WHOLE: dict[type[Clause], str] = {
    Tls: "tls",
}


_NEEDS_CONSUMERS = frozenset({"consumer", "tag"})


def not_built(clause: Clause) -> str:
    """What of the clause this program cannot do yet; empty when it can do all of it."""
    if type(clause) in _WHOLE:
        return _WHOLE[type(clause)]
    if isinstance(clause, InlineLimit):
        return not_built_rate(clause.rate)
    if isinstance(clause, Require) and clause.any_of:
        return f"require {clause.any_of[0].method}"
    if isinstance(clause, Balance) and clause.hash_on == "consumer":
        return "balance hash(consumer)"
    if isinstance(clause, EditHeader) and isinstance(clause.value, Secret):
        return "secret(…)"
    return ""


def not_built_rate(rate: Rate) -> str:
    """The same of a rate, also of a named limit's."""
    unknown = next((key.field for key in rate.by if key.field in _NEEDS_CONSUMERS), None)
    return f"limit by {unknown}" if unknown else ""
