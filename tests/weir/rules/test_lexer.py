"""Text → tokens: kinds, places, escapes, and what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import moderate, strings
from weir.rules.bounds import MAX_STRING
from weir.rules.lexer import Token, quote, tokens_of
from weir.rules.problems import Problems


def tokens(text: str) -> list[Token]:
    """Of a text without problems, without the end."""
    problems = Problems()
    found = list(tokens_of(text, problems))
    assert not problems.all()
    assert found[-1].kind == "end"
    return found[:-1]


def problems_of(text: str) -> list[tuple[int, int, str, str, str]]:
    problems = Problems()
    list(tokens_of(text, problems))
    return [(p.line, p.column, p.message, p.expected, p.suggestion) for p in problems.all()]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("", []),
        (" \t\r ", []),
        ("a-b.c_d", ["word"]),
        ("a -> b", ["word", "symbol", "word"]),
        ("a->b", ["word", "symbol", "word"]),
        ('"a b"', ["string"]),
        ("1 1.5 10ms 5% 1.5h", ["number"] * 5),
        ("http://a:80/b?c", ["url"]),
        ("http://[::1]:80", ["url"]),
        ("httpx", ["word"]),
        ("/a/b*c", ["path"]),
        ("[/a,/b]", ["symbol", "path", "symbol", "path", "symbol"]),
        ("http://a;http://b", ["url", "symbol", "url"]),
        ("a == b != c = d", ["word", "symbol", "word", "symbol", "word", "symbol", "word"]),
        ("a # b; c", ["word", "comment"]),
        ("a\nb", ["word", "newline", "word"]),
        ('http://a"b"', ["url", "string"]),
    ],
)
def test_kinds(text: str, kinds: list[str]) -> None:
    assert [token.kind for token in tokens(text)] == kinds


def test_places_count_from_one_and_a_tab_is_one_column() -> None:
    places = [(token.text, token.line, token.column) for token in tokens('a\n\tb "c" # d\r\n  e')]
    assert places == [
        ("a", 1, 1),
        ("\n", 1, 2),
        ("b", 2, 2),
        ("c", 2, 4),
        ("d", 2, 8),
        ("\n", 2, 12),
        ("e", 3, 3),
    ]


def test_a_byte_order_mark_at_the_beginning_is_no_character_of_the_text() -> None:
    assert tokens("\ufeffa") == [Token("word", "a", 1, 1)]
    assert problems_of("a \ufeff") == [(1, 3, "unexpected character U+FEFF", "", "")]


@pytest.mark.parametrize(
    ("comment", "text"), [("#a", "a"), ("# a", "a"), ("#  a ", " a"), ("#", ""), ("#\t", ""), ("##", "#")]
)
def test_a_comment_is_what_follows_the_sign_and_one_space(comment: str, text: str) -> None:
    assert [token.text for token in tokens(comment)] == [text]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('""', ""),
        (r'"\""', '"'),
        (r'"\\"', "\\"),
        (r'"\n\r\t"', "\n\r\t"),
        (r'"\u{1f9ab}"', "🦫"),
        (r'"\u{0}"', "\0"),
        (r'"\u{10ffff}"', "\U0010ffff"),
        ('"a\tb"', "a\tb"),
        ('"# no comment"', "# no comment"),
    ],
)
def test_escapes(written: str, value: str) -> None:
    assert [token.text for token in tokens(written)] == [value]


@moderate
@given(strings)
def test_a_quoted_string_reads_back_and_stays_on_one_printable_line(value: str) -> None:
    assert [token.text for token in tokens(quote(value))] == [value]
    assert quote(value).isprintable()


@moderate
@given(st.text())
def test_every_text_ends_and_every_token_has_its_place(text: str) -> None:
    found = list(tokens_of(text, Problems()))
    assert [token.kind for token in found].count("end") == 1
    places = [(token.line, token.column) for token in found]
    assert places == sorted(places)
    assert found[-1].line == 1 + text.count("\n")


ESCAPES = '\\" \\\\ \\n \\t \\r or \\u{…}'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a "b', [(1, 3, "a string that does not end on its line", 'a closing "', "")]),
        ('"\\', [(1, 1, "a string that does not end on its line", 'a closing "', "")]),
        (
            '"a\n"b',
            [(line, 1, "a string that does not end on its line", 'a closing "', "") for line in (1, 2)],
        ),
        (r'"a\q"', [(1, 3, "unknown escape \\q", ESCAPES, "")]),
        (
            r'"\u{}\u41"',
            [(1, 2, "unknown escape \\u", ESCAPES, ""), (1, 6, "unknown escape \\u", ESCAPES, "")],
        ),
        (r'"\u{d800}"', [(1, 2, "not a Unicode character", "\\u{0} to \\u{10ffff}", "")]),
        (r'"\u{110000}"', [(1, 2, "not a Unicode character", "\\u{0} to \\u{10ffff}", "")]),
        (r'"\u{1234567}"', [(1, 2, "unknown escape \\u", ESCAPES, "")]),
        ("'a b'", [(1, 1, "unexpected character '", "", '"a b"')]),
        ("'a", [(1, 1, "unexpected character '", "", "double quotes")]),
        ("a && b", [(1, 3, "unexpected character &", "", '"and"')]),
        ("a || b", [(1, 3, "unexpected character |", "", '"or"')]),
        ("!a", [(1, 1, "unexpected character !", "", '"not" or "!="')]),
        ("订单", [(1, 1, "unexpected character 订", "", '"订单"')]),
        ("a\0b", [(1, 2, "unexpected character U+0000", "", "")]),
        ("a\x0bb", [(1, 2, "unexpected character U+000B", "", "")]),
        ("\u3000a", [(1, 1, "unexpected character U+3000", "", "")]),
        ("a @ b $", [(1, 3, "unexpected character @", "", ""), (1, 7, "unexpected character $", "", "")]),
    ],
)
def test_what_cannot_be_read(text: str, found: list[tuple[int, int, str, str, str]]) -> None:
    assert problems_of(text) == found


def test_a_string_may_have_as_many_characters_as_the_bound_and_not_one_more() -> None:
    assert len(tokens('"' + "a" * MAX_STRING + '"')[0].text) == MAX_STRING
    message = f"a string of {MAX_STRING + 1} characters is too long"
    assert problems_of('"' + "a" * (MAX_STRING + 1) + '"') == [
        (1, 1, message, f"at most {MAX_STRING} characters", "")
    ]
