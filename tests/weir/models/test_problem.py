"""How problems read."""

from __future__ import annotations

import msgspec
import pytest

from weir.models.problem import Problem, Refused, errors_of


@pytest.mark.parametrize(
    ("problem", "source", "text"),
    [
        (Problem("x", "wrong"), "", "wrong"),
        (Problem("x", "wrong"), "a.weir", "a.weir: wrong"),
        (Problem("x", "wrong", line=3, column=9), "", "3:9: wrong"),
        (Problem("x", "wrong", line=3, column=9), "a.weir", "a.weir:3:9: wrong"),
        (Problem("x", "wrong", line=3, column=9, path="p"), "a.weir", "a.weir:3:9: wrong"),
        (Problem("x", "wrong", path="definitions[0]"), "", "definitions[0]: wrong"),
        (Problem("x", "wrong", path="definitions[0]"), "a.json", "a.json: definitions[0]: wrong"),
        (Problem("x", "doubtful", "warning", 1, 2), "", "1:2: warning: doubtful"),
        (
            Problem("x", "wrong", expected="a rule", suggestion='"rule"'),
            "",
            'wrong; expected a rule; did you mean "rule"?',
        ),
    ],
)
def test_a_problem_is_one_line_for_a_person(problem: Problem, source: str, text: str) -> None:
    assert problem.text(source) == text


def test_only_errors_forbid_going_on() -> None:
    error, warning = Problem("x", "a"), Problem("x", "b", "warning")
    assert errors_of([warning, error, warning]) == (error,)


def test_a_refusal_says_everything() -> None:
    refused = Refused(Problem("x", message, line=1) for message in ("a", "b"))
    assert str(refused) == "1: a; 1: b"
    assert [problem.message for problem in refused.problems] == ["a", "b"]


def test_json_leaves_out_what_is_not_said() -> None:
    assert msgspec.json.encode(Problem("x", "a")) == b'{"code":"x","message":"a"}'
