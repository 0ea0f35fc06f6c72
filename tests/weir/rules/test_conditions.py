"""Conditions: every operator of every field, how words bind, and what is not a condition."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given

from tests.support.documents import conditions, moderate
from weir.models.condition import (
    NAMED_FIELDS,
    OPERATORS_OF_FIELD,
    And,
    AnyRequest,
    Compare,
    Condition,
    Field,
    Not,
    Operator,
    Or,
    Reference,
)
from weir.models.document import Define
from weir.models.problem import Refused
from weir.rules.conditions import RESERVED, write_condition
from weir.rules.parser import parse

A, B, C = Reference("a"), Reference("b"), Reference("c")


def condition_of(text: str) -> Condition:
    definition = parse(f"define x = {text}").document.definitions[0]
    assert isinstance(definition, Define)
    return definition.condition


def field_and_value(field: str, operator: str) -> tuple[str, str, object]:
    left = f'{field}("N")' if field in NAMED_FIELDS else field
    written, value = ("80", 80) if field == "port" else ('"/v"', "/v")
    if operator == "in":
        return left, f" [{written}, {written}]", (value, value)
    return (left, "", None) if operator == "exists" else (left, f" {written}", value)


PAIRS = [(field, operator) for field in get_args(Field) for operator in get_args(Operator)]


@pytest.mark.parametrize(
    ("field", "operator"), PAIRS, ids=[f"{field} {operator}" for field, operator in PAIRS]
)
def test_every_operator_works_on_the_fields_that_have_it_and_on_no_other(
    field: Field, operator: Operator
) -> None:
    left, right, value = field_and_value(field, operator)
    text = f"{left} {operator}{right}"
    if operator in OPERATORS_OF_FIELD[field]:
        name = "N" if field in NAMED_FIELDS else ""
        compare = Compare(field, operator, value, name)  # type: ignore[arg-type]
        assert condition_of(text) == compare
        assert write_condition(compare) == text
    else:
        with pytest.raises(Refused, match=f'"{operator}" does not work on {field}'):
            condition_of(text)


def test_the_table_of_operators_names_every_field_and_operator() -> None:
    assert set(OPERATORS_OF_FIELD) == set(get_args(Field))
    assert set().union(*OPERATORS_OF_FIELD.values()) == set(get_args(Operator))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("any", AnyRequest()),
        ("a", A),
        ("not a", Not(A)),
        ("not not a", Not(Not(A))),
        ("a and b and c", And((A, B, C))),
        ("a or b or c", Or((A, B, C))),
        ("a or b and c", Or((A, And((B, C))))),
        ("a and b or c", Or((And((A, B)), C))),
        ("(a or b) and c", And((Or((A, B)), C))),
        ("not a and b", And((Not(A), B))),
        ("not (a and b)", Not(And((A, B)))),
        ("a and (b and c)", And((A, And((B, C))))),
        ("(a or b) or c", Or((Or((A, B)), C))),
        ("like and exists", And((Reference("like"), Reference("exists")))),
    ],
)
def test_or_binds_weakest_then_and_then_not(text: str, condition: Condition) -> None:
    assert condition_of(text) == condition
    assert write_condition(condition) == text


@moderate
@given(conditions)
def test_every_condition_reads_back(condition: Condition) -> None:
    assert condition_of(write_condition(condition)) == condition


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_no_define_is_called_as_a_word_of_conditions(word: str) -> None:
    with pytest.raises(Refused, match="is a word of the language"):
        parse(f"define {word} = any")
