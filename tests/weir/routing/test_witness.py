from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.support.routing import (
    ANY,
    both,
    conditions,
    header,
    holds,
    host,
    like,
    matches,
    method,
    path,
    under,
)
from weir.models.condition import Compare, Condition, Not
from weir.routing.alternatives import alternatives_of
from weir.routing.predicate import compile_term
from weir.routing.witness import witness


@pytest.mark.parametrize(
    "condition",
    [
        ANY,
        Not(method("GET")),
        both(host("*.a.com"), under("/a"), Not(path("/a"))),
        both(host("**.a.com"), Compare("host", "starts_with", "sample")),
        both(like("/{x}/b/{r...}"), Compare("path", "starts_with", "/")),
        both(under("/a"), Compare("path", "ends_with", ".js"), Compare("path", "contains", "x")),
        both(
            header("x", "1"), Compare("header", "!=", "1", "y"), Not(Compare("header", "exists", None, "z"))
        ),
        both(Compare("query", "==", "a b&c", "q"), Compare("cookie", "==", "1", "sid")),
        both(
            Compare("ip", "in", ("10.0.0.0/8",)), Compare("port", "==", 443), Compare("scheme", "!=", "http")
        ),
    ],
)
def test_a_request_is_made_up_that_meets_the_condition(condition: Condition) -> None:
    found = witness(alternatives_of(condition)[:1])
    assert found is not None
    assert all(compile_term(term)(found) for term in alternatives_of(condition)[0])


@pytest.mark.parametrize(
    "condition", [both(path("/a"), path("/b")), both(under("/a"), Not(under("/a"))), matches("[xyz]")]
)
def test_none_is_made_up_where_none_was_found(condition: Condition) -> None:
    assert witness(alternatives_of(condition)) is None


@settings(max_examples=150, deadline=None)
@given(conditions(), conditions())
def test_what_is_made_up_is_true(one: Condition, other: Condition) -> None:
    for first in alternatives_of(one):
        for second in alternatives_of(other):
            found = witness((first, second))
            if found is not None:
                assert holds(one, found)
                assert holds(other, found)
