"""Collects problems and gives each its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from weir.models.problem import Problem
from weir.rules.bounds import MAX_PROBLEMS
from weir.rules.parser import Positions
from weir.rules.problems import presentable


class Issue(NamedTuple):
    """What one check has to say; the place is added by whoever asked."""

    code: str
    message: str
    expected: str = ""
    suggestion: str | Callable[[], str] = ""
    """A function where finding it is work: it is asked only for problems that are reported."""


class Findings:
    """Keeps at most ``MAX_PROBLEMS`` of each severity and counts the rest."""

    def __init__(self, positions: Positions | None) -> None:
        self._positions = positions
        self._problems: list[Problem] = []
        self._left_out = {"error": 0, "warning": 0}
        self._kept = {"error": 0, "warning": 0}

    def error(self, issue: Issue, node: object, path: str) -> None:
        self._add(issue, node, path, "error")

    def warning(self, issue: Issue, node: object, path: str) -> None:
        self._add(issue, node, path, "warning")

    def all(self) -> tuple[Problem, ...]:
        """In the order of their places; last, how many were left out."""
        problems = sorted(self._problems, key=lambda problem: (problem.line, problem.column))
        more = [
            Problem("too-many", f"{count} more {severity}s are not shown", severity=severity)  # type: ignore[arg-type]
            for severity, count in self._left_out.items()
            if count
        ]
        return (*problems, *more)

    def _add(self, issue: Issue, node: object, path: str, severity: Literal["error", "warning"]) -> None:
        if self._kept[severity] >= MAX_PROBLEMS:
            self._left_out[severity] += 1
            return
        self._kept[severity] += 1
        line, column = self._positions.of(node) if self._positions else (0, 0)
        suggestion = issue.suggestion if isinstance(issue.suggestion, str) else issue.suggestion()
        message = presentable(issue.message)
        self._problems.append(
            Problem(issue.code, message, severity, line, column, path, issue.expected, suggestion)
        )
