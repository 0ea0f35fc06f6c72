"""Blocks: what stands between braces, and whose every comment is.

A comment above belongs to the next item, one on the same line to the item it follows, one behind the opening brace
to the block, and those before the closing brace are the block's ``comments_end``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import msgspec

from weir.models.node import Block, Clause
from weir.rules.cursor import Cursor, Unexpected

C = TypeVar("C", bound=Clause)


class Body(NamedTuple, Generic[C]):
    items: tuple[C, ...]
    comment_beside: str
    comments_end: tuple[str, ...]


def read_block(cursor: Cursor, read_item: Callable[[], C]) -> Body[C]:
    """``{ item; item }``. A problem in one item does not hide those of the next."""
    opening = cursor.expect_symbol("{")
    beside = cursor.take().text if cursor.at("comment") else ""
    items, comments = read_items(cursor, read_item)
    if not cursor.accept_symbol("}"):
        place = f"of the block that begins at line {opening.line}"
        raise cursor.unexpected(f'the "}}" {place}')
    return Body(items, beside, comments)


def read_items(
    cursor: Cursor, read_item: Callable[[], C], between: Callable[[int, int], None] | None = None
) -> tuple[tuple[C, ...], tuple[str, ...]]:
    """Items up to a closing brace or the end, and the comments behind the last one.

    ``between`` is told of each line behind which the next item begins with nothing left from before: the line, and
    how many items there are so far.
    """
    items: list[C] = []
    comments: list[str] = []
    while True:
        token = cursor.token
        if token.kind == "comment":
            comments.append(cursor.take().text)
        elif token.kind == "newline" or (token.kind == "symbol" and token.text == ";"):
            cursor.take()
            if between is not None and token.kind == "newline" and not comments:
                between(token.line, len(items))
        elif token.kind == "end" or (token.kind == "symbol" and token.text == "}"):
            break
        else:
            item = _read_one(cursor, read_item, comments)
            comments = []
            if item is not None:
                items.append(item)
    return tuple(items), tuple(comments)


def _read_one(cursor: Cursor, read_item: Callable[[], C], comments: list[str]) -> C | None:
    start = cursor.token
    cursor.loose_comments = []
    try:
        item = read_item()
        if not cursor.at_clause_end() and not isinstance(item, Block):
            raise cursor.unexpected("the end of the line")
    except Unexpected as error:
        cursor.report(error)
        cursor.skip_clause()
        return None
    above = comments + cursor.loose_comments
    cursor.loose_comments = []
    cursor.accept_symbol(";")
    beside = cursor.take().text if cursor.at("comment") else ""
    return cursor.placed(start, _with_comments(cursor, item, above, beside))


def _with_comments(cursor: Cursor, item: C, above: list[str], beside: str) -> C:
    if not above and not beside:
        return item
    if beside and item.comment_beside:
        above, beside = [*above, beside], item.comment_beside
    cursor.places.pop(id(item), None)
    return msgspec.structs.replace(
        item, comments=item.comments + tuple(above), comment_beside=beside or item.comment_beside
    )
