"""A place in the tokens: looking ahead, typed reads, and getting over a clause that is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from weir.rules.bounds import MAX_DEPTH, MAX_LIST
from weir.rules.cursor import Cursor, Unexpected, alternatives
from weir.rules.problems import Problems


def cursor_of(text: str) -> Cursor:
    return Cursor(text, Problems())


def test_the_end_is_never_passed() -> None:
    cursor = cursor_of("a")
    assert [cursor.take().kind for _ in range(4)] == ["word", "end", "end", "end"]
    assert cursor.behind_lines().kind == "end"


def test_looking_behind_lines_takes_nothing() -> None:
    cursor = cursor_of("a\n# b\n\nc d")
    cursor.take()
    assert cursor.behind_lines().text == "c"
    assert [cursor.take().kind for _ in range(6)] == [
        "newline",
        "comment",
        "newline",
        "newline",
        "word",
        "word",
    ]


def test_comments_between_lines_are_kept_for_the_clause() -> None:
    cursor = cursor_of("# a\n\n# b\nc")
    cursor.skip_lines()
    assert cursor.loose_comments == ["a", "b"]
    assert cursor.accept_word("c")


def test_a_word_may_join_on_the_next_line_and_nothing_moves_where_it_does_not() -> None:
    cursor = cursor_of("\n and \n x \n or")
    assert not cursor.joined_by("or")
    assert cursor.joined_by("and")
    assert cursor.accept_word("x")
    assert not cursor.joined_by("and")
    assert cursor.at("newline")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("a b c\nd", "\n"),
        ("a b; d", ";"),
        ("a b } d", "}"),
        ("a { b; c\n { d } } e\nf", "\n"),
        ("a [ b ( c\nd", "\n"),
        ("a", ""),
    ],
)
def test_a_clause_is_skipped_with_its_inner_blocks(text: str, rest: str) -> None:
    cursor = cursor_of(text)
    cursor.skip_clause()
    assert cursor.token.text == rest


@pytest.mark.parametrize(
    ("text", "read", "value"),
    [
        ("5", lambda cursor: cursor.integer("a number"), 5),
        ("007", lambda cursor: cursor.integer("a number"), 7),
        ("5s", lambda cursor: cursor.duration(), 5_000),
        ("5KiB", lambda cursor: cursor.size(), 5_120),
        ("5%", lambda cursor: cursor.percent(), 5.0),
        ('"a b"', lambda cursor: cursor.name("a name"), "a b"),
        ("/a", lambda cursor: cursor.string("a path"), "/a"),
        ("[]", lambda cursor: cursor.list_of(cursor.take), ()),
        ('[ "a",\n"b" , ]', lambda cursor: cursor.list_of(lambda: cursor.string("a")), ("a", "b")),
        ("a,\nb", lambda cursor: cursor.comma_separated(lambda: cursor.name("a")), ("a", "b")),
        ("(\n a\n)", lambda cursor: cursor.bracketed("(", ")", lambda: cursor.name("a")), "a"),
        ("on", lambda cursor: cursor.one_of(("on", "off")), "on"),
    ],
)
def test_reads(text: str, read: Callable[[Cursor], object], value: object) -> None:
    cursor = cursor_of(text)
    assert read(cursor) == value
    assert cursor.at("end")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a", lambda cursor: cursor.integer("a number")),
        ("4", lambda cursor: cursor.integer("a number", 5)),
        ("6", lambda cursor: cursor.integer("a number", 0, 5)),
        ('""', lambda cursor: cursor.name("a name")),
        ("a", lambda cursor: cursor.string("a string")),
        ("[a b]", lambda cursor: cursor.list_of(cursor.take)),
        ("[a", lambda cursor: cursor.list_of(cursor.take)),
        ("maybe", lambda cursor: cursor.one_of(("on", "off"))),
        ('"on"', lambda cursor: cursor.one_of(("on", "off"))),
        ("b", lambda cursor: cursor.expect_word("a")),
        ('"{"', lambda cursor: cursor.expect_symbol("{")),
    ],
)
def test_reads_that_fail_say_where(text: str, read: Callable[[Cursor], object]) -> None:
    with pytest.raises(Unexpected) as unexpected:
        read(cursor_of(text))
    assert unexpected.value.expected
    assert unexpected.value.token.line == 1


def test_lists_are_bounded_exactly() -> None:
    def listed(count: int) -> object:
        cursor = cursor_of(f"[{'a,' * count}]")
        return cursor.list_of(lambda: cursor.name("a"))

    assert listed(MAX_LIST) == ("a",) * MAX_LIST
    with pytest.raises(Unexpected, match="too long"):
        listed(MAX_LIST + 1)


def test_depth_is_bounded_exactly_and_given_back() -> None:
    cursor = cursor_of("a")

    def deeper(levels: int) -> int:
        return cursor.nested(lambda _: deeper(levels - 1)) if levels else 0

    assert deeper(MAX_DEPTH) == 0
    with pytest.raises(Unexpected, match="too deeply"):
        deeper(MAX_DEPTH + 1)
    assert deeper(MAX_DEPTH) == 0


def test_what_is_shown_of_a_text_is_short() -> None:
    assert cursor_of("a" * 1_000).unexpected("b").message == f'unexpected "{"a" * 40}…"'


def test_alternatives_read_as_a_list() -> None:
    assert alternatives(["b"]) == "b"
    assert alternatives(["b", "a"]) == "a or b"
    assert alternatives({"c", "b", "a"}) == "a, b or c"
