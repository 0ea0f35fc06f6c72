"""The entry: every problem of a document, errors and warnings, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weir.models.condition import Compare, Condition, Reference
from weir.models.document import (
    LANGUAGE,
    Defaults,
    Define,
    Definition,
    Document,
    Group,
    Limit,
    Rule,
    Upstream,
)
from weir.models.node import Clause
from weir.models.problem import Problem
from weir.models.rule_clauses import Mirror, Proxy, ProxyByPath, RuleClause, UseLimit, When
from weir.rules.bounds import MAX_DEPTH, MAX_NAME
from weir.rules.captures import captured
from weir.rules.check import structure, values
from weir.rules.check.clauses import issues_of, rate_issues
from weir.rules.check.conditions import MAX_TERMS, compare_issue, size_of, walk
from weir.rules.check.findings import Findings, Issue
from weir.rules.check.lint import lint
from weir.rules.check.references import Names, check_defines, check_duplicates, names_of, unknown
from weir.rules.inherit import last
from weir.rules.outline import clauses_of
from weir.rules.parser import Positions
from weir.rules.pools import is_url
from weir.rules.support import not_built


def check(document: Document, positions: Positions | None = None) -> tuple[Problem, ...]:
    """Errors forbid publishing, warnings do not. ``positions`` turns places into lines and columns."""
    findings = Findings(positions)
    _Check(document, findings).run()
    return findings.all()


class _Check:
    """One pass over one document; what every part of it needs to know."""

    def __init__(self, document: Document, findings: Findings) -> None:
        self._document = document
        self._findings = findings
        self._names = names_of(document)
        self._sizes = check_defines(document, findings)
        self._names = Names(
            {name: self._names.defines[name] for name in self._sizes},
            self._names.upstreams,
            self._names.limits,
        )
        self._all_defines = frozenset(item.name for item in document.definitions if isinstance(item, Define))

    def run(self) -> None:
        if not 1 <= self._document.language <= LANGUAGE:
            issue = Issue("language", f"language {self._document.language} is not known", f"1 to {LANGUAGE}")
            self._findings.error(issue, self._document, "language")
        self._comments((*self._document.comments, *self._document.comments_end), self._document, "comments")
        check_duplicates(self._document, self._findings)
        for index, definition in enumerate(self._document.definitions):
            self._definition(definition, f"definitions[{index}]")
        lint(self._document, self._findings)

    def _definition(self, definition: Definition, path: str) -> None:
        self._comments_of(definition, path)
        if not isinstance(definition, Defaults):
            self._name(definition, path)
        structure.check_definition(definition, path, self._findings)
        match definition:
            case Defaults():
                self._clauses(definition.clauses, f"{path}.clauses", "defaults", frozenset())
            case Upstream():
                self._clauses(definition.clauses, f"{path}.clauses", "upstream", frozenset())
            case Define():
                self._condition(definition.condition, f"{path}.condition")
            case Limit():
                for index, line in enumerate(definition.rates):
                    for issue in rate_issues(line.rate):
                        self._findings.error(issue, line, f"{path}.rates[{index}]")
            case Rule():
                self._rule(definition, (), path)
            case Group():
                self._group(definition, path)

    def _group(self, group: Group, path: str) -> None:
        structure.check_group(group, path, self._findings)
        clauses = clauses_of(group)
        self._clauses(group.members, f"{path}.members", "rule", self._captures((), clauses))
        for index, member in enumerate(group.members):
            if isinstance(member, Rule):
                self._comments_of(member, f"{path}.members[{index}]")
                self._name(member, f"{path}.members[{index}]")
                self._rule(member, clauses, f"{path}.members[{index}]")

    def _rule(self, rule: Rule, inherited: tuple[RuleClause, ...], path: str) -> None:
        structure.check_rule(rule, inherited, path, self._findings)
        self._clauses(rule.clauses, f"{path}.clauses", "rule", self._captures(inherited, rule.clauses))

    def _clauses(self, clauses: Sequence[Clause], path: str, block: str, captures: frozenset[str]) -> None:
        structure.check_repeats(clauses, path, self._findings)
        for index, clause in enumerate(clauses):
            if isinstance(clause, Rule):
                continue
            place = f"{path}[{index}]"
            self._comments_of(clause, place)
            for issue in self._issues(clause, block, captures):
                self._findings.error(issue, clause, place)
            if isinstance(clause, When):
                self._condition(clause.condition, f"{place}.condition")
            self._destinations(clause, place)

    def _issues(self, clause: Clause, block: str, captures: frozenset[str]) -> Iterator[Issue]:
        feature = not_built(clause)
        if feature:
            yield Issue(
                "not-built", f"{feature} is part of the language but not built yet; remove it to publish"
            )
        misplaced = structure.misplaced(clause, block)
        if misplaced:
            yield misplaced
        yield from issues_of(clause, captures)
        if isinstance(clause, UseLimit) and clause.name not in self._names.limits:
            yield unknown("limit", clause.name, self._names.limits)

    def _destinations(self, clause: Clause, path: str) -> None:
        for node, to, place in _destinations(clause, path):
            issue = values.target_url(to) if is_url(to) else None
            if not is_url(to) and to not in self._names.upstreams:
                issue = unknown("upstream", to, self._names.upstreams)
            if issue:
                self._findings.error(issue, node, place)

    def _condition(self, condition: Condition, path: str) -> None:
        for part, place, depth in walk(condition, path):
            if depth > MAX_DEPTH:
                issue = Issue("too-deep", "the condition is nested too deeply", f"at most {MAX_DEPTH} levels")
                self._findings.error(issue, part, place)
            elif isinstance(part, Compare):
                found = compare_issue(part)
                if found:
                    self._findings.error(found, part, place)
            elif isinstance(part, Reference) and part.name not in self._all_defines:
                self._findings.error(unknown("define", part.name, self._all_defines), part, place)
        if size_of(condition, self._sizes) > MAX_TERMS:
            issue = Issue("too-large", "the condition has too many comparisons", f"at most {MAX_TERMS}")
            self._findings.error(issue, condition, path)

    def _captures(self, inherited: Sequence[RuleClause], own: Sequence[RuleClause]) -> frozenset[str]:
        whens = (last(inherited, When), last(own, When))
        return frozenset().union(*(captured(when.condition, self._names.defines) for when in whens if when))

    def _name(self, node: Define | Upstream | Limit | Group | Rule, path: str) -> None:
        if not node.name or len(node.name) > MAX_NAME or not node.name.isprintable():
            issue = Issue("bad-name", "a name that cannot be used", f"1 to {MAX_NAME} printable characters")
            self._findings.error(issue, node, f"{path}.name")

    def _comments_of(self, node: Clause, path: str) -> None:
        end = getattr(node, "comments_end", ())
        self._comments((*node.comments, node.comment_beside, *end), node, path)

    def _comments(self, comments: Sequence[str], node: object, path: str) -> None:
        if any("\n" in comment or "\r" in comment for comment in comments):
            self._findings.error(Issue("bad-comment", "a comment is one line"), node, path)


def _destinations(clause: Clause, path: str) -> Iterator[tuple[object, str, str]]:
    """Every destination of a clause: its node, where it goes, its path."""
    if isinstance(clause, Proxy):
        for index, destination in enumerate(clause.to):
            yield destination, destination.to, f"{path}.to[{index}]"
    elif isinstance(clause, ProxyByPath):
        for number, line in enumerate(clause.lines):
            for index, destination in enumerate(line.to):
                yield destination, destination.to, f"{path}.lines[{number}].to[{index}]"
    elif isinstance(clause, Mirror):
        yield clause, clause.to, path
