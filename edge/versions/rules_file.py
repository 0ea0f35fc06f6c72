"""Reading a rules file: from its path to bytes, and from those to a document that may be published."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from weir.models.document import Document
from weir.models.problem import Problem, Refused, errors_of
from weir.routing.validate import validate
from weir.rules.parser import parse

MAX_SIZE = 32 << 20
"""Bytes."""


class FileTooLarge(OSError):
    """Over ``MAX_SIZE``."""


class Checked(NamedTuple):
    """A document without errors, and the warnings of a check."""

    document: Document
    warnings: tuple[Problem, ...]


def read_file(path: Path) -> bytes:
    """The content as it is now. Raises ``OSError``, also where it is too large."""
    with path.open("rb") as stream:
        content = stream.read(MAX_SIZE + 1)
    if len(content) > MAX_SIZE:
        raise FileTooLarge(f"it is larger than {MAX_SIZE >> 20} MiB")
    return content


def read_rules(content: bytes) -> Checked:
    """Raises ``Refused`` with all errors at once."""
    document, positions = parse(text_of(content))
    problems = validate(document, positions)
    if errors_of(problems):
        raise Refused(errors_of(problems))
    return Checked(document, problems)


def text_of(content: bytes) -> str:
    """Raises ``Refused`` if it is none."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise Refused([Problem("not-utf8", "the file is not UTF-8 text", line=line, column=column)]) from None
