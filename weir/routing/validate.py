"""The one check before a publish: the rules' own, and what needs the machinery of matching.

Every publisher calls ``validate``. The rules package cannot look at alternatives, expressions and overlaps by itself,
because routing stands above it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from weir.models.document import Definition, Document, Group
from weir.models.effective import Route
from weir.models.problem import Problem, errors_of
from weir.models.rule_clauses import ReplacePrefix, RewritePath, StripPrefix
from weir.routing.normalise import BadPath, normalise_path
from weir.routing.overlaps import overlap_steps
from weir.routing.predicate import check_condition
from weir.routing.table import RouteSet
from weir.rules.check.document import check
from weir.rules.check.findings import Findings, Issue
from weir.rules.check.lint import lint
from weir.rules.defaults import settings
from weir.rules.outline import rules_of
from weir.rules.parser import Positions
from weir.rules.resolve import environment, routes
from weir.rules.template import template_parts

NOT_BUILT = "not-built"
"""Errors of this code leave a document whose meaning is known all the same."""

STEP = 256
"""Definitions resolved in one step."""

Place = tuple[object, str]
"""A node and its path in the document."""


def validate(document: Document, positions: Positions | None = None) -> tuple[Problem, ...]:
    """Every problem, in the order of their places; a document with errors must not be published."""
    problems = check(document, positions)
    if any(problem.code != NOT_BUILT for problem in errors_of(problems)):
        return problems
    findings = Findings(positions)
    found = routes(document.definitions, environment(document.definitions))
    _check_routes(document, found, findings)
    if not findings.all():
        for _ in _overlaps(document, found, findings):
            pass
    return in_order((*problems, *findings.all()))


def errors_in(document: Document, positions: Positions | None = None) -> tuple[Problem, ...]:
    """The errors among what ``validate`` says, without the work that only warnings need."""
    errors = errors_of(check(document, positions, warnings=False))
    if any(problem.code != NOT_BUILT for problem in errors):
        return errors
    findings = Findings(positions)
    _check_routes(document, routes(document.definitions, environment(document.definitions)), findings)
    return in_order((*errors, *findings.all()))


def warning_steps(document: Document) -> Generator[None, None, tuple[Problem, ...]]:
    """What ``validate`` says of a document without errors, without lines and in no order.

    Yields between steps of a few milliseconds, for somebody who may want to stop.
    """
    general, findings = Findings(None), Findings(None)
    lint(document, general)
    context = environment(document.definitions)
    found: list[Route] = []
    for start in range(0, len(document.definitions), STEP):
        yield
        found += routes(document.definitions[start : start + STEP], context)
    yield from _overlaps(document, tuple(found), findings)
    return (*general.all(), *findings.all())


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By their places."""
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def merges_slashes(definitions: Iterable[Definition]) -> bool:
    """How paths of one document are compared."""
    return settings({"file": definitions}).merge_slashes


def _check_routes(document: Document, found: tuple[Route, ...], findings: Findings) -> None:
    """What keeps rules from being matched or sent."""
    places = _places(document)
    merge_slashes = merges_slashes(document.definitions)
    for route in found:
        for reason in check_condition(route.condition, merge_slashes):
            findings.error(Issue("bad-condition", reason), *places[route.name])
        for reason in filter(None, (_path_reason(path) for path in _paths_sent(route.path_edit))):
            findings.error(Issue("bad-path", reason), *places[route.name])


def _paths_sent(edit: StripPrefix | ReplacePrefix | RewritePath | None) -> tuple[str, ...]:
    """Paths that a rule writes, with a plain letter for what a template puts in."""
    match edit:
        case StripPrefix():
            return (edit.prefix,)
        case ReplacePrefix():
            return (edit.prefix, edit.replacement)
        case RewritePath():
            return ("".join("x" if part.is_name else part.text for part in template_parts(edit.path)),)
    return ()


def _path_reason(path: str) -> str:
    """Why the edge could not send it; empty if it can."""
    try:
        normalise_path(path)
    except BadPath as error:
        return f'"{path}" is not a path: {error}'
    return ""


def _places(document: Document) -> dict[str, Place]:
    """Where the rule, or the group that is one itself, of each route's name stands."""
    groups = {
        definition.name: (definition, f"definitions[{index}]")
        for index, definition in enumerate(document.definitions)
        if isinstance(definition, Group)
    }
    return groups | {outlined.name: (outlined.rule, outlined.path) for outlined in rules_of(document)}


def _overlaps(document: Document, found: tuple[Route, ...], findings: Findings) -> Iterator[None]:
    merge_slashes = merges_slashes(document.definitions)
    overlaps = yield from overlap_steps([RouteSet("", "file", found)], merge_slashes=merge_slashes)
    places = _places(document) if overlaps.findings else {}
    for overlap in overlaps.findings:
        issue = Issue(overlap.kind, f'rule "{overlap.route}": {overlap.reason}')
        findings.warning(issue, *places[overlap.route])
