"""Every rule of a document with its full name, what it inherits, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from weir.models.document import Document, Group, Rule
from weir.models.rule_clauses import RuleClause


class Outlined(NamedTuple):
    name: str
    """``rule`` or ``group/rule``: what routes, the log and metrics call it."""
    rule: Rule
    inherited: tuple[RuleClause, ...]
    path: str
    """``definitions[3].members[1]``."""


def clauses_of(group: Group) -> tuple[RuleClause, ...]:
    """What a group hands down."""
    return tuple(member for member in group.members if not isinstance(member, Rule))


def blocks_of(document: Document) -> Iterator[tuple[Rule | Group, tuple[RuleClause, ...], str]]:
    """Every block of clauses of rules: each rule's own, and each group's."""
    for index, definition in enumerate(document.definitions):
        if isinstance(definition, Rule):
            yield definition, definition.clauses, f"definitions[{index}]"
        elif isinstance(definition, Group):
            yield definition, clauses_of(definition), f"definitions[{index}]"
            for number, member in enumerate(definition.members):
                if isinstance(member, Rule):
                    yield member, member.clauses, f"definitions[{index}].members[{number}]"


def rules_of(document: Document) -> Iterator[Outlined]:
    for index, definition in enumerate(document.definitions):
        path = f"definitions[{index}]"
        if isinstance(definition, Rule):
            yield Outlined(definition.name, definition, (), path)
        elif isinstance(definition, Group):
            inherited = clauses_of(definition)
            for number, member in enumerate(definition.members):
                if isinstance(member, Rule):
                    name = f"{definition.name}/{member.name}"
                    yield Outlined(name, member, inherited, f"{path}.members[{number}]")
