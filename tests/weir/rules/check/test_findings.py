"""Collecting problems."""

from __future__ import annotations

from weir.rules.bounds import MAX_PROBLEMS
from weir.rules.check.findings import Findings, Issue
from weir.rules.parser import parse


def test_places_come_from_the_text_and_put_problems_in_order() -> None:
    document, positions = parse("rule a {}\n rule b {}")
    findings = Findings(positions)
    findings.error(Issue("late", "second"), document.definitions[1], "definitions[1]")
    findings.warning(Issue("early", "first"), document.definitions[0], "definitions[0]")
    assert [(p.line, p.column, p.severity) for p in findings.all()] == [(1, 1, "warning"), (2, 2, "error")]


def test_errors_and_warnings_are_bounded_apart_and_the_rest_is_counted() -> None:
    findings = Findings(None)
    for number in range(MAX_PROBLEMS + 2):
        findings.error(Issue("wrong", str(number)), None, "")
    for number in range(MAX_PROBLEMS):
        findings.warning(Issue("doubtful", str(number)), None, "")
    problems = findings.all()
    assert len(problems) == 2 * MAX_PROBLEMS + 1
    assert (problems[-1].code, problems[-1].message) == ("too-many", "2 more errors are not shown")


def test_a_suggestion_that_is_work_is_looked_for_only_where_it_is_shown() -> None:
    findings = Findings(None)
    asked: list[int] = []
    for number in range(MAX_PROBLEMS + 1):
        findings.error(Issue("wrong", "x", suggestion=lambda n=number: asked.append(n) or "y"), None, "")
    assert asked == list(range(MAX_PROBLEMS))
    assert findings.all()[0].suggestion == "y"
