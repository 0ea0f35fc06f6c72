from __future__ import annotations

from itertools import pairwise

import pytest

from tests.support.routing import (
    ANY,
    both,
    either,
    header,
    host,
    like,
    matches,
    method,
    name_of,
    path,
    rule,
    rule_set,
    under,
)
from weir.models.condition import Compare, Condition, Not
from weir.models.document import Owner
from weir.routing.alternatives import alternatives_of
from weir.routing.facts import RequestFacts
from weir.routing.placement import place
from weir.routing.precedence import Position, Rank, advantage, deciding_component, host_rank, rank_of
from weir.routing.table import Table


def rank(
    condition: Condition, *, priority: int = 0, owner: Owner = "api", chunk: int = 1, ordinal: int = 0
) -> Rank:
    alternative = alternatives_of(condition)[0]
    placement = place(alternative)
    position = Position(priority, owner, chunk, ordinal)
    return rank_of(alternative, placement, host_rank(placement.hosts[0]), position, 0)


def query(name: str) -> Compare:
    return Compare("query", "exists", None, name)


LADDERS: list[tuple[str, list[Condition]]] = [
    ("host", [host("a.b.com"), host("*.b.com"), ANY]),
    ("host_length", [host("**.b.a.com"), host("*.a.com"), host("**.com")]),
    ("host_depth", [host("*.a.com"), host("**.a.com")]),
    ("path", [path("/a"), like("/{x}"), matches("/a"), under("/a"), ANY]),
    ("path", [matches("/a"), Compare("path", "starts_with", "/a"), Compare("path", "contains", "/a")]),
    ("prefix", [under("/a/bc"), Compare("path", "starts_with", "/a/b"), under("/a"), under("/")]),
    ("method", [method("GET"), both(header("x", "1"), query("a"))]),
    ("headers", [both(header("x", "1"), header("y", "1")), both(header("x", "1"), query("a")), ANY]),
    ("queries", [both(query("a"), query("b")), both(query("a"), Compare("port", "==", 80)), ANY]),
    (
        "others",
        [
            both(Compare("ip", "==", "10.0.0.0/8"), Compare("port", "==", 80)),
            Compare("scheme", "==", "http"),
            ANY,
        ],
    ),
    ("others", [both(under("/a"), Compare("path", "ends_with", ".js")), under("/a")]),
    ("others", [Compare("host", "ends_with", ".com"), ANY]),
    ("like", [like("/users/{x}"), like("/{a}/{b}")]),
]


@pytest.mark.parametrize(
    ("component", "ladder"), LADDERS, ids=lambda each: each if isinstance(each, str) else ""
)
def test_the_more_specific_condition_ranks_first_by_the_component_that_is_named(
    component: str, ladder: list[Condition]
) -> None:
    ranks = [rank(condition) for condition in ladder]
    assert ranks == sorted(ranks)
    assert {deciding_component(*pair) for pair in pairwise(ranks)} == {component}


def test_each_component_beats_all_that_follow() -> None:
    rich = both(method("GET"), header("x", "1"), query("q"), Compare("port", "==", 80))
    assert rank(ANY, priority=1) < rank(both(host("a"), path("/a"), rich))
    assert rank(host("a.com")) < rank(both(host("*.com"), path("/a"), rich))
    assert rank(host("*.a.com")) < rank(both(path("/a"), rich))
    assert rank(path("/a")) < rank(both(like("/{x}"), rich))
    assert rank(under("/a/b")) < rank(both(under("/a"), rich))
    assert rank(method("GET")) < rank(both(header("x", "1"), header("y", "1"), query("q")))


def test_owner_comes_before_position_and_position_last() -> None:
    assert (
        rank(ANY, owner="file", chunk=9) < rank(ANY, owner="api", chunk=1) < rank(ANY, owner="k8s", chunk=1)
    )
    assert rank(ANY, chunk=1, ordinal=9) < rank(ANY, chunk=2, ordinal=0) < rank(ANY, chunk=2, ordinal=1)


def test_negations_add_nothing() -> None:
    plain = rank(under("/a"))
    for negated in (
        Not(method("GET")),
        Compare("header", "!=", "1", "x"),
        Not(host("a.com")),
        Not(under("/a/b")),
        Not(query("q")),
    ):
        assert rank(both(under("/a"), negated)) == plain


def test_priority_of_the_controllers_rules_is_zero() -> None:
    assert rank(ANY, priority=7, owner="k8s").priority == 0
    assert rank(ANY, priority=-7, owner="api").priority == 7


def test_every_component_has_words() -> None:
    level = Rank(*[0] * len(Rank._fields))
    for component in Rank._fields:
        assert advantage(level, level._replace(**{component: 1}))
    assert (deciding_component(level, level), advantage(level, level)) == ("", "")
    assert advantage(rank(path("/a")), rank(under("/a"))) == "an exact path, which ranks before a path prefix"


GATEWAY_API: list[tuple[str, list[Condition], RequestFacts, int]] = [
    # HTTPRouteRule: "Exact" path match, then prefix with the largest number of characters, method, headers, queries.
    ("exact path before prefix", [under("/foo"), path("/foo")], RequestFacts("h", "/foo"), 1),
    ("longest prefix", [under("/"), under("/foo/bar"), under("/foo")], RequestFacts("h", "/foo/bar/x"), 1),
    ("prefix by whole elements", [under("/foo"), under("/")], RequestFacts("h", "/foobar"), 1),
    ("a trailing slash is ignored", [under("/foo/"), under("/")], RequestFacts("h", "/foo"), 0),
    ("method", [under("/"), both(under("/"), method("GET"))], RequestFacts("h", "/"), 1),
    (
        "most headers",
        [both(under("/"), header("a", "1")), both(under("/"), header("a", "1"), header("b", "1"))],
        RequestFacts("h", "/", headers=[("a", "1"), ("b", "1")]),
        1,
    ),
    (
        "header before query",
        [both(under("/"), query("q"), query("r")), both(under("/"), header("a", "1"))],
        RequestFacts("h", "/", headers=[("a", "1")], query="q&r"),
        1,
    ),
    # HTTPRoute hostnames: characters in a matching non-wildcard name, then characters in a matching name.
    (
        "exact host",
        [host("**.example.com"), host("test.example.com")],
        RequestFacts("test.example.com", "/"),
        1,
    ),
    (
        "longest wildcard",
        [host("**.com"), host("**.example.com")],
        RequestFacts("a.test.example.com", "/"),
        1,
    ),
    (
        "host before path",
        [both(host("**.example.com"), path("/x")), both(host("a.example.com"), under("/"))],
        RequestFacts("a.example.com", "/x"),
        1,
    ),
    ("first in order", [under("/x"), under("/x")], RequestFacts("h", "/x"), 0),
    # Matches of one rule are or-ed, each ranks alone.
    (
        "alternatives rank alone",
        [either(path("/x"), under("/")), both(under("/x"), method("GET"))],
        RequestFacts("h", "/x"),
        0,
    ),
]


@pytest.mark.parametrize(
    ("conditions", "facts", "winner"), [row[1:] for row in GATEWAY_API], ids=[r[0] for r in GATEWAY_API]
)
def test_gateway_apis_precedence_holds(conditions: list[Condition], facts: RequestFacts, winner: int) -> None:
    routes = [rule(f"r{number}", condition) for number, condition in enumerate(conditions)]
    assert name_of(Table.build([rule_set(*routes)]), facts) == f"r{winner}"
    if conditions[0] != conditions[1]:
        backwards = Table.build([rule_set(*reversed(routes))])
        assert name_of(backwards, facts) == f"r{winner}"
