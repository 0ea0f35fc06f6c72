"""Clauses that parse and print but have no engine yet: refused at publish with a clear message, never ignored."""

from __future__ import annotations

from weir.models.node import Clause
from weir.models.rule_clauses import EditHeader, Require
from weir.models.upstream_clauses import Tls
from weir.models.values import Secret

_WHOLE: dict[type[Clause], str] = {
    Tls: "tls",
}


_METHODS = frozenset({"key", "token", "basic", "hmac", "anonymous"})
"""Of ``require``, those that the edge knows (``edge/auth/requirement.py``)."""


def not_built(clause: Clause) -> str:
    """What of the clause this program cannot do yet; empty when it can do all of it."""
    if type(clause) in _WHOLE:
        return _WHOLE[type(clause)]
    if isinstance(clause, Require):
        unknown = next((each.method for each in clause.any_of if each.method not in _METHODS), "")
        return f"require {unknown}" if unknown else ""
    if isinstance(clause, EditHeader) and isinstance(clause.value, Secret):
        return "secret(…)"
    return ""
