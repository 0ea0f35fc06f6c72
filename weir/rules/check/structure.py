"""Checks of whole blocks: what must stand in them, and what may stand there once only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weir.models.document import Definition, Document, Group, Limit, Rule, Upstream
from weir.models.node import Clause
from weir.models.rule_clauses import EditHeader, InlineLimit, MaxSize, ProxyByPath, RuleClause, UseLimit
from weir.models.upstream_clauses import Target
from weir.rules.bounds import MAX_CLAUSES, MAX_ROUTES
from weir.rules.check.findings import Findings, Issue
from weir.rules.inherit import ACTIONS, PATH_EDITS, inherit, kind_of
from weir.rules.outline import blocks_of

_REPEATABLE = (InlineLimit, UseLimit, Target)


def check_bounds(document: Document, findings: Findings) -> bool:
    """What all other work is multiplied by; past these bounds nothing else is looked at."""
    fine = True
    count = 0
    for node, clauses, path in blocks_of(document):
        if len(clauses) > MAX_CLAUSES:
            issue = Issue("too-large", f"{len(clauses)} clauses in one block", f"at most {MAX_CLAUSES}")
            findings.error(issue, node, path)
            fine = False
    for definition in document.definitions:
        count += routes_in(definition)
    if count > MAX_ROUTES:
        issue = Issue(
            "too-large", f"{count} rules, each line of proxy by path counted", f"at most {MAX_ROUTES}"
        )
        findings.error(issue, document, "definitions")
        fine = False
    return fine


def routes_in(definition: Definition) -> int:
    """How many rules it comes to, each line of ``proxy by path`` counted."""
    if isinstance(definition, Rule):
        return _lines(definition.clauses)
    if not isinstance(definition, Group):
        return 0
    inherited = _lines(definition.members)
    own = (_lines(member.clauses) for member in definition.members if isinstance(member, Rule))
    return inherited + sum(lines or inherited for lines in own)


def _lines(clauses: Sequence[RuleClause | Rule]) -> int:
    """How many routes the action makes; 0 where there is none."""
    action = next((clause for clause in clauses if isinstance(clause, ACTIONS)), None)
    return len(action.lines) if isinstance(action, ProxyByPath) else int(action is not None)


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
    if isinstance(clause, PATH_EDITS):
        return Issue("duplicate", "a second change of the path", "one of strip, replace and rewrite")
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
