from __future__ import annotations

import pytest

from tests.support.routing import ANY, both, either, header, host, like, matches, method, table_of
from weir.models.condition import Compare, Condition, Not
from weir.routing.entry import NO_CAPTURES, capture_names
from weir.routing.facts import RequestFacts


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        (ANY, set()),
        (like("/u/{id}/{rest...}"), {"id", "rest"}),
        (both(like("/{a}"), Compare("header", "matches", "(?P<b>.*)", "x")), {"a", "b"}),
        (either(like("/{a}/{b}"), like("/{b}")), {"b"}),
        (Not(like("/{a}")), set()),
        (Not(ANY), set()),
        (matches("(?:a)"), set()),
    ],
)
def test_only_what_every_match_captures_may_be_used_in_a_template(
    condition: Condition, names: set[str]
) -> None:
    assert capture_names(condition) == names


def test_a_later_comparison_wins_where_names_repeat() -> None:
    facts = RequestFacts("a", "/one", headers=[("x", "two")])
    found = table_of(both(like("/{a}"), Compare("header", "matches", "(?P<a>.*)", "x"))).match(facts)
    assert found is not None
    assert found.captures == {"a": "two"}


def test_captures_belong_to_one_request() -> None:
    table = table_of(like("/{a}"))
    one, two = (table.match(RequestFacts("h", path)) for path in ("/x", "/y"))
    assert one is not None
    assert two is not None
    assert (one.captures, two.captures) == ({"a": "x"}, {"a": "y"})


def test_a_rule_without_captures_gives_the_same_answer_object_each_time() -> None:
    table = table_of(both(host("a"), method("GET")))
    one, two = (table.match(RequestFacts("a", path)) for path in ("/x", "/y"))
    assert one is two
    assert one is not None
    assert one.captures is NO_CAPTURES


def test_nothing_is_compiled_before_it_is_asked_for() -> None:
    table = table_of(both(host("a"), header("x", "1")), both(host("b"), header("x", "1")))
    assert table.match(RequestFacts("a", "/", headers=[("x", "1")]))
    compiled = {entry.route.name: entry._tests is not None for entry in table.entries()}
    assert compiled == {"r0": True, "r1": False}
