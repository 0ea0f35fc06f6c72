from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.routing import (
    both,
    compares,
    conditions,
    header,
    host,
    like,
    matches,
    method,
    path,
    requests,
    under,
)
from weir.models.condition import Compare, Condition, Not
from weir.routing.alternatives import Alternative, Term, alternatives_of, term_of
from weir.routing.facts import RequestFacts
from weir.routing.implication import contradiction, covers, excludes, implies
from weir.routing.predicate import compile_term


def alternative(condition: Condition) -> Alternative:
    return alternatives_of(condition)[0]


def term(condition: Condition) -> Term:
    return alternative(condition)[0]


def starts(text: str) -> Compare:
    return Compare("path", "starts_with", text)


@pytest.mark.parametrize(
    ("given_term", "wanted"),
    [
        (path("/a/b"), under("/a")),
        (path("/a/b"), Not(path("/a"))),
        (under("/a/b"), under("/a")),
        (under("/a"), under("/")),
        (under("/a"), starts("/a")),
        (starts("/a/"), under("/a")),
        (under("/a"), Not(under("/b"))),
        (Not(under("/a")), Not(under("/a/b"))),
        (like("/a/{x}"), under("/a")),
        (like("/a/{x}"), like("/{y}/{z}")),
        (like("/a/{x}/b"), like("/a/{r...}")),
        (like("/a/{x}"), Not(like("/a/{x}/b"))),
        (host("x.a.com"), host("*.a.com")),
        (host("*.b.a.com"), host("**.a.com")),
        (host("a.com"), Compare("host", "ends_with", ".com")),
        (method("GET"), method("GET", "HEAD")),
        (method("GET"), Not(method("POST"))),
        (header("x", "1"), Compare("header", "exists", None, "x")),
        (Compare("ip", "==", "10.1.0.0/16"), Compare("ip", "in", ("10.0.0.0/8", "::1"))),
        (Compare("ip", "==", "10.1.0.0/16"), Compare("ip", "!=", "192.168.0.0/16")),
        (matches("a.*"), matches("a.*")),
    ],
)
def test_what_follows_is_seen(given_term: Condition, wanted: Condition) -> None:
    assert implies(term(given_term), term(wanted))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (path("/a"), under("/b")),
        (path("/a"), path("/b")),
        (under("/a"), under("/ab")),
        (under("/a"), Not(under("/"))),
        (like("/a/{x}"), like("/{x}/b/{y}")),
        (like("/a/{x}"), like("/b/{x...}")),
        (host("a.com"), host("*.a.com")),
        (host("*.a.com"), host("**.b.a.com")),
        (method("GET"), method("POST", "PUT")),
        (header("x", "1"), Not(Compare("header", "exists", None, "x"))),
        (Compare("port", "==", 80), Compare("port", "==", 443)),
        (Compare("ip", "==", "10.0.0.0/8"), Compare("ip", "==", "11.0.0.0/8")),
    ],
)
def test_what_cannot_hold_together_is_seen(one: Condition, other: Condition) -> None:
    assert excludes(term(one), term(other))
    assert excludes(term(other), term(one))
    assert contradiction((term(one), term(other)))


def test_a_list_whose_every_member_is_refused_is_a_contradiction() -> None:
    terms = alternative(both(method("A", "B"), Compare("method", "!=", "A"), Compare("method", "!=", "B")))
    assert contradiction(terms) == terms
    assert (
        contradiction(alternative(both(method("A", "B", "C"), *(Compare("method", "!=", m) for m in "AB"))))
        == ()
    )


def test_an_alternative_covers_what_is_narrower() -> None:
    wide = alternative(both(host("**.a.com"), under("/x")))
    narrow = alternative(both(host("b.a.com"), path("/x/y"), method("GET")))
    assert covers(wide, narrow)
    assert not covers(narrow, wide)
    assert covers((), narrow)


def terms() -> st.SearchStrategy[Term]:
    return st.builds(term_of, compares(), st.booleans())


@settings(max_examples=250, deadline=None)
@given(terms(), terms(), st.lists(requests(), min_size=4, max_size=12))
def test_no_request_contradicts_what_was_proven(one: Term, other: Term, asked: list[RequestFacts]) -> None:
    first, second = compile_term(one), compile_term(other)
    for facts in asked:
        if implies(one, other):
            assert not first(facts) or second(facts)
        if excludes(one, other):
            assert not (first(facts) and second(facts))


@settings(max_examples=150, deadline=None)
@given(conditions(), conditions(), st.lists(requests(), min_size=4, max_size=12))
def test_no_request_contradicts_a_cover(
    wide: Condition, narrow: Condition, asked: list[RequestFacts]
) -> None:
    for outer in alternatives_of(wide):
        for inner in alternatives_of(narrow):
            for facts in asked:
                holds_inner = all(compile_term(each)(facts) for each in inner)
                if holds_inner and covers(outer, inner):
                    assert all(compile_term(each)(facts) for each in outer)
                assert not (holds_inner and contradiction(inner))
