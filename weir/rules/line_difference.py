"""Lines that differ between two texts, in work that grows little faster than the texts.

Small stretches are compared by ``difflib``, whose work is the product of their sizes; large ones are first cut at lines
that stand once in both (patience diff).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from weir.rules.alignment import aligned, common_ends

MOST_PAIRS = 40_000
"""Lines of one side times lines of the other that are compared line by line."""
CONTEXT = 3
"""Lines around what differs."""
MOST_IN_HUNK = 1_000
"""Lines; a longer one goes on in the next, so that nobody has to wait for its end."""


class Line(NamedTuple):
    sign: str
    """Space, ``-`` or ``+``."""
    text: str


class Skipped(NamedTuple):
    """Lines that both have and nobody needs to see."""

    before: int
    after: int
    title: str = ""
    """What the lines behind belong to."""


def line_difference(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """Every line of both, those that both have once."""
    start, end = common_ends(before, after)
    yield from (Line(" ", text) for text in before[:start])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if len(old) * len(new) <= MOST_PAIRS:
        yield from _small(old, new)
    else:
        yield from _large(old, new)
    yield from (Line(" ", text) for text in before[len(before) - end :])


def _small(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Line(" ", text) for text in before[i:j])
        else:
            yield from _replaced(before[i:j], after[k:m])


def _large(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    anchors = _anchors(before, after)
    if not anchors:
        yield from _replaced(before, after)
        return
    old = new = 0
    for i, k in anchors:
        yield from line_difference(before[old:i], after[new:k])
        yield Line(" ", before[i])
        old, new = i + 1, k + 1
    yield from line_difference(before[old:], after[new:])


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    yield from (Line("-", text) for text in before)
    yield from (Line("+", text) for text in after)


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Where lines stand that are there once in both, and keep their order."""
    once = {text for text, count in Counter(before).items() if count == 1}
    once &= {text for text, count in Counter(after).items() if count == 1}
    old = [place for place, text in enumerate(before) if text in once]
    new = [place for place, text in enumerate(after) if text in once]
    pairs = aligned([before[place] for place in old], [after[place] for place in new])
    return [(old[i], new[k]) for i, k in pairs]


def hunks(lines: Iterator[Line | Skipped]) -> Iterator[str]:
    """Lines of a unified diff: what differs with its context, under ``@@`` lines that say where; "" if nothing does."""
    shown: list[Line] = []
    last, old, new, title = -1, 1, 1, ""
    """``last``: place in ``shown`` of the last line that differs, -1 before there is one."""
    for line in lines:
        if isinstance(line, Skipped):
            if last >= 0:
                yield from _hunk(shown[: last + 1 + CONTEXT], old, new, title)
            old, new = _behind(shown, old, new)
            old, new, title = old + line.before, new + line.after, line.title
            shown, last = [], -1
            continue
        if len(shown) >= MOST_IN_HUNK:
            yield from _hunk(shown, old, new, title)
            old, new = _behind(shown, old, new)
            shown, last = [], -1
        shown.append(line)
        if line.sign != " ":
            last = len(shown) - 1
        elif last < 0 and len(shown) > CONTEXT:
            old, new = old + 1, new + 1
            shown = shown[1:]
        elif last >= 0 and len(shown) - 1 - last > 2 * CONTEXT:
            yield from _hunk(shown[: last + 1 + CONTEXT], old, new, title)
            old, new = _behind(shown[:-CONTEXT], old, new)
            shown, last = shown[-CONTEXT:], -1
    if last >= 0:
        yield from _hunk(shown[: last + 1 + CONTEXT], old, new, title)


def _hunk(lines: Sequence[Line], old: int, new: int, title: str) -> Iterator[str]:
    before = sum(line.sign != "+" for line in lines)
    after = sum(line.sign != "-" for line in lines)
    place = f"@@ -{old if before else old - 1},{before} +{new if after else new - 1},{after} @@"
    yield f"{place} {title}".rstrip()
    yield from (line.sign + line.text for line in lines)


def _behind(lines: Sequence[Line], old: int, new: int) -> tuple[int, int]:
    return old + sum(line.sign != "+" for line in lines), new + sum(line.sign != "-" for line in lines)
