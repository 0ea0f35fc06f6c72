"""Health in words."""

from __future__ import annotations

import pytest

from edge.upstream.health_policy import AFTER
from weir.routing.health import UNSAID, health
from weir.rules.parser import parse
from weir.rules.pools import pools
from weir.rules.resolve import environment, routes

TWO = "target http://a; target http://b"


def told(text: str) -> list[str]:
    document = parse(text).document
    found = routes(document.definitions, environment(document.definitions))
    return list(health(found[0], pools(document.definitions, found)))


@pytest.mark.parametrize(
    ("clauses", "sentences"),
    [
        (TWO, [f"health of u: {UNSAID}"]),
        ("target http://a", []),
        (f"{TWO}; check GET /up every 5s", [f"health of u: check GET /up every 5s; {UNSAID}"]),
        (f"{TWO}; eject off", ["health of u: eject off"]),
        (
            f"{TWO}; slow_start 30s; check GET /healthz every 5s; eject after 3 for 10s",
            ["health of u: check GET /healthz every 5s; eject after 3 for 10s; slow_start 30s"],
        ),
        (
            "target http://a; check GET / every 5s",
            ["health of u: check GET / every 5s, of a single target, which gets all requests"],
        ),
    ],
)
def test_what_the_upstream_says_is_told(clauses: str, sentences: list[str]) -> None:
    assert told(f"upstream u {{ {clauses} }} rule a {{ when any; proxy u }}") == sentences


def test_the_default_that_is_told_is_that_of_the_edge() -> None:
    assert f"after {AFTER} failures" in UNSAID


def test_every_upstream_of_a_rule_is_told() -> None:
    text = "upstream u { target http://a; eject off } upstream v { target http://b; eject off }"
    sentences = told(text + " rule a { when any; proxy u 1, v 2 }")
    assert [sentence.partition(":")[0] for sentence in sentences] == ["health of u", "health of v"]


def test_a_rule_that_proxies_nowhere_has_none() -> None:
    assert told('rule a { when any; respond 200 "ok" }') == []
