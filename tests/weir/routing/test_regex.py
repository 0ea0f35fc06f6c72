from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.routing.regex import MAX_PATTERN, MAX_PROGRAM, Regex, check_regex, literal_prefix


def test_the_whole_value_must_match() -> None:
    assert Regex("a+").matches("aa")
    assert not Regex("a+").matches("aab")
    assert not Regex("a|ab").matches("abc")


def test_named_groups_are_captured_and_absent_ones_are_empty() -> None:
    assert Regex("(?P<a>x)(?P<b>y)?(z)").captures("xz") == {"a": "x", "b": ""}
    assert Regex("(?P<word>.*)").captures("grün") == {"word": "grün"}
    assert Regex("(?P<a>x)").captures("y") == {}


@pytest.mark.parametrize("pattern", ["(", "a**", "(?=x)", "\\1", "[[:foo:]]", "a{1001}"])
def test_a_bad_pattern_is_told_in_words(pattern: str) -> None:
    problem = check_regex(pattern)
    assert problem
    assert "b'" not in problem


def test_the_length_of_a_pattern_is_bounded() -> None:
    assert check_regex("a" * MAX_PATTERN) is None
    assert str(MAX_PATTERN) in (check_regex("a" * (MAX_PATTERN + 1)) or "")


def test_what_a_pattern_unfolds_to_is_bounded() -> None:
    assert check_regex("(a{1,100}){1,10}") is None
    problem = check_regex("(a{1,100}){1,9}" * 3)
    assert problem is not None
    assert str(MAX_PROGRAM) in problem
    assert check_regex(r"(\p{L}{1,20}x){1,50}")


def test_a_pattern_that_ruins_other_engines_takes_linear_time() -> None:
    assert not Regex("(a*)*(a*)*(a*)*b").matches("a" * 20_000)


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("/a/b", "/a/b"),
        ("^/a/[0-9]+", "/a/"),
        ("/ab*", "/a"),
        ("/ab?c", "/a"),
        ("/ab{2}", "/a"),
        ("/ab+", "/ab"),
        ("/a|/b", ""),
        ("(?i)/a", ""),
        ("/(a)", "/"),
        (".*", ""),
        ("/v1\\.0", "/v1"),
    ],
)
def test_a_pattern_has_a_literal_beginning(pattern: str, prefix: str) -> None:
    assert literal_prefix(pattern) == prefix


@given(st.text("/ab.*?|()", max_size=8), st.text("/ab", max_size=6))
def test_whatever_matches_begins_with_the_literal_beginning(pattern: str, value: str) -> None:
    if check_regex(pattern) is None and Regex(pattern).matches(value):
        assert value.startswith(literal_prefix(pattern))


@given(st.sampled_from(["/a/(x|y)", "/[a-c]+", "a.c", "(ab)?c*"]), st.text("/abcxy", max_size=6))
def test_ordinary_patterns_mean_what_they_mean_in_python(pattern: str, value: str) -> None:
    assert Regex(pattern).matches(value) is (re.fullmatch(pattern, value) is not None)
