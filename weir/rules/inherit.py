"""How a group's clauses come under a rule's: an inner clause of the same kind wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from weir.models.rule_clauses import (
    EditHeader,
    InlineLimit,
    MaxSize,
    Proxy,
    ProxyByPath,
    Redirect,
    ReplacePrefix,
    Respond,
    RewritePath,
    RuleClause,
    StripPrefix,
    Timeout,
    UseLimit,
)

C = TypeVar("C")

ACTIONS = (Proxy, ProxyByPath, Redirect, Respond)
LIMITS = (UseLimit, InlineLimit)
PATH_EDITS = (StripPrefix, ReplacePrefix, RewritePath)


def inherit(inherited: Sequence[RuleClause], own: Sequence[RuleClause]) -> tuple[RuleClause, ...]:
    """A group's clauses under a rule's: an inner clause of the same kind wins, ``timeout`` part by part."""
    replaced = {kind_of(clause) for clause in own}
    kept = [clause for clause in inherited if isinstance(clause, Timeout) or kind_of(clause) not in replaced]
    return (*kept, *own)


def kind_of(clause: RuleClause) -> object:
    """Clauses of equal kind stand for each other; header edits only for the same field."""
    if isinstance(clause, EditHeader):
        return (EditHeader, clause.side, clause.name.lower())
    if isinstance(clause, ACTIONS):
        return ACTIONS
    if isinstance(clause, LIMITS):
        return LIMITS
    if isinstance(clause, PATH_EDITS):
        return PATH_EDITS
    if isinstance(clause, MaxSize):
        return (MaxSize, clause.part)
    return type(clause)


def last(clauses: Sequence[RuleClause], kind: type[C]) -> C | None:
    """The clause of that class that has the last word."""
    return next((clause for clause in reversed(clauses) if isinstance(clause, kind)), None)


def merged_timeout(timeouts: Iterable[Timeout]) -> Timeout | None:
    """Later ones win, part by part."""
    parts: dict[str, int] = {}
    for timeout in timeouts:
        for name in ("connect_ms", "try_ms", "total_ms", "idle_ms"):
            value = getattr(timeout, name)
            if value is not None:
                parts[name] = value
    return Timeout(**parts) if parts else None  # type: ignore[arg-type]  # by name
