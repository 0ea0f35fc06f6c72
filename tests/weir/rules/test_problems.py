"""Problems of one text: in order, one a place, bounded."""

from __future__ import annotations

import pytest

from weir.rules.bounds import MAX_PROBLEMS
from weir.rules.problems import Problems, TooManyProblems, presentable


def test_problems_come_in_the_order_of_their_places() -> None:
    problems = Problems()
    for line, column in [(2, 1), (1, 9), (1, 2)]:
        problems.add("wrong", line, column)
    assert [(problem.line, problem.column) for problem in problems.all()] == [(1, 2), (1, 9), (2, 1)]


def test_of_two_problems_at_one_place_the_first_counts() -> None:
    problems = Problems()
    problems.add("cause", 1, 1)
    problems.add("consequence", 1, 1)
    assert [problem.message for problem in problems.all()] == ["cause"]


def test_as_many_as_the_bound_are_kept_and_one_more_gives_the_text_up() -> None:
    problems = Problems()
    for line in range(1, MAX_PROBLEMS + 1):
        problems.add("wrong", line, 1)
    assert len(problems.all()) == MAX_PROBLEMS
    with pytest.raises(TooManyProblems):
        problems.add("wrong", MAX_PROBLEMS + 1, 1)
    assert len(problems.all()) == MAX_PROBLEMS + 1
    assert problems.all()[-1].message == "too many problems; the rest of the text was not read"


def test_messages_are_short_and_stay_on_their_line() -> None:
    assert presentable("a" * 300) == "a" * 300
    assert presentable("a" * 301) == "a" * 299 + "…"
    assert presentable("订单\n\x1b[31m") == "订单\\u{a}\\u{1b}[31m"
