"""Text for a terminal: columns that align, and nothing in them that the terminal would obey."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

GAP = "  "
LEAST_NAME = 16
"""Cells that the first column keeps however narrow a table has to be."""


def printable(text: str) -> str:
    """Control characters and the like as ``\\x1b``: what others chose may be shown on a terminal."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def width(text: str) -> int:
    """Cells that it takes; wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Lines with aligned columns; those whose numbers are in ``right`` are set to the right."""
    all_rows = [list(headings), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(width(row[column]) for row in all_rows) for column in range(len(headings))]
    to_right = frozenset(right)
    return "\n".join(
        GAP.join(
            _padded(cell, widths[column], column in to_right) for column, cell in enumerate(row)
        ).rstrip()
        for row in all_rows
    )


def fitted(
    headings: Sequence[str], rows: Sequence[Sequence[str]], cells: int, first_out: Iterable[str]
) -> tuple[Sequence[str], list[Sequence[str]]]:
    """What is left of a table in so many cells: columns of ``first_out`` go one by one, then the first one is cut."""
    kept = list(range(len(headings)))
    leaving = [headings.index(name) for name in first_out]

    def beside() -> int:
        """Cells that all but the first column take."""
        return sum(
            len(GAP) + max(width(row[column]) for row in (headings, *rows)) for column in kept if column
        )

    longest = max(width(row[0]) for row in (headings, *rows))
    while leaving and beside() + min(longest, LEAST_NAME) > cells:
        kept.remove(leaving.pop(0))
    room = max(LEAST_NAME, cells - beside())
    return (
        [headings[column] for column in kept],
        [[row[column] if column else cut(row[column], room) for column in kept] for row in rows],
    )


def wrapped(parts: Iterable[str], cells: int) -> list[str]:
    """Lines of at most so many cells with whole parts, and commas between them."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}, {part}" if lines else part
        if lines and width(longer) < cells:
            lines[-1] = longer
        else:
            lines.append(part)
    return [*(f"{line}," for line in lines[:-1]), *lines[-1:]]


def cut(text: str, cells: int) -> str:
    """At most so many cells, with an ellipsis where something is left out."""
    if width(text) <= cells:
        return text
    while text and width(text) > cells - 1:
        text = text[:-1]
    return text + "…"


def _padded(cell: str, cells: int, to_right: bool) -> str:
    room = " " * (cells - width(cell))
    return room + cell if to_right else cell + room
