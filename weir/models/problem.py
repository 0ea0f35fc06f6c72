"""What is wrong with an input, with its place; the shape of ``errors[]`` in every problem+json answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding. ``line`` and ``column`` count from 1 and are 0 where the input was not text."""

    code: str
    """Stable, for machines: ``syntax``, ``unknown-upstream``, ``never-matches``…"""
    message: str
    severity: Literal["error", "warning"] = "error"
    line: int = 0
    column: int = 0
    path: str = ""
    """Where in the JSON form: ``definitions[3].clauses[0]``."""
    expected: str = ""
    suggestion: str = ""

    def text(self, source: str = "") -> str:
        """One line for a person: ``gateway.weir:3:9: unknown upstream "odrers"; did you mean "orders"?``"""
        place = ":".join(part for part in (source, str(self.line or ""), str(self.column or "")) if part)
        if not self.line and self.path:
            place = f"{source}: {self.path}" if source else self.path
        parts = [self.message]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.suggestion:
            parts.append(f"did you mean {self.suggestion}?")
        label = "warning: " if self.severity == "warning" else ""
        return (f"{place}: " if place else "") + label + "; ".join(parts)


class Refused(Exception):
    """An input was understood well enough to say everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.text() for problem in self.problems))


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Only those that forbid going on."""
    return tuple(problem for problem in problems if problem.severity == "error")
