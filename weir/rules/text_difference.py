"""The unified diff of two documents as they are printed, without printing what they have in common. Pure.

In documents of few definitions the numbers behind ``@@`` are those of lines. In large ones, stretches that are the same
are not counted, because only printing would tell how long they are; the name behind ``@@`` says where one is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from weir.models.document import Definition, Document
from weir.rules.alignment import aligned, common_ends
from weir.rules.difference import keys_of, kind_of, name_of
from weir.rules.line_difference import CONTEXT, Line, Skipped, hunks, line_difference
from weir.rules.printer import print_definition

MOST_COUNTED = 300
"""Definitions of a document whose lines are counted."""
MOST_TEXT = 256 * 1024
"""Characters."""
CUT = "… the rest of the difference is left out"


class _Top(NamedTuple):
    language: int
    comments: tuple[str, ...]


class _End(NamedTuple):
    comments: tuple[str, ...]


Item: TypeAlias = Definition | _Top | _End
Pair: TypeAlias = tuple[int, int]


class _Printed:
    """The lines of a document, item by item, each printed when it is first asked for."""

    def __init__(self, document: Document) -> None:
        self.items: tuple[Item, ...] = (
            _Top(document.language, document.comments),
            *document.definitions,
            _End(document.comments_end),
        )
        self._lines: dict[int, list[str]] = {}

    def lines(self, index: int) -> list[str]:
        """As ``print_document`` has them, with the empty line before."""
        own, item = self._own(index), self.items[index]
        if isinstance(item, _Top) or not own:
            return own
        is_run_on = len(own) == 1 and index > 1 and len(self._own(index - 1)) == 1
        return own if is_run_on and not isinstance(item, _End) else ["", *own]

    def _own(self, index: int) -> list[str]:
        found = self._lines.get(index)
        if found is None:
            found = self._lines[index] = _print(self.items[index])
        return found

    def title(self, index: int) -> str:
        item = self.items[index]
        return "" if isinstance(item, _Top | _End) else f"{kind_of(item)} {name_of(item)}".rstrip()


class _Block(NamedTuple):
    """Items in a row, either the same in both or not; ends are exclusive."""

    is_same: bool
    before: tuple[int, int]
    after: tuple[int, int]


def text_difference(
    before: Document, after: Document, name_before: str = "before", name_after: str = "after"
) -> str:
    """Ends with a newline; empty if both print the same. At most 256 KiB; the last line says if it is cut."""
    old, new = _Printed(before), _Printed(after)
    lines: list[str] = []
    room = MOST_TEXT
    for line in hunks(_stream(old, new)):
        room -= len(line) + 1
        if room < 0:
            lines.append(CUT)
            break
        lines.append(line)
    if not lines:
        return ""
    return "\n".join([f"--- {name_before}", f"+++ {name_after}", *lines]) + "\n"


def _print(item: Item) -> list[str]:
    if isinstance(item, _Top):
        return [*_comment_lines(item.comments), f"language {item.language}"]
    if isinstance(item, _End):
        return _comment_lines(item.comments)
    return print_definition(item).split("\n")


def _comment_lines(comments: Sequence[str]) -> list[str]:
    return [f"# {comment}".rstrip() for comment in comments]


def _stream(old: _Printed, new: _Printed) -> Iterator[Line | Skipped]:
    blocks = [*_blocks(old, new)]
    is_counted = max(len(old.items), len(new.items)) <= MOST_COUNTED
    for place, block in enumerate(blocks):
        if block.is_same:
            has_next = place + 1 < len(blocks)
            title = new.title(min(block.after[1], len(new.items) - 1))
            yield from _same(new, block.after, place > 0, has_next, title, is_counted)
        else:
            yield from _different(old, new, block)


def _different(old: _Printed, new: _Printed, block: _Block) -> Iterator[Line]:
    """What is only there or only here is printed as it is asked for."""
    before = (line for index in range(*block.before) for line in old.lines(index))
    after = (line for index in range(*block.after) for line in new.lines(index))
    if block.before[0] == block.before[1]:
        yield from (Line("+", line) for line in after)
    elif block.after[0] == block.after[1]:
        yield from (Line("-", line) for line in before)
    else:
        yield from line_difference([*before], [*after])


def _same(
    printed: _Printed, span: Pair, is_behind: bool, is_before: bool, title: str, is_counted: bool
) -> Iterator[Line | Skipped]:
    """Lines behind what differs and before it, as many as somebody wants to see; in between what is skipped."""
    start, stop = span
    shown = 0
    while is_behind and start < stop and shown <= 2 * CONTEXT:
        for line in printed.lines(start):
            yield Line(" ", line)
            shown += 1
        start += 1
    tail: list[str] = []
    while is_before and start < stop and len(tail) < CONTEXT:
        stop -= 1
        tail = printed.lines(stop) + tail
    if start < stop or not is_behind:
        count = sum(len(printed.lines(index)) for index in range(start, stop)) if is_counted else 0
        yield Skipped(count, count, title)
    yield from (Line(" ", line) for line in tail)


def _blocks(old: _Printed, new: _Printed) -> Iterator[_Block]:
    """Both documents from end to end."""
    begun = (0, 0)
    """Where a difference begins, if there is one between the last equal stretch and the next."""
    for before, after in _merged(_same_spans(old, new)):
        if begun != (before[0], after[0]):
            yield _Block(False, (begun[0], before[0]), (begun[1], after[0]))
        yield _Block(True, before, after)
        begun = before[1], after[1]
    if begun != (len(old.items), len(new.items)):
        yield _Block(False, (begun[0], len(old.items)), (begun[1], len(new.items)))


def _merged(spans: Iterator[tuple[Pair, Pair]]) -> Iterator[tuple[Pair, Pair]]:
    """Spans that touch in both documents as one."""
    last: tuple[Pair, Pair] | None = None
    for before, after in spans:
        if last is not None and (last[0][1], last[1][1]) == (before[0], after[0]):
            last = (last[0][0], before[1]), (last[1][0], after[1])
            continue
        if last is not None:
            yield last
        last = before, after
    if last is not None:
        yield last


def _same_spans(old: _Printed, new: _Printed) -> Iterator[tuple[Pair, Pair]]:
    """Stretches that print the same. An item behind a difference may lose or get its empty line, so it is looked at."""
    start, end = common_ends(old.items, new.items)
    if start:
        yield (0, start), (0, start)
    old_stop, new_stop = len(old.items) - end, len(new.items) - end
    old_keys, new_keys = _keys(old.items[start:old_stop]), _keys(new.items[start:new_stop])
    behind = (start, start)
    for i, k in ((start + i, start + k) for i, k in aligned(old_keys, new_keys)):
        if old.items[i] == new.items[k] and ((i, k) == behind or old.lines(i) == new.lines(k)):
            yield (i, i + 1), (k, k + 1)
            behind = i + 1, k + 1
    if not end:
        return
    if (old_stop, new_stop) == behind or old.lines(old_stop) == new.lines(new_stop):
        yield (old_stop, len(old.items)), (new_stop, len(new.items))
    elif end > 1:
        yield (old_stop + 1, len(old.items)), (new_stop + 1, len(new.items))


def _keys(items: Sequence[Item]) -> list[object]:
    definitions = keys_of([item for item in items if not isinstance(item, _Top | _End)])
    left = iter(definitions)
    return [type(item) if isinstance(item, _Top | _End) else next(left) for item in items]
