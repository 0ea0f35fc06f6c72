"""Checks of whole blocks: what must stand in them, and what may stand there once only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weir.models.document import Definition, Group, Limit, Rule, Upstream
from weir.models.node import Clause
from weir.models.rule_clauses import EditHeader, InlineLimit, MaxSize, RuleClause, UseLimit
from weir.models.upstream_clauses import Target
from weir.rules.check.findings import Findings, Issue
from weir.rules.inherit import ACTIONS, inherit, kind_of

_REPEATABLE = (InlineLimit, UseLimit, Target)


def check_repeats(clauses: Sequence[Clause], path: str, findings: Findings) -> None:
    """A clause of a kind stands once in a block, but for limits, targets and ``add``."""
    seen: set[object] = set()
    for index, clause in enumerate(clauses):
        if isinstance(clause, (*_REPEATABLE, Rule)):
            continue
        if isinstance(clause, EditHeader) and clause.action == "add":
            continue
        kind = kind_of(clause)  # type: ignore[arg-type]  # clauses of other blocks are their own kind
        if kind in seen:
            findings.error(_repeated(clause), clause, f"{path}[{index}]")
        seen.add(kind)


def _repeated(clause: Clause) -> Issue:
    if isinstance(clause, ACTIONS):
        return Issue("duplicate", "a second action", "one of proxy, redirect and respond")
    if isinstance(clause, EditHeader):
        return Issue("duplicate", f'the {clause.side} header "{clause.name}" is set or removed twice')
    name = str(clause.__struct_config__.tag)
    return Issue("duplicate", f'a second "{name}" in one block', "one")


def check_rule(rule: Rule, inherited: tuple[RuleClause, ...], path: str, findings: Findings) -> None:
    """A rule does something, by itself or by its group."""
    if not any(isinstance(clause, ACTIONS) for clause in inherit(inherited, rule.clauses)):
        issue = Issue("no-action", f'rule "{rule.name}" does nothing', "proxy, redirect or respond")
        findings.error(issue, rule, path)


def check_group(group: Group, path: str, findings: Findings) -> None:
    if not any(isinstance(member, (Rule, *ACTIONS)) for member in group.members):
        findings.error(
            Issue("empty-block", f'group "{group.name}" has neither a rule nor an action'), group, path
        )


def check_definition(definition: Definition, path: str, findings: Findings) -> None:
    """What an upstream or a named limit needs."""
    if isinstance(definition, Upstream):
        targets = [clause for clause in definition.clauses if isinstance(clause, Target)]
        if not targets:
            issue = Issue(
                "no-target", f'upstream "{definition.name}" has no target', "target http://host:port"
            )
            findings.error(issue, definition, path)
        elif not any(target.weight for target in targets):
            findings.error(
                Issue("no-weight", "all targets have weight 0", "at least one above 0"), definition, path
            )
        for url in _repeated_urls(targets):
            findings.error(
                Issue("duplicate", f"the target {url} stands twice", "one with a weight"), definition, path
            )
    if isinstance(definition, Limit) and not definition.rates:
        findings.error(
            Issue("empty-block", f'limit "{definition.name}" is empty', "100 per 1m"), definition, path
        )


def _repeated_urls(targets: Sequence[Target]) -> Iterator[str]:
    seen: set[str] = set()
    for target in targets:
        if target.url in seen:
            yield target.url
        seen.add(target.url)


def misplaced(clause: Clause, block: str) -> Issue | None:
    """Clauses that several blocks read but only some can use."""
    if isinstance(clause, MaxSize) and clause.part == "head" and block != "defaults":
        return Issue("misplaced", "the head is read before a rule is known", "max head in defaults")
    return None
