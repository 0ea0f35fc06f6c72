from __future__ import annotations

import time

import pytest

from tests.support.routing import ANY, both, either, header, host, like, method, path, under
from weir.models.condition import AnyRequest, Compare, Condition, Not, Reference
from weir.routing.alternatives import (
    MAX_COMPARISONS,
    MAX_DEPTH,
    BadCondition,
    TooManyAlternatives,
    alternatives_of,
)
from weir.rules.bounds import MAX_ALTERNATIVES


def texts(condition: Condition) -> list[str]:
    return [" and ".join(term.text() for term in each) or "any" for each in alternatives_of(condition)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (ANY, ["any"]),
        (Not(ANY), []),
        (host("A.com"), ['host == "a.com"']),
        (Compare("host", "!=", "a.com"), ['host != "a.com"']),
        (Not(Compare("host", "!=", "a.com")), ['host == "a.com"']),
        (Not(either(path("/a"), under("/b"))), ['path != "/a" and not path under "/b"']),
        (Not(both(path("/a"), method("GET", "PUT"))), ['path != "/a"', 'not method in ["GET", "PUT"]']),
        (
            both(either(path("/a"), path("/b")), method("GET")),
            ['method == "GET" and path == "/a"', 'method == "GET" and path == "/b"'],
        ),
        (both(path("/a"), path("/a")), ['path == "/a"']),
        (either(path("/a"), path("/a")), ['path == "/a"']),
        (Not(Compare("header", "exists", None, "X-A")), ['not header("x-a") exists']),
        (Compare("port", "==", 80), ["port == 80"]),
        (Compare("query", "==", 'a"b\\', "Q"), ['query("Q") == "a\\"b\\\\"']),
        (under("/a/"), ['path under "/a"']),
        (under("/"), ['path under "/"']),
        (like("/%61/{x}"), ['path like "/a/{x}"']),
        (Compare("path", "contains", "%2f%61"), ['path contains "%2Fa"']),
    ],
)
def test_a_condition_becomes_alternatives_in_normal_form(condition: Condition, expected: list[str]) -> None:
    assert texts(condition) == expected


def many(count: int) -> Condition:
    return either(*(path(f"/{number}") for number in range(count)))


def test_sixty_four_alternatives_are_taken_and_one_more_is_refused() -> None:
    assert len(alternatives_of(many(MAX_ALTERNATIVES))) == MAX_ALTERNATIVES
    with pytest.raises(TooManyAlternatives, match=r"in \[\.\.\.\]"):
        alternatives_of(many(MAX_ALTERNATIVES + 1))


def test_a_product_of_alternatives_counts_too() -> None:
    pair = either(header("a", "1"), header("b", "1"))
    six = [either(header(f"a{number}", "1"), header(f"b{number}", "1")) for number in range(6)]
    assert len(alternatives_of(both(*six))) == 64
    with pytest.raises(TooManyAlternatives):
        alternatives_of(both(*six, pair))


def test_a_list_counts_as_one_alternative() -> None:
    assert len(alternatives_of(host(*(f"h{number}" for number in range(500))))) == 1


def test_hostile_nesting_is_refused_before_it_is_expanded() -> None:
    bomb: Condition = either(path("/a"), path("/b"))
    for _ in range(40):
        bomb = both(bomb, bomb)
    started = time.process_time()
    with pytest.raises(TooManyAlternatives):
        alternatives_of(bomb)
    assert time.process_time() - started < 5  # 2 ** 40 alternatives would never end


def test_depth_is_bounded() -> None:
    deep: Condition = path("/a")
    for _ in range(MAX_DEPTH):
        deep = Not(deep)
    assert len(alternatives_of(deep)) == 1
    for deeper in (Not(deep), _nested(100_000)):
        with pytest.raises(BadCondition, match=str(MAX_DEPTH)):
            alternatives_of(deeper)


def _nested(levels: int) -> Condition:
    nested: Condition = AnyRequest()
    for _ in range(levels):
        nested = Not(nested)
    return nested


def test_the_number_of_comparisons_is_bounded() -> None:
    terms = [header(f"h{number}", "1") for number in range(MAX_COMPARISONS)]
    assert len(alternatives_of(both(*terms))[0]) == MAX_COMPARISONS
    with pytest.raises(BadCondition, match=str(MAX_COMPARISONS)):
        alternatives_of(both(*terms, path("/")))


@pytest.mark.parametrize(
    "condition", [path("a"), path("/a b"), under("/%zz"), host("a..b"), like("/{a}{b}"), Reference("office")]
)
def test_a_value_that_no_request_could_have_is_refused(condition: Condition) -> None:
    with pytest.raises(BadCondition):
        alternatives_of(condition)
