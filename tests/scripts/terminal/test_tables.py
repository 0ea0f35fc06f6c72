from __future__ import annotations

import pytest

from scripts.terminal.tables import cut, fitted, printable, table, width, wrapped


def test_columns_align_also_under_wide_characters() -> None:
    text = table(("NAME", "N"), [("堰", "1"), ("long name", "20")], right=(1,))
    assert text == "NAME        N\n堰          1\nlong name  20"


def test_nothing_that_a_terminal_obeys_gets_through() -> None:
    assert printable("a\x1b[2J\r\n\x9b\u202eü堰") == "a\\x1b[2J\\r\\n\\x9b\\u202eü堰"
    assert "\x1b" not in table(("X",), [("\x1b[2J",)])


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("堰", 2), ("e\u0301", 1), ("", 0)])
def test_a_width_is_in_cells(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize(("text", "shown"), [("abcd", "abcd"), ("abcde", "abc…"), ("堰堰堰", "堰…")])
def test_what_is_too_wide_is_cut_with_a_mark(text: str, shown: str) -> None:
    assert cut(text, 4) == shown


def test_rows_may_be_missing() -> None:
    assert table(("A", "B"), []) == "A  B"


def test_a_table_that_is_too_wide_loses_columns_and_then_the_end_of_names() -> None:
    headings, rows = ("RULE", "WHO", "RATE"), [("a" * 30, "somebody", "10.0")]
    assert fitted(headings, rows, 100, ["WHO"]) == ([*headings], [[*rows[0]]])
    assert fitted(headings, rows, 30, ["WHO"]) == (["RULE", "RATE"], [["a" * 23 + "…", "10.0"]])
    assert fitted(headings, [], 8, ["WHO"])[0] == ["RULE", "RATE"]


def test_parts_stay_whole_where_a_line_ends() -> None:
    assert wrapped(["one", "two", "three"], 80) == ["one, two, three"]
    assert wrapped(["one", "two", "three"], 10) == ["one, two,", "three"]
    assert wrapped(["longer than it", "b"], 4) == ["longer than it,", "b"]
