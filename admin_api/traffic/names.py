"""Names of entries, taken apart; and the names of the rules of a document. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from weir.models.document import Document, Group, Rule
from weir.models.usage import OTHER
from weir.rules.inherit import ACTIONS


def owner_and_rule(name: str) -> tuple[str, str]:
    """``<owner>/<rule>``; what is counted together, or met no rule, has no owner."""
    if name in ("", OTHER):
        return "", name
    owner, _, rule = name.partition("/")
    return owner, rule


def owner_upstream_target(name: str) -> tuple[str, str, str]:
    """``<owner>/<upstream> <URL>``; no URL has a space."""
    if name == OTHER:
        return "", name, ""
    member, _, url = name.rpartition(" ")
    owner, _, upstream = member.partition("/")
    return owner, upstream, url


def rule_names(document: Document) -> Iterator[str]:
    """In the document's order; a group that acts itself is a rule of its name."""
    for definition in document.definitions:
        if isinstance(definition, Rule):
            yield definition.name
        elif isinstance(definition, Group):
            if any(isinstance(member, ACTIONS) for member in definition.members):
                yield definition.name
            for member in definition.members:
                if isinstance(member, Rule):
                    yield f"{definition.name}/{member.name}"
