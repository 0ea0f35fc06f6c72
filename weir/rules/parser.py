"""Text → document. Reports every problem of the text at once; never fails in another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from weir.models.document import (
    LANGUAGE,
    Defaults,
    Define,
    Definition,
    Document,
    Group,
    Limit,
    RateLine,
    Rule,
    Upstream,
)
from weir.models.problem import Problem, Refused
from weir.rules.blocks import read_block, read_items
from weir.rules.bounds import MAX_TEXT
from weir.rules.clauses.limits import read_rate
from weir.rules.clauses.table import BY_PLACE
from weir.rules.conditions import RESERVED, read_condition
from weir.rules.cursor import Cursor, Unexpected
from weir.rules.problems import Problems, TooManyProblems
from weir.rules.syntax import Place


class Positions:
    """Where the nodes of one parsed document stood in its text."""

    def __init__(self, document: Document, places: Mapping[int, tuple[int, int]]) -> None:
        self._document = document  # keeps every node alive, so that identities stay theirs
        self._places = places

    def of(self, node: object) -> tuple[int, int]:
        """Line and column from 1; (0, 0) for a node that is not of this text."""
        return self._places.get(id(node), (0, 0))


class Part(NamedTuple):
    """What consecutive lines of a text say."""

    definitions: tuple[Definition, ...]
    comments: tuple[str, ...]
    """Above ``language``."""
    comments_end: tuple[str, ...]
    """Behind the last definition."""
    places: Mapping[int, tuple[int, int]]
    """Of nodes, by identity."""
    ends: Mapping[int, int]
    """Numbers of definitions, and the line behind which that many are over and nothing of the next has begun."""


class Parsed(NamedTuple):
    document: Document
    positions: Positions


def parse(text: str) -> Parsed:
    """Raises ``Refused`` with all syntax problems, in the order of their places."""
    return parsed_of(parse_part(text))


def parsed_of(part: Part) -> Parsed:
    """Of a part that is the whole text."""
    document = Document(definitions=part.definitions, comments=part.comments, comments_end=part.comments_end)
    return Parsed(document, Positions(document, part.places))


def parse_part(text: str, start: int = 0, end: int | None = None) -> Part:
    """From the beginning of one line to that of another; places count from ``start``. Raises as ``parse`` does."""
    if len(text) > MAX_TEXT:
        message = f"the text has {len(text)} characters"
        raise Refused([Problem("too-large", message, expected=f"at most {MAX_TEXT} characters")])
    problems = Problems()
    try:
        cursor = Cursor(text, problems, start, end)
        part = _read_part(cursor, begins=start == 0)
    except TooManyProblems:
        raise Refused(problems.all()) from None
    if problems.all():
        raise Refused(problems.all())
    return part


def _read_part(cursor: Cursor, *, begins: bool) -> Part:
    """``begins``: whether ``language`` may stand first."""
    ends: dict[int, int] = {}
    comments = _read_preamble(cursor) if begins else ()
    definitions, comments_end = read_items(cursor, lambda: _read_definition(cursor), _first_line(ends))
    while not cursor.at("end"):
        cursor.report(cursor.unexpected("a definition"))
        cursor.take()
        more, comments_end = read_items(cursor, lambda: _read_definition(cursor))
        definitions += more
    return Part(definitions, comments, comments_end, cursor.places, ends)


def _first_line(ends: dict[int, int]) -> Callable[[int, int], None]:
    """Keeps the first line that is told of each number of definitions; with none there is nothing to be over."""

    def keep(line: int, count: int) -> None:
        if count:
            ends.setdefault(count, line)

    return keep


def _read_preamble(cursor: Cursor) -> tuple[str, ...]:
    """Comments above ``language``; without that line they belong to the first definition."""
    first = cursor.behind_lines()
    if first.kind != "word" or first.text != "language":
        return ()
    cursor.skip_lines()
    comments = cursor.loose_comments
    cursor.take()
    try:
        _read_language(cursor)
    except Unexpected as error:
        cursor.report(error)
        cursor.skip_clause()
    if cursor.at("comment"):
        comments.append(cursor.take().text)
    return tuple(comments)


def _read_language(cursor: Cursor) -> None:
    token = cursor.token
    version = cursor.integer("the version of the language", 1)
    if version > LANGUAGE:
        raise cursor.wrong(token, f"language {version} is newer than this program", f"at most {LANGUAGE}")
    if not cursor.at_clause_end():
        raise cursor.unexpected("the end of the line")


def _read_definition(cursor: Cursor) -> Definition:
    word = cursor.one_of(_DEFINITIONS, "a definition: defaults, define, upstream, limit, group or rule")
    return _DEFINITIONS[word](cursor)


def _read_defaults(cursor: Cursor) -> Defaults:
    body = read_block(cursor, lambda: _read_clause(cursor, "defaults"))
    return Defaults(clauses=body.items, comment_beside=body.comment_beside, comments_end=body.comments_end)


def _read_define(cursor: Cursor) -> Define:
    token = cursor.token
    if not cursor.at("word"):
        raise cursor.unexpected("a name for the condition")
    name = cursor.take().text
    if name in RESERVED:
        raise cursor.wrong(token, f'"{name}" is a word of the language', "another name")
    cursor.expect_symbol("=")
    cursor.skip_lines()
    return Define(name=name, condition=read_condition(cursor))


def _read_upstream(cursor: Cursor) -> Upstream:
    name = cursor.name("the name of the upstream")
    body = read_block(cursor, lambda: _read_clause(cursor, "upstream"))
    return Upstream(
        name=name, clauses=body.items, comment_beside=body.comment_beside, comments_end=body.comments_end
    )


def _read_limit(cursor: Cursor) -> Limit:
    name = cursor.name("the name of the limit")
    body = read_block(cursor, lambda: RateLine(rate=read_rate(cursor)))
    return Limit(
        name=name, rates=body.items, comment_beside=body.comment_beside, comments_end=body.comments_end
    )


def _read_group(cursor: Cursor) -> Group:
    name = cursor.name("the name of the group")
    body = read_block(cursor, lambda: _read_member(cursor))
    return Group(
        name=name, members=body.items, comment_beside=body.comment_beside, comments_end=body.comments_end
    )


def _read_rule(cursor: Cursor) -> Rule:
    name = cursor.name("the name of the rule")
    body = read_block(cursor, lambda: _read_clause(cursor, "rule"))
    return Rule(
        name=name, clauses=body.items, comment_beside=body.comment_beside, comments_end=body.comments_end
    )


def _read_member(cursor: Cursor) -> Any:
    if cursor.at_word("group"):
        raise cursor.wrong(cursor.token, "a group cannot stand inside a group", "a rule or a clause")
    if cursor.accept_word("rule"):
        return _read_rule(cursor)
    return _read_clause(cursor, "rule", also=("rule",))


def _read_clause(cursor: Cursor, place: Place, also: tuple[str, ...] = ()) -> Any:
    syntaxes = BY_PLACE[place]
    if cursor.at_word_of(syntaxes):
        return syntaxes[cursor.take().text].read(cursor)
    elsewhere = [name for name, known in BY_PLACE.items() if cursor.at_word_of(known)]
    if elsewhere:
        kinds = " or ".join(_A[kind] for kind in elsewhere)
        raise cursor.wrong(
            cursor.token, f'"{cursor.token.text}" is a clause of {kinds}', f"a clause of {_A[place]}"
        )
    raise cursor.unexpected(f"a clause of {_A[place]}", suggestions=(*syntaxes, *also))


_A: Mapping[Place, str] = {"rule": "a rule", "upstream": "an upstream", "defaults": "defaults"}

_DEFINITIONS: dict[str, Callable[[Cursor], Definition]] = {
    "defaults": _read_defaults,
    "define": _read_define,
    "upstream": _read_upstream,
    "limit": _read_limit,
    "group": _read_group,
    "rule": _read_rule,
}
