"""Unified diffs of lines."""

from __future__ import annotations

import difflib

from hypothesis import given
from hypothesis import strategies as st

from weir.rules import line_difference
from weir.rules.line_difference import MOST_IN_HUNK, MOST_PAIRS, Line, Skipped, hunks

texts = st.lists(st.sampled_from(["a", "b", "c", "{", "}", ""]), max_size=40)


def both(lines: list[Line]) -> tuple[list[str], list[str]]:
    return [line.text for line in lines if line.sign != "+"], [
        line.text for line in lines if line.sign != "-"
    ]


@given(texts, texts)
def test_every_line_of_both_is_told(before: list[str], after: list[str]) -> None:
    assert both(list(line_difference.line_difference(before, after))) == (before, after)


@given(texts, texts)
def test_hunks_are_those_of_difflib(before: list[str], after: list[str]) -> None:
    found = list(hunks(line_difference.line_difference(before, after)))
    places = [line for line in found if line.startswith("@@")]
    assert bool(places) == (before != after)
    removed = [line for line in found if line.startswith("-")]
    expected = list(difflib.unified_diff(before, after, lineterm=""))
    assert len(removed) - sum(line.startswith("+") for line in found) == len(before) - len(after)
    assert bool(expected) == bool(found)


def test_a_change_among_many_lines_is_found_by_lines_that_stand_once() -> None:
    before = [f"line {number}" for number in range(2_000)]
    after = [*before[500:1000], *before[:500], "new", *before[1100:]]
    assert len(before) * len(after) > MOST_PAIRS
    lines = list(line_difference.line_difference(before, after))
    assert both(lines) == (before, after)
    assert sum(line.sign == " " for line in lines) == 1_400


def test_large_texts_without_a_common_line_are_replaced_as_a_whole() -> None:
    before, after = ["x"] * 300, ["y"] * 300
    lines = list(line_difference.line_difference(before, after))
    assert [line.sign for line in lines] == ["-"] * 300 + ["+"] * 300


def test_two_changes_seven_lines_apart_are_two_hunks() -> None:
    middle = [f"m{number}" for number in range(7)]
    found = list(hunks(line_difference.line_difference(["a", *middle, "b"], ["A", *middle, "B"])))
    assert [line for line in found if line.startswith("@@")] == ["@@ -1,4 +1,4 @@", "@@ -6,4 +6,4 @@"]


def test_two_changes_six_lines_apart_are_one_hunk() -> None:
    middle = [f"m{number}" for number in range(6)]
    found = list(hunks(line_difference.line_difference(["a", *middle, "b"], ["A", *middle, "B"])))
    assert sum(line.startswith("@@") for line in found) == 1


def test_what_was_skipped_is_counted_and_names_what_follows() -> None:
    lines = [Skipped(10, 12, "rule a"), Line("-", "x"), Skipped(5, 5, "rule b"), Line("+", "y")]
    assert list(hunks(iter(lines))) == ["@@ -11,1 +12,0 @@ rule a", "-x", "@@ -16,0 +18,1 @@ rule b", "+y"]


def test_a_long_hunk_goes_on_in_the_next_and_the_first_comes_before_the_last_line_is_known() -> None:
    found = hunks(Line("+", str(number)) for number in range(MOST_IN_HUNK * 2))
    assert next(found) == f"@@ -0,0 +1,{MOST_IN_HUNK} @@"
    assert [line for line in found if line.startswith("@@")] == [
        f"@@ -0,0 +{MOST_IN_HUNK + 1},{MOST_IN_HUNK} @@"
    ]
