"""From the bytes of a rules file to a document that may be published, or everything that is wrong with it. Pure."""

from __future__ import annotations

from typing import NamedTuple

from weir.models.document import Document
from weir.models.problem import Problem, Refused, errors_of
from weir.routing.validate import validate
from weir.rules.parser import parse


class Checked(NamedTuple):
    """A document without errors, and the warnings of a check."""

    document: Document
    warnings: tuple[Problem, ...]


def read_rules(content: bytes) -> Checked:
    """Raises ``Refused`` with all errors at once."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise Refused([Problem("not-utf8", "the file is not UTF-8 text", line=line, column=column)]) from None
    document, positions = parse(text)
    problems = validate(document, positions)
    if errors_of(problems):
        raise Refused(errors_of(problems))
    return Checked(document, problems)
