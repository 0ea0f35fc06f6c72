"""The entry: every problem of a document, errors and warnings, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weir.models.condition import And, Compare, Condition, Or, Reference
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
from weir.rules.bounds import MAX_DEPTH
from weir.rules.captures import captured
from weir.rules.check import structure, values
from weir.rules.check.clauses import issues_of, rate_issues
from weir.rules.check.conditions import MAX_TERMS, compare_issue, join_issue, size_of, walk
from weir.rules.check.findings import Findings, Issue
from weir.rules.check.lint import lint
from weir.rules.check.references import captures_of, check_defines, check_duplicates, names_of, unknown
from weir.rules.inherit import last
from weir.rules.outline import clauses_of
from weir.rules.parser import Positions
from weir.rules.pools import is_url
from weir.rules.support import not_built


def check(
    document: Document, positions: Positions | None = None, *, warnings: bool = True
) -> tuple[Problem, ...]:
    """Errors forbid publishing, warnings do not. ``positions`` turns places into lines and columns."""
    findings = Findings(positions)
    _Check(document, findings).run(warnings)
    return findings.all()


class _Check:
    """One pass over one document; what every part of it needs to know."""

    def __init__(self, document: Document, findings: Findings) -> None:
        self._document = document
        self._findings = findings
        self._names = names_of(document)
        self._sizes = check_defines(document, findings)
        self._captures_of = captures_of(document, self._sizes)

    def run(self, warnings: bool) -> None:
        if not structure.check_bounds(self._document, self._findings):
            return
        if not 1 <= self._document.language <= LANGUAGE:
            issue = Issue(
                "bad-language", f"language {self._document.language} is not known", f"1 to {LANGUAGE}"
            )
            self._findings.error(issue, self._document, "language")
        self._comments((*self._document.comments, *self._document.comments_end), self._document, "comments")
        check_duplicates(self._document, self._findings)
        for index, definition in enumerate(self._document.definitions):
            self._definition(definition, f"definitions[{index}]")
        if warnings:
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
                self._rates(definition, path)
            case Rule():
                self._rule(definition, (), frozenset(), path)
            case Group():
                self._group(definition, path)

    def _rates(self, limit: Limit, path: str) -> None:
        for index, line in enumerate(limit.rates):
            self._comments_of(line, f"{path}.rates[{index}]")
            for issue in rate_issues(line.rate):
                self._findings.error(issue, line, f"{path}.rates[{index}]")

    def _group(self, group: Group, path: str) -> None:
        structure.check_group(group, path, self._findings)
        clauses = clauses_of(group)
        captures = self._captures(clauses)
        self._clauses(group.members, f"{path}.members", "rule", captures)
        for index, member in enumerate(group.members):
            if isinstance(member, Rule):
                self._comments_of(member, f"{path}.members[{index}]")
                self._name(member, f"{path}.members[{index}]")
                self._rule(member, clauses, captures, f"{path}.members[{index}]")

    def _rule(
        self, rule: Rule, inherited: tuple[RuleClause, ...], captures: frozenset[str], path: str
    ) -> None:
        """``captures`` are those of the group's condition."""
        structure.check_rule(rule, inherited, path, self._findings)
        known = captures | self._captures(rule.clauses)
        self._clauses(rule.clauses, f"{path}.clauses", "rule", known)

    def _clauses(self, clauses: Sequence[Clause], path: str, block: str, captures: frozenset[str]) -> None:
        structure.check_repeats(clauses, path, self._findings)
        for index, clause in enumerate(clauses):
            if isinstance(clause, Rule):
                continue
            place = f"{path}[{index}]"
            self._comments_of(clause, place)
            for number, line in enumerate(clause.lines if isinstance(clause, ProxyByPath) else ()):
                self._comments_of(line, f"{place}.lines[{number}]")
            for issue in self._issues(clause, block, captures):
                self._findings.error(issue, clause, place)
            if isinstance(clause, When):
                self._condition(clause.condition, f"{place}.condition")
                self._size(clause.condition, f"{place}.condition")
            self._destinations(clause, place)

    def _issues(self, clause: Clause, block: str, captures: frozenset[str]) -> Iterator[Issue]:
        yield from _unbuilt(not_built(clause))
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
            else:
                found = self._part(part)
                if found:
                    self._findings.error(found, part, place)

    def _size(self, condition: Condition, path: str) -> None:
        """Of a condition in a rule; those of defines were looked at with their cycles."""
        if size_of(condition, self._sizes) > MAX_TERMS:
            issue = Issue("too-large", "the condition has too many comparisons", f"at most {MAX_TERMS}")
            self._findings.error(issue, condition, path)

    def _part(self, part: Condition) -> Issue | None:
        if isinstance(part, Compare):
            return compare_issue(part)
        if isinstance(part, And | Or):
            return join_issue(part)
        if isinstance(part, Reference) and part.name not in self._names.defines:
            return unknown("define", part.name, self._names.defines)
        return None

    def _captures(self, clauses: Sequence[RuleClause]) -> frozenset[str]:
        when = last(clauses, When)
        return captured(when.condition, self._captures_of) if when else frozenset()

    def _name(self, node: Define | Upstream | Limit | Group | Rule, path: str) -> None:
        issue = values.define_name(node.name) if isinstance(node, Define) else values.name(node.name)
        if issue:
            self._findings.error(issue, node, f"{path}.name")

    def _comments_of(self, node: Clause, path: str) -> None:
        end = getattr(node, "comments_end", ())
        self._comments((*node.comments, node.comment_beside, *end), node, path)

    def _comments(self, comments: Sequence[str], node: object, path: str) -> None:
        if any(comment and comment != _line(comment) for comment in comments):
            issue = Issue("bad-comment", "a comment is one line, without spaces at its end")
            self._findings.error(issue, node, path)


def _unbuilt(feature: str) -> Iterator[Issue]:
    if feature:
        yield Issue("not-built", f"{feature} is part of the language but not built yet; remove it to publish")


def _line(comment: str) -> str:
    """What of a comment reads back from text."""
    return comment.replace("\n", "").replace("\r", "").rstrip()


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
