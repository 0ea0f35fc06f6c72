"""One rules file, read again at every edit: what was known of it before is kept, so that only the edit is looked at.

All of this runs in threads, beside what the agent does for requests. What is kept is the last text without errors, its
document, and counters of names: up to about 5 KiB a rule, which the bounds of a file limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from edge.versions.pace import Pace
from edge.versions.rules_file import text_of
from weir.models.problem import Problem, Refused
from weir.routing.revalidate import Good
from weir.routing.validate import errors_in, in_order, warning_steps
from weir.rules.reparse import Read, places_of, read_again, read_first
from weir.store.chunks import EncodedChunk, split
from weir.store.errors import ChunkUnreadable


class Rules(NamedTuple):
    """A content without errors, ready to be published."""

    read: Read
    chunks: tuple[EncodedChunk, ...]


class RulesReader:
    """``read`` one content after another; not from two threads at once."""

    def __init__(self) -> None:
        self._read: Read | None = None
        self._good: Good | None = None

    def read(self, content: bytes) -> Rules:
        """Raises ``Refused`` with all errors at once."""
        text = text_of(content)
        self._read = self._edited(text) or self._whole(text)
        try:
            return Rules(self._read, split(self._read.document))
        except ChunkUnreadable as error:
            raise Refused([Problem("too-large", str(error))]) from None

    def _edited(self, text: str) -> Read | None:
        """Looks at what changed; None where that does not tell."""
        if self._read is None or self._good is None:
            return None
        found = read_again(self._read, text)
        if found is None:
            return None
        read, change = found
        return read if self._good.follows(read.document, *change) else None

    def _whole(self, text: str) -> Read:
        read, parsed = read_first(text)
        errors = errors_in(*parsed)
        if errors:
            raise Refused(errors)
        self._good = Good(read.document)
        return read


def warnings_of(
    read: Read, is_wanted: Callable[[], bool], pace: Pace | None = None
) -> tuple[Problem, ...] | None:
    """What is allowed but probably not meant, in the order of the text; None once nobody wants to know any more.

    Ten thousand rules take more than a second, hence in small steps, with rests for the threads that requests wait for.
    """
    pace = pace or Pace(rest=time.sleep)
    steps = warning_steps(read.document)
    while is_wanted():
        try:
            next(steps)
        except StopIteration as done:
            return in_order(_placed(read, done.value))
        pace.pause()
    return None


def _placed(read: Read, problems: tuple[Problem, ...]) -> list[Problem]:
    places = places_of(read, {problem.path for problem in problems if problem.path})
    found = []
    for problem in problems:
        line, column = places.get(problem.path, (0, 0))
        found.append(msgspec.structs.replace(problem, line=line, column=column))
    return found
