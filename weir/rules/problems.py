"""The problems of one text while it is read: bounded in number and length, one a place."""

from __future__ import annotations

from weir.models.problem import Problem
from weir.rules.bounds import MAX_PROBLEMS

_LONGEST = 300
"""Characters of a message; what a hostile text says is shown in part only."""
_LONGEST_SUGGESTION = 100


class TooManyProblems(Exception):
    """The text has so many problems that reading on helps nobody."""


class Problems:
    """What was found so far. Of several problems at one place the first counts: the others follow from it."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], Problem] = {}
        self._given_up = False

    def add(self, message: str, line: int, column: int, *, expected: str = "", suggestion: str = "") -> None:
        """Raises ``TooManyProblems`` instead of keeping one more than the bound."""
        if (line, column) in self._found:
            return
        if len(self._found) >= MAX_PROBLEMS:
            self._given_up = True
            raise TooManyProblems
        self._found[line, column] = Problem(
            "syntax",
            presentable(message),
            line=line,
            column=column,
            expected=expected,
            suggestion=suggestion if len(suggestion) <= _LONGEST_SUGGESTION else "",
        )

    def all(self) -> tuple[Problem, ...]:
        """In the order of their places; last, whether the text was given up."""
        found = tuple(self._found[place] for place in sorted(self._found))
        if self._given_up:
            return (*found, Problem("too-many", "too many problems; the rest of the text was not read"))
        return found


def presentable(message: str) -> str:
    """Short, on one line and without control characters, whatever part of the input the message shows."""
    if len(message) > _LONGEST:
        message = message[: _LONGEST - 1] + "…"
    if message.isprintable():
        return message
    return "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in message)
