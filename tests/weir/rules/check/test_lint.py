"""What is allowed but probably not meant."""

from __future__ import annotations

import pytest

from weir.rules.check.document import check
from weir.rules.parser import parse

U = "upstream u { target http://u }\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("upstream u { target http://u }", [1]),
        ("limit l { 5 per 1s }", [1]),
        ("define d = any\ndefine e = d", [2]),
        (U + "rule a { proxy u }", []),
        (U + "rule a { proxy http://b }", [1]),
        (U + "group g { rule a { mirror u; respond 200 } }", []),
        (U + 'group g { proxy by path { "/" -> u } }', []),
        ("limit l { 5 per 1s }\nrule a { limit l; respond 200 }", []),
        ("define d = any\nrule a { when not (any and d); respond 200 }", []),
    ],
)
def test_what_no_rule_uses_is_a_warning(text: str, lines: list[int]) -> None:
    problems = [problem for problem in check(*parse(text)) if problem.code == "unused"]
    assert [problem.line for problem in problems] == lines
    assert {problem.severity for problem in problems} <= {"warning"}


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("rule a { limit 5 per 1s by ip; respond 200 }", []),
        ("rule a { require key; limit 5 per 1s by consumer; respond 200 }", []),
        ("rule a { limit 5 per 1s by ip, tag; respond 200 }", ["a"]),
        ("limit l { 5 per 1s by consumer }\nrule a { limit l; respond 200 }", ["a"]),
        ("group g { limit 5 per 1s by consumer; respond 200 }", ["g"]),
        ("group g { require key; limit 5 per 1s by consumer; respond 200; rule r { tag x } }", []),
        (
            "group g { require key; limit 5 per 1s by consumer; rule r { require none; respond 200 } }",
            ["g/r"],
        ),
        ("group g { require key; rule r { respond 200; limit 5 per 1s by consumer } }", []),
        ("group g { limit 5 per 1s by consumer; rule r { limit 5 per 1s; respond 200 } }", []),
    ],
)
def test_counting_consumers_without_asking_who_they_are_is_a_warning(text: str, warned: list[str]) -> None:
    problems = [problem for problem in check(*parse(text)) if problem.code == "by-consumer"]
    assert [problem.message.split('"')[1] for problem in problems] == warned
    assert {problem.severity for problem in problems} <= {"warning"}


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("limit l { 5 per 1s }\nrule a { limit l cost 5; respond 200 }", []),
        ("limit l { 5 per 1s }\nrule a { limit l cost 6; respond 200 }", ["a"]),
        ("limit l { 5 per 1s cost 2 }\nrule a { limit l cost 3; respond 200 }", ["a"]),
        ("limit l { 5 per 1s; 50 per 1h }\ngroup g { limit l cost 6; rule r { respond 200 } }", ["g/r"]),
        ("limit l { 50 per 1s cost 2 }\nrule a { limit l cost 25; respond 200 }", []),
    ],
)
def test_a_rule_that_costs_more_than_a_whole_limit_is_a_warning(text: str, warned: list[str]) -> None:
    problems = [problem for problem in check(*parse(text)) if problem.code == "bad-rate"]
    assert [problem.message.split('"')[1] for problem in problems] == warned
    assert {problem.severity for problem in problems} <= {"warning"}
