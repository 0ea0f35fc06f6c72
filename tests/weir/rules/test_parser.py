"""Text → document: every error at its place with what was expected, all of a text at once, in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.rejected import rejected, said_of
from weir.models.document import Document, Rule
from weir.models.problem import Problem, Refused
from weir.rules.bounds import MAX_NAME, MAX_TEXT
from weir.rules.clauses.table import SYNTAXES
from weir.rules.parser import parse


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(Refused) as refused:
        parse(text)
    return refused.value.problems


def places_of(text: str) -> list[tuple[int, int]]:
    return [(problem.line, problem.column) for problem in problems_of(text)]


ERRORS = rejected(Path(__file__).with_name("errors.txt"))


@pytest.mark.parametrize(("text", "said"), ERRORS, ids=[case.text for case in ERRORS])
def test_an_error_says_where_what_and_what_instead(text: str, said: list[str]) -> None:
    assert said_of(problems_of(text)) == said


def test_the_table_has_an_error_of_every_clause() -> None:
    texts = " ".join(case.text for case in ERRORS)
    assert [syntax.word for syntax in SYNTAXES if f"{{ {syntax.word}" not in texts] == []


def test_all_errors_of_a_text_come_at_once_and_in_order() -> None:
    text = """
rule a { when hots == "x"; prxy b; respond 99 }
upstream b {
    target c
    balance random  # no
}
rul d {
    proxy e
}
defaults {
    trusted_proxies ["10.0.0.0/8", 5]
    log maybe
}
group f {
    rule g { require kye }
    when host == 'single'
    proxy h }
"""
    assert places_of(text) == [
        (2, 15),
        (2, 28),
        (2, 44),
        (4, 12),
        (5, 13),
        (7, 1),
        (11, 36),
        (12, 9),
        (15, 22),
        (16, 18),
    ]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('rule a { when host in [\n "a",\n 5,\n "b"\n]\n prxy b }', [(3, 2), (6, 2)]),
        ("rule a { when (any\n prxy b }", [(2, 2)]),
        ("rule a { when (any\n proxy b\n prxy c }\nrul d {}", [(2, 2), (3, 2), (4, 1)]),
        ("define a = (\nrule b { prxy c }", [(2, 6)]),
        ('rule a { require key(heder: "x", query: "y") \n prxy b }', [(1, 22), (2, 2)]),
        ("rule a\n{ prxy b }\nrul c {}", [(1, 7), (3, 1)]),
        ("rule a {\n proxy b\n}}\nrul c {}", [(3, 2), (4, 1)]),
        ("rule a {\n proxy b\nrule c {\n proxy d\n}", [(3, 1), (5, 2)]),
        ('rule "a { proxy b }\nrul c {}', [(1, 6), (2, 1)]),
        ('rule a { respond 200 "a\n prxy }\nrul c {}', [(1, 22), (2, 2), (3, 1)]),
        ("language x\nrul a {}", [(1, 10), (2, 1)]),
        ("language 2\nrul a {}", [(1, 10), (2, 1)]),
        ("rule a { cors { origin []; mthods [] } }", [(1, 17), (1, 28)]),
        ("rule 订单 { proxy 商店 }", [(1, 6), (1, 17)]),
    ],
)
def test_one_error_does_not_hide_others_nor_make_some_up(text: str, places: list[tuple[int, int]]) -> None:
    assert places_of(text) == places


def test_columns_are_the_same_with_other_line_ends_tabs_and_a_byte_order_mark() -> None:
    assert places_of("rule a {\n\tprxy b\n}\nrul c {}") == [(2, 2), (4, 1)]
    assert places_of("\ufeffrule a {\r\n\tprxy b\r\n}\r\nrul c {}") == [(2, 2), (4, 1)]
    assert places_of("\ufeffrul c {}") == [(1, 1)]


def test_a_nul_is_an_error_with_its_place() -> None:
    assert [p.text() for p in problems_of("rule a {\n proxy b\0 }")] == ["2:9: unexpected character U+0000"]


@pytest.mark.parametrize(
    "text", ["", "\n", "\ufeff", " \t\r\n", ";;", "language 1", "language 1\n", "language 1;"]
)
def test_an_empty_text_is_an_empty_document(text: str) -> None:
    assert parse(text).document == Document()


def test_clauses_end_at_a_line_end_or_a_semicolon() -> None:
    one = parse("rule a { priority 1; proxy b; tag c }").document
    assert parse("rule a {\npriority 1\nproxy b\ntag c\n}").document == one
    assert parse("rule a {priority 1;\nproxy b;;\n\n;tag c;};").document == one


def test_conditions_lists_and_weights_go_on_over_lines_where_that_is_clear() -> None:
    text = """
    rule a {
        when (
            host in [
                "a",
                "b",
            ]
            or not
            ( path under /a )
        )
            and method == "GET"
        proxy b 1,
              c 2
        require key
             or token(
                scope: "api",
             )
    }
    """
    flat = (
        'rule a { when (host in ["a", "b"] or not (path under "/a")) and method == "GET"; proxy b 1, c 2;'
        ' require key or token(scope: "api") }'
    )
    assert parse(text).document == parse(flat).document


def test_a_name_may_have_as_many_characters_as_the_bound_and_not_one_more() -> None:
    rule = parse(f"rule {'a' * MAX_NAME} {{}}").document.definitions[0]
    assert isinstance(rule, Rule)
    assert len(rule.name) == MAX_NAME
    assert places_of(f"rule {'a' * (MAX_NAME + 1)} {{}}") == [(1, 6)]


def test_a_text_may_have_as_many_characters_as_the_bound_and_not_one_more() -> None:
    assert parse("\t" * MAX_TEXT).document == Document()
    problem = problems_of("\t" * (MAX_TEXT + 1))[0]
    assert (problem.code, problem.expected) == ("too-large", f"at most {MAX_TEXT} characters")


def test_positions_know_where_nodes_stood_and_nothing_else() -> None:
    parsed = parse("rule a {\n  proxy b, c\n}")
    rule = parsed.document.definitions[0]
    assert isinstance(rule, Rule)
    assert parsed.positions.of(rule) == (1, 1)
    assert parsed.positions.of(rule.clauses[0]) == (2, 3)
    assert parsed.positions.of(rule.clauses[0].to[1]) == (2, 12)  # type: ignore[union-attr]
    assert parsed.positions.of(object()) == (0, 0)
