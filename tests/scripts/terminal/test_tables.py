from __future__ import annotations

import pytest

from scripts.terminal.tables import cut, printable, table, width


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
