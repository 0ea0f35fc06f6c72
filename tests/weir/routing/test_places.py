"""Places in flight, in words."""

from __future__ import annotations

from weir.routing.places import places
from weir.rules.parser import parse
from weir.rules.pools import pools
from weir.rules.resolve import environment, routes


def told(clause: str) -> list[str]:
    text = f"upstream u {{ target http://a; {clause} }}\nrule a {{ when any; proxy u, http://b }}"
    definitions = parse(text).document.definitions
    found = routes(definitions, environment(definitions))
    return list(places(found[0], pools(definitions, found)))


def test_a_fixed_limit() -> None:
    (sentence,) = told("concurrency 200 queue 50")
    assert sentence == (
        "concurrency: u gets 200 requests at once, split among all workers of the cluster, 50 more wait for a moment;"
        " others get 503 overloaded"
    )


def test_an_adaptive_limit() -> None:
    assert told("concurrency adaptive") == [
        "concurrency: u gets as many requests at once as its answers allow, nobody waits; others get 503 overloaded"
    ]


def test_nothing_is_said_without_the_clause() -> None:
    assert told("balance p2c") == []
