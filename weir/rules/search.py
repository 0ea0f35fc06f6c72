"""Finding definitions of a document by what they say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from weir.models.condition import And, Compare, Condition, Or
from weir.models.document import Define, Document, Group, Rule
from weir.models.rule_clauses import Mirror, Proxy, ProxyByPath, RuleClause, Tag, When
from weir.rules.defines import substitute, without_references
from weir.rules.edits import Kind, Named
from weir.rules.inherit import inherit, last
from weir.rules.outline import clauses_of


class Wanted(NamedTuple):
    """Every part that is not empty must fit."""

    q: str = ""
    """Somewhere in the name or in what it says, in any case."""
    tag: str = ""
    host: str = ""
    """Named by the condition, or covered by a wildcard in it."""
    upstream: str = ""


class Listed(NamedTuple):
    name: str
    """With its group's."""
    definition: Named
    inherited: tuple[RuleClause, ...] = ()


def listed(document: Document, kind: Kind) -> list[Listed]:
    """All of one kind, in their order."""
    found: list[Listed] = []
    for definition in document.definitions:
        if isinstance(definition, Group) and kind == "rule":
            inherited = clauses_of(definition)
            rules = (member for member in definition.members if isinstance(member, Rule))
            found += [Listed(f"{definition.name}/{rule.name}", rule, inherited) for rule in rules]
        elif type(definition).__name__.lower() == kind:
            found.append(Listed(definition.name, definition))  # type: ignore[union-attr, arg-type]  # not defaults
    return found


class Search:
    """Within one document."""

    def __init__(self, document: Document, wanted: Wanted) -> None:
        self._wanted = wanted
        self._defines: Mapping[str, Condition] = {}
        if wanted.host:
            defines = {each.name: each.condition for each in document.definitions if isinstance(each, Define)}
            self._defines = without_references(defines)

    def fits(self, each: Listed) -> bool:
        wanted = self._wanted
        if wanted.q and not _says(each, wanted.q):
            return False
        if not (wanted.tag or wanted.host or wanted.upstream):
            return True
        definition = each.definition
        if isinstance(definition, Group):
            own = clauses_of(definition)
            rules = (member for member in definition.members if isinstance(member, Rule))
            return self._acts(own, own) or any(self._acts(rule.clauses, own) for rule in rules)
        return isinstance(definition, Rule) and self._acts(definition.clauses, each.inherited)

    def _acts(self, own: Sequence[RuleClause], inherited: Sequence[RuleClause]) -> bool:
        """Of a rule with what its group gives it."""
        wanted, clauses = self._wanted, inherit(inherited, own)
        if wanted.tag and not any(
            isinstance(clause, Tag) and wanted.tag in clause.tags for clause in clauses
        ):
            return False
        if wanted.upstream and wanted.upstream not in _destinations(clauses):
            return False
        return not wanted.host or self._names_host(own) or self._names_host(inherited)

    def _names_host(self, clauses: Sequence[RuleClause]) -> bool:
        when = last(clauses, When)
        if when is None:
            return False
        condition = substitute(when.condition, self._defines)
        return any(_covers(compare, self._wanted.host) for compare in _compared(condition))


def _says(each: Listed, text: str) -> bool:
    text = text.lower()
    if text in each.name.lower():
        return True
    return text in msgspec.json.encode(each.definition).decode().lower()


def _destinations(clauses: Sequence[RuleClause]) -> Iterator[str]:
    for clause in clauses:
        if isinstance(clause, Proxy):
            yield from (destination.to for destination in clause.to)
        elif isinstance(clause, ProxyByPath):
            yield from (destination.to for line in clause.lines for destination in line.to)
        elif isinstance(clause, Mirror):
            yield clause.to


def _compared(condition: Condition) -> Iterator[Compare]:
    """Comparisons that are not under a ``not``."""
    if isinstance(condition, Compare):
        yield condition
    elif isinstance(condition, And | Or):
        for term in condition.terms:
            yield from _compared(term)


def _covers(compare: Compare, host: str) -> bool:
    if compare.field != "host" or compare.value is None:
        return False
    values = compare.value if isinstance(compare.value, tuple) else (compare.value,)
    return any(_fits(compare.operator, str(value).lower(), host.lower()) for value in values)


def _fits(operator: str, value: str, host: str) -> bool:
    match operator:
        case "==" | "in":
            if value.startswith("**."):
                return host == value or host.endswith(value[2:])
            if value.startswith("*."):
                return host == value or host.partition(".")[2] == value[2:]
            return host == value
        case "starts_with":
            return host.startswith(value)
        case "ends_with":
            return host.endswith(value)
        case "contains":
            return value in host
    return False
