from __future__ import annotations

import pytest

from tests.support.routing import both, either, host, matches
from weir.models.condition import Compare, Condition
from weir.routing.alternatives import term_of
from weir.routing.facts import RequestFacts
from weir.routing.predicate import check_condition, check_regex, compile_term

REQUEST = RequestFacts(
    "b.a.com",
    "/a/b",
    "GET",
    scheme="https",
    port=8443,
    ip="10.1.2.3",
    headers=[("X-A", "1"), ("X-A", "2"), ("X-Empty", ""), ("Cookie", "sid=abc")],
    query="q=x+y&empty",
)


@pytest.mark.parametrize(
    ("field", "operator", "value", "name", "expected"),
    [
        ("host", "==", "B.A.com", "", True),
        ("host", "in", ("x.com", "*.a.com"), "", True),
        ("host", "in", ("x.com", "**.b.a.com"), "", False),
        ("host", "ends_with", ".A.com", "", True),
        ("host", "matches", "[a-z]\\.a\\.com", "", True),
        ("path", "under", "/a", "", True),
        ("path", "under", "/a/b/", "", True),
        ("path", "under", "/a/bc", "", False),
        ("path", "under", "/", "", True),
        ("path", "like", "/{x}/b", "", True),
        ("path", "starts_with", "/a/", "", True),
        ("path", "contains", "a/b", "", True),
        ("method", "==", "GET", "", True),
        ("method", "==", "get", "", False),
        ("scheme", "==", "https", "", True),
        ("port", "==", 8443, "", True),
        ("port", "in", (80, 443), "", False),
        ("ip", "in", ("10.0.0.0/8", "::1"), "", True),
        ("ip", "==", "10.1.2.3", "", True),
        ("ip", "!=", "10.1.2.3", "", False),
        ("header", "==", "1, 2", "x-a", True),
        ("header", "exists", None, "X-EMPTY", True),
        ("header", "==", "", "X-Empty", True),
        ("header", "exists", None, "X-B", False),
        ("header", "!=", "1", "X-B", True),
        ("header", "contains", "", "X-B", False),
        ("query", "==", "x y", "q", True),
        ("query", "exists", None, "empty", True),
        ("query", "exists", None, "Q", False),
        ("cookie", "starts_with", "ab", "sid", True),
        ("cookie", "!=", "1", "other", True),
    ],
)
def test_a_comparison_means_what_the_language_says(
    field: str, operator: str, value: object, name: str, expected: bool
) -> None:
    compare = Compare(field, operator, value, name)  # type: ignore[arg-type]
    assert compile_term(term_of(compare))(REQUEST) is expected
    assert compile_term(term_of(compare, negated=True))(REQUEST) is not expected


def test_a_peer_without_an_address_is_in_no_network() -> None:
    local = RequestFacts("a.com", "/", ip="")
    assert not compile_term(term_of(Compare("ip", "in", ("0.0.0.0/0", "::/0"))))(local)
    assert compile_term(term_of(Compare("ip", "!=", "10.0.0.0/8")))(local)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (both(*(either(host("a"), host("b")) for _ in range(7))), "more than 64"),
        (matches("("), "missing )"),
        (Compare("ip", "in", ("10.0.0.0/8", "ten")), '"ten" is no address'),
        (host("a b"), '"a b"'),
        (Compare("path", "==", "x"), "begin with /"),
    ],
)
def test_whatever_keeps_a_condition_from_matching_is_told_before_it_is_published(
    condition: Condition, reason: str
) -> None:
    assert [reason in problem for problem in check_condition(condition)] == [True]


def test_every_problem_of_a_condition_is_told_at_once() -> None:
    assert len(check_condition(both(matches("("), matches(")"), Compare("ip", "==", "x")))) == 3
    assert check_condition(both(matches("a"), host("*.a.com"))) == []


def test_expressions_can_be_checked_alone() -> None:
    assert check_regex("a+") is None
    assert check_regex("a(") is not None
