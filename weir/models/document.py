"""A document: one owner's configuration as it was written, in its own order."""

from __future__ import annotations

from typing import Literal, TypeAlias

from weir.models.condition import Condition
from weir.models.default_clauses import DefaultClause
from weir.models.node import Block, Clause, Node
from weir.models.rule_clauses import RuleClause
from weir.models.upstream_clauses import UpstreamClause
from weir.models.values import Rate

LANGUAGE = 1
"""The version of the rule language, and of the JSON form, that this code reads and writes."""

Owner: TypeAlias = Literal["file", "api", "k8s"]
OWNERS: tuple[Owner, ...] = ("file", "api", "k8s")
"""In order of precedence between rules of otherwise equal rank."""


class Defaults(Block, frozen=True, tag="defaults"):
    clauses: tuple[DefaultClause, ...] = ()


class Define(Clause, frozen=True, tag="define"):
    """``define office = ip in […]``: a named condition."""

    name: str
    condition: Condition


class Upstream(Block, frozen=True, tag="upstream"):
    name: str
    clauses: tuple[UpstreamClause, ...] = ()


class RateLine(Clause, frozen=True, tag=False):
    """One line of a named limit."""

    rate: Rate


class Limit(Block, frozen=True, tag="limit"):
    """A named limit; every ``limit NAME`` shares its counters."""

    name: str
    rates: tuple[RateLine, ...] = ()


class Rule(Block, frozen=True, tag="rule"):
    name: str
    clauses: tuple[RuleClause, ...] = ()


class Group(Block, frozen=True, tag="group"):
    """Its condition is and-ed to its rules', its clauses are inherited.

    ``members`` keeps clauses and rules in the order in which they were written.
    """

    name: str
    members: tuple[RuleClause | Rule, ...] = ()


Definition: TypeAlias = Defaults | Define | Upstream | Limit | Group | Rule


class Document(Node, frozen=True, tag=False):
    """Definitions in their order."""

    language: int = LANGUAGE
    definitions: tuple[Definition, ...] = ()
    comments: tuple[str, ...] = ()
    """Above ``language``."""
    comments_end: tuple[str, ...] = ()
