from __future__ import annotations

from scripts.terminal.differences import GREEN, RED, coloured, diff_text, is_empty, shown, summary
from scripts.terminal.start_screen import COLOURED, Style
from weir.api.changes import Changed, Difference

SOME = Difference(
    changes=(Changed(kind="rule", name="a", change="added", after="rule a {}"),),
    added=1,
    moved=2,
    text="--- a\n+++ b\n@@ -0,0 +1 @@\n+rule a\x1b[2J {}\n",
)


def test_the_counts_are_those_that_are_not_nought() -> None:
    assert summary(SOME) == "1 added, 2 moved"
    assert shown(Difference(), Style()) == "no difference"
    assert is_empty(Difference())
    assert not is_empty(SOME)


def test_the_text_comes_first_and_cannot_command_the_terminal() -> None:
    assert shown(SOME, Style()).splitlines()[-2:] == ["+rule a\\x1b[2J {}", "1 added, 2 moved"]


def test_a_long_diff_is_cut_and_says_so() -> None:
    lines = diff_text("+a\n" * 10, Style(), most=3).splitlines()
    assert lines == ["+a", "+a", "+a", "… and 7 more lines"]


def test_colours_tell_what_goes_and_what_comes() -> None:
    assert coloured("+x", COLOURED) == f"{GREEN}+x{COLOURED.plain}"
    assert coloured("-x", COLOURED) == f"{RED}-x{COLOURED.plain}"
    assert coloured("--- a", COLOURED).startswith(COLOURED.faint)
    assert coloured(" x", COLOURED) == " x"
