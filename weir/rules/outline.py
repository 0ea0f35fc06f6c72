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
