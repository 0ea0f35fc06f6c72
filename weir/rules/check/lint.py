"""Warnings: what is allowed but probably not meant. What needs ranks and overlaps is added by routing."""

from __future__ import annotations

from collections.abc import Iterator

from weir.models.document import Define, Definition, Document, Group, Limit, Rule, Upstream
from weir.models.rule_clauses import (
    InlineLimit,
    Mirror,
    Proxy,
    ProxyByPath,
    Require,
    RuleClause,
    UseLimit,
    When,
)
from weir.rules.check.findings import Findings, Issue
from weir.rules.defines import references
from weir.rules.inherit import ACTIONS, inherit, last
from weir.rules.outline import clauses_of, rules_of

_NEEDS_CONSUMER = frozenset({"consumer", "tag"})


def lint(document: Document, findings: Findings) -> None:
    _unused(document, findings)
    by_consumer = frozenset(
        item.name
        for item in document.definitions
        if isinstance(item, Limit)
        and any(key.field in _NEEDS_CONSUMER for line in item.rates for key in line.rate.by)
    )
    rates = {
        item.name: [line.rate for line in item.rates]
        for item in document.definitions
        if isinstance(item, Limit)
    }
    for name, node, clauses, path in _acting(document):
        for use in (clause for clause in clauses if isinstance(clause, UseLimit)):
            if any(use.cost * rate.cost > rate.count >= rate.cost for rate in rates.get(use.name, ())):
                message = (
                    f'rule "{name}" costs more than the whole of limit "{use.name}", so nothing ever passes'
                )
                findings.warning(Issue("bad-rate", message), node, path)
        require = last(clauses, Require)
        if _counts_consumers(clauses, by_consumer) and not (require and require.any_of):
            message = f'rule "{name}" counts by consumer but requires no credential'
            findings.warning(Issue("by-consumer", message, "require …"), node, path)


def _acting(document: Document) -> Iterator[tuple[str, Rule | Group, tuple[RuleClause, ...], str]]:
    """Every rule with all its clauses, and every group that is one itself."""
    for index, definition in enumerate(document.definitions):
        if isinstance(definition, Group) and any(
            isinstance(member, ACTIONS) for member in definition.members
        ):
            yield definition.name, definition, clauses_of(definition), f"definitions[{index}]"
    for name, rule, inherited, path in rules_of(document):
        yield name, rule, inherit(inherited, rule.clauses), path


def _counts_consumers(clauses: tuple[RuleClause, ...], by_consumer: frozenset[str]) -> bool:
    return any(
        (isinstance(clause, UseLimit) and clause.name in by_consumer)
        or (isinstance(clause, InlineLimit) and any(key.field in _NEEDS_CONSUMER for key in clause.rate.by))
        for clause in clauses
    )


def _unused(document: Document, findings: Findings) -> None:
    used = _uses(document)
    for index, definition in enumerate(document.definitions):
        kind = {Upstream: "upstream", Limit: "limit", Define: "define"}.get(type(definition))
        if kind and (kind, definition.name) not in used:  # type: ignore[union-attr]  # those kinds have names
            issue = Issue("unused", f'{kind} "{definition.name}" is not used by any rule')  # type: ignore[union-attr]
            findings.warning(issue, definition, f"definitions[{index}]")


def _uses(document: Document) -> frozenset[tuple[str, str]]:
    return frozenset().union(*map(uses_of, document.definitions))


def uses_of(definition: Definition) -> frozenset[tuple[str, str]]:
    """Kind and name of every other definition that it refers to."""
    used: set[tuple[str, str]] = set()
    if isinstance(definition, Define):
        used.update(("define", name) for name in references(definition.condition))
    members = definition.members if isinstance(definition, Group) else ()
    clauses = definition.clauses if isinstance(definition, Rule) else members
    for clause in clauses:
        used.update(_used_by(clause))
    return frozenset(used)


def _used_by(clause: RuleClause | Rule) -> Iterator[tuple[str, str]]:
    match clause:
        case Rule():
            for inner in clause.clauses:
                yield from _used_by(inner)
        case When():
            yield from (("define", name) for name in references(clause.condition))
        case Proxy():
            yield from (("upstream", destination.to) for destination in clause.to)
        case ProxyByPath():
            yield from (("upstream", destination.to) for line in clause.lines for destination in line.to)
        case Mirror():
            yield "upstream", clause.to
        case UseLimit():
            yield "limit", clause.name
