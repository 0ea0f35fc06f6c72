"""Command lines split as a shell does."""

from __future__ import annotations

import contextlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.routing.shell_words import NotWords, words_of


def split(command: str) -> list[str]:
    return [word.text for word in words_of(command)]


@given(st.lists(st.text(max_size=20), max_size=6))
def test_what_was_quoted_comes_back(words: list[str]) -> None:
    assert split(shlex.join(words)) == words


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("curl \\\n  -H 'a: b' \\\r\n x", ["curl", "-H", "a: b", "x"]),
        ("a'b'\"c\"d", ["abcd"]),
        ('"a\\"b\\$c\\d"', ['a"b$c\\d']),
        ("$'it\\'s\\n\\u00e9\\x41\\101\\q'", ["it's\néAA\\q"]),
        ("a # a comment\nb", ["a", "b"]),
        ("a#b ''", ["a#b", ""]),
        ("100$ a$", ["100$", "a$"]),
        ('"5 $ each"', ["5 $ each"]),
    ],
)
def test_quotes_escapes_and_comments(command: str, words: list[str]) -> None:
    assert split(command) == words


@pytest.mark.parametrize(
    ("command", "offset"),
    [
        ("curl x | jq", 7),
        ("curl x; rm", 6),
        ("curl $HOME", 5),
        ('curl "a ${B}"', 8),
        ('curl "`id`"', 6),
        ("curl $(id)", 5),
        ("curl 'open", 5),
        ('curl "open', 5),
        ("curl $'open", 5),
        ("a $'\\UD800' ", 4),
        ("a `id`", 2),
    ],
)
def test_what_only_a_shell_could_do_is_refused_with_its_place(command: str, offset: int) -> None:
    with pytest.raises(NotWords) as refused:
        words_of(command)
    assert refused.value.offset == offset


@given(st.text(alphabet="ab'\"\\$ \n#|{(x0", max_size=30))
def test_any_text_is_words_or_refused(text: str) -> None:
    with contextlib.suppress(NotWords):
        assert all(0 <= word.offset < len(text) for word in words_of(text))
