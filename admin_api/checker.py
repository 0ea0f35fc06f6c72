"""The check before a publish: all that nodes would refuse is refused here, with the place of every error.

What was found good last is remembered for each owner, so that of an edit only what it touches is read and checked. The
check is that of every publisher (``weir.routing.validate``, ``weir.routing.revalidate``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from admin_api.problems import Refusal
from weir.models.document import OWNERS, Document, Owner
from weir.models.problem import Problem, Refused
from weir.routing.revalidate import Good
from weir.routing.validate import errors_in, in_order, warning_steps
from weir.rules.difference import replaced
from weir.rules.json_form import check_depth
from weir.rules.reparse import Read, places_of, read_again, read_first
from weir.serving.off_loop import SMALL, SMALL_TEXT, off_loop

WAIT_S = 30.0
"""For others who check a draft of the same owner."""
WARNINGS_S = 0.3
"""What the search for warnings may take where somebody waits for something else."""
MOST_WITH_WARNINGS = 1_500
"""Definitions up to which the search may come to its end in that time."""


class Drafted(NamedTuple):
    """A document without errors."""

    document: Document
    read: Read | None = None
    """Of a text."""


class Warnings(NamedTuple):
    problems: tuple[Problem, ...]
    cut: bool


class Checker:
    """Of one owner; one check at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: Read | None = None
        self._known: tuple[Document, Good] | None = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else checks or writes for this owner in this process. Raises ``Refusal`` 503."""
        if not self._lock.acquire(timeout=WAIT_S):
            raise Refusal(503, "busy", f"Others have been writing for {WAIT_S:.0f} s; try again.")
        try:
            yield
        finally:
            self._lock.release()

    def check(self, draft: Document | str) -> Drafted:
        """Within ``alone``. Raises ``Refused`` with all errors."""
        if isinstance(draft, str):
            return off_loop(lambda: self._text(draft), is_small=len(draft) <= SMALL_TEXT)
        return off_loop(lambda: self._document(draft), is_small=len(draft.definitions) <= SMALL)

    def _text(self, text: str) -> Drafted:
        text = text.removeprefix("\ufeff")
        again = None if self._read is None else read_again(self._read, text)
        if again is not None and self._follows(again[0].document):
            self._read = again[0]
            return Drafted(again[0].document, again[0])
        read, parsed = read_first(text)
        if not self._follows(read.document):
            self._learn(read.document, errors_in(*parsed))
        self._read = read
        return Drafted(read.document, read)

    def _document(self, document: Document) -> Drafted:
        if not self._follows(document):
            check_depth(document)
            self._learn(document, errors_in(document))
        return Drafted(document)

    def _learn(self, document: Document, errors: tuple[Problem, ...]) -> None:
        if errors:
            raise Refused(errors)
        self._known = document, Good(document)

    def _follows(self, document: Document) -> bool:
        """Whether it is good because of what is known of the one before."""
        if self._known is None:
            return False
        before, good = self._known
        removed, added = replaced(before, document)
        if 2 * len(added) > len(document.definitions) and len(added) > SMALL:
            return False  # looking at all of it is no more work
        check_depth(msgspec.structs.replace(document, definitions=added))
        if not good.follows(document, removed, added):
            return False
        self._known = document, good
        return True


def checkers() -> Mapping[Owner, Checker]:
    return {owner: Checker() for owner in OWNERS}


def warnings_of(drafted: Drafted, within_s: float | None = WARNINGS_S) -> Warnings:
    """What is allowed but probably not meant, in the order of the text; ``within_s`` None: whatever time it takes."""
    size = len(drafted.document.definitions)
    if within_s is not None and size > MOST_WITH_WARNINGS * within_s / WARNINGS_S:
        return Warnings((), True)
    return off_loop(lambda: _warnings(drafted, within_s), is_small=size <= SMALL)


def _warnings(drafted: Drafted, within_s: float | None) -> Warnings:
    began = time.monotonic()
    steps = warning_steps(drafted.document)
    while within_s is None or time.monotonic() - began < within_s:
        try:
            next(steps)
        except StopIteration as done:
            return Warnings(in_order(placed(drafted.read, done.value)), False)
    return Warnings((), True)


def placed(read: Read | None, problems: Sequence[Problem]) -> list[Problem]:
    """With the lines of a text."""
    if read is None:
        return list(problems)
    places = places_of(read, {problem.path for problem in problems if problem.path})
    found = []
    for problem in problems:
        line, column = places.get(problem.path, (0, 0))
        found.append(msgspec.structs.replace(problem, line=line, column=column))
    return found
