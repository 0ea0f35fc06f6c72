"""Conditions: which requests a rule is for (the part after ``when``)."""

from __future__ import annotations

from typing import Literal, TypeAlias, Union

from weir.models.node import Node

Field: TypeAlias = Literal["host", "path", "method", "scheme", "port", "ip", "header", "query", "cookie"]
Operator: TypeAlias = Literal[
    "==", "!=", "in", "under", "like", "starts_with", "ends_with", "contains", "matches", "exists"
]

NAMED_FIELDS: frozenset[str] = frozenset({"header", "query", "cookie"})
"""Fields that take the name of what is looked up, as in ``header("X-User")``."""

OPERATORS_OF_FIELD: dict[str, frozenset[str]] = {
    "host": frozenset({"==", "!=", "in", "starts_with", "ends_with", "contains", "matches"}),
    "path": frozenset({"==", "!=", "in", "under", "like", "starts_with", "ends_with", "contains", "matches"}),
    "method": frozenset({"==", "!=", "in"}),
    "scheme": frozenset({"==", "!=", "in"}),
    "port": frozenset({"==", "!=", "in"}),
    "ip": frozenset({"==", "!=", "in"}),
    "header": frozenset({"==", "!=", "in", "starts_with", "ends_with", "contains", "matches", "exists"}),
    "query": frozenset({"==", "!=", "in", "starts_with", "ends_with", "contains", "matches", "exists"}),
    "cookie": frozenset({"==", "!=", "in", "starts_with", "ends_with", "contains", "matches", "exists"}),
}


class AnyRequest(Node, frozen=True, tag="any"):
    """``any``: every request."""


class Reference(Node, frozen=True, tag="reference"):
    """The name of a ``define``; pure substitution."""

    name: str


class Compare(Node, frozen=True, tag="compare"):
    """One comparison, such as ``path under "/orders"`` or ``header("X-User") exists``.

    ``value`` is a string, for ``port`` a number, a tuple of those for ``in``, and None for ``exists``.
    An absent header, query or cookie makes ``!=`` true and every other comparison false.
    """

    field: Field
    operator: Operator
    value: str | int | tuple[str | int, ...] | None = None
    name: str = ""
    """Which header, query or cookie; empty for the other fields."""


class And(Node, frozen=True, tag="and"):
    terms: tuple[Condition, ...]


class Or(Node, frozen=True, tag="or"):
    terms: tuple[Condition, ...]


class Not(Node, frozen=True, tag="not"):
    term: Condition


Condition = Union[AnyRequest, Reference, Compare, And, Or, Not]  # noqa: UP007 - recursive: must exist at run time
