"""Tables of bad texts: files of texts, each followed by everything that is said about it.

A text is one or more lines; each line with an arrow behind it is one problem, its code and then what a person reads::

    rule a { prxy b }
    → syntax 1:10: unexpected "prxy"; expected a clause of a rule; did you mean "proxy"?

An empty line ends a case, a line with ``# `` in the first column is a remark.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from weir.models.problem import Problem

ARROW = "→ "


class Rejected(NamedTuple):
    text: str
    said: list[str]


def rejected(table: Path) -> list[Rejected]:
    cases = []
    for part in table.read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in part.splitlines() if not line.startswith("# ")]
        said = [line.removeprefix(ARROW) for line in lines if line.startswith(ARROW)]
        if said:
            cases.append(Rejected("\n".join(line for line in lines if not line.startswith(ARROW)), said))
    return cases


def said_of(problems: Iterable[Problem]) -> list[str]:
    """As the tables have it."""
    return [f"{problem.code} {problem.text()}" for problem in problems]
