"""Text → document again, after an edit: only the lines around what changed are read.

A text falls into segments at beginnings of lines where a definition is over and nothing of the next has begun: no
comment waits for what it belongs to. There the reader is in the state in which it begins, and looks at nothing before.
So a segment says the same wherever it stands, and what two texts have in common at both ends is not read again. Only
the first segment is special: nothing may come before ``language``.

Only texts without problems are known this way; for all others the answer is to read everything, which reports them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from weir.models.document import Definition, Document, Group
from weir.models.problem import Refused
from weir.rules.bounds import MAX_TEXT
from weir.rules.parser import Parsed, Part, parse_part, parsed_of

Definitions = tuple[Definition, ...]


class Segments(NamedTuple):
    """Where each segment begins; it goes on to where the next begins."""

    offsets: array[int]
    """In the text, in characters."""
    definitions: array[int]
    """The first one in it, by position in the document. Only the last segment may hold none."""


class Read(NamedTuple):
    """A text that was read without a problem."""

    text: str
    document: Document
    segments: Segments


class Change(NamedTuple):
    """What stands in the place of what, from one document to the next; all else is the same objects."""

    removed: Definitions
    added: Definitions


def read_first(text: str) -> tuple[Read, Parsed]:
    """Everything. Raises ``Refused`` as ``parse`` does."""
    part = parse_part(text)
    parsed = parsed_of(part)
    inner = _segments(text, 0, 0, part)
    return Read(text, parsed.document, _after(Segments(array("q", [0]), array("q", [0])), inner)), parsed


def read_again(known: Read, text: str) -> tuple[Read, Change] | None:
    """None where the text cannot be known from the one before; it may have problems then."""
    if len(text) > MAX_TEXT:
        return None
    offsets, count = known.segments.offsets, len(known.segments.offsets)
    same = _common_start(known.text, text)
    begin = bisect_right(offsets, same) - 1
    same_end = _common_end(known.text, text, min(len(text), len(known.text)) - same)
    end = max(1, bisect_left(offsets, len(known.text) - same_end))
    start = offsets[begin]
    while end < count:
        stop = offsets[end] + len(text) - len(known.text)
        if stop == start:
            return _joined(known, text, Part((), (), (), {}, {}), begin, end)
        if text[stop - 1] == "\n":
            part = _part(text, start, stop)
            if part is None:
                return None
            if part.definitions and not part.comments_end:
                return _joined(known, text, part, begin, end)
        end += 1
    part = _part(text, start, len(text))
    return None if part is None else _joined(known, text, part, begin, end)


def places_of(read: Read, paths: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Line and column of definitions and members of groups, such as ``definitions[3].members[1]``."""
    offsets, definitions = read.segments
    by_segment: dict[int, list[tuple[str, int, str]]] = {}
    for path in paths:
        index, _, member = path.removeprefix("definitions[").removesuffix("]").partition("].members[")
        segment = bisect_right(definitions, int(index)) - 1
        by_segment.setdefault(segment, []).append((path, int(index) - definitions[segment], member))
    found: dict[str, tuple[int, int]] = {}
    for segment, wanted in by_segment.items():
        start = offsets[segment]
        stop = offsets[segment + 1] if segment + 1 < len(offsets) else len(read.text)
        part = parse_part(read.text, start, stop)
        lines_before = read.text.count("\n", 0, start)
        for path, place, member in wanted:
            node: object = part.definitions[place]
            if member and isinstance(node, Group):
                node = node.members[int(member)]
            line, column = part.places[id(node)]
            found[path] = lines_before + line, column
    return found


def _part(text: str, start: int, stop: int) -> Part | None:
    try:
        return parse_part(text, start, stop)
    except Refused:
        return None


def _joined(known: Read, text: str, part: Part, begin: int, end: int) -> tuple[Read, Change]:
    """``part`` in the place of the segments from ``begin`` to before ``end``."""
    offsets, numbers = known.segments
    before = known.document.definitions
    is_last = end == len(offsets)
    first, behind = numbers[begin], len(before) if is_last else numbers[end]
    kept_start, change, kept_end = _compared(before[first:behind], part.definitions)
    definitions = before[:first] + kept_start + change.added + kept_end + before[behind:]
    document = msgspec.structs.replace(
        known.document,
        definitions=definitions,
        comments=known.document.comments if begin else part.comments,
        comments_end=part.comments_end if is_last else known.document.comments_end,
    )
    shift, more = len(text) - len(known.text), len(definitions) - len(before)
    opening = Segments(offsets[: begin + 1], numbers[: begin + 1])
    inner = _segments(text, offsets[begin], first, part)
    rest = slice(end + 1, None)  # where the part ends, or ended before lines without a word, the next begins
    moved = (
        (offset + shift, number + more) for offset, number in zip(offsets[rest], numbers[rest], strict=True)
    )
    return Read(text, document, _after(_after(opening, inner), moved)), change


def _after(segments: Segments, more: Iterable[tuple[int, int]]) -> Segments:
    for offset, number in more:
        segments.offsets.append(offset)
        segments.definitions.append(number)
    return segments


def _segments(text: str, offset: int, number: int, part: Part) -> Iterator[tuple[int, int]]:
    """Those that begin inside of a part that begins there."""
    line = 1
    for count, ended in part.ends.items():
        while line <= ended:
            offset = text.index("\n", offset) + 1
            line += 1
        yield offset, number + count


def _compared(before: Definitions, after: Definitions) -> tuple[Definitions, Change, Definitions]:
    """What stays at the start, what changes, and what stays at the end. What is equal stays the same object."""
    most = min(len(before), len(after))
    start = next((index for index in range(most) if before[index] != after[index]), most)
    most -= start
    end = next((index for index in range(most) if before[-1 - index] != after[-1 - index]), most)
    stop = len(before) - end
    return before[:start], Change(before[start:stop], after[start : len(after) - end]), before[stop:]


def _common_start(one: str, other: str) -> int:
    """How many characters at the start are the same. Compares in halves, as whole slices compare fast."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(one: str, other: str, most: int) -> int:
    """How many characters at the end are the same, of at most ``most``."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low
