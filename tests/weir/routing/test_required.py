"""What explain says of credentials."""

from __future__ import annotations

import pytest

from weir.models.effective import Route
from weir.routing.explain import explain
from weir.routing.facts import RequestFacts
from weir.routing.required import required
from weir.routing.table import RouteSet, Table
from weir.rules.parser import parse
from weir.rules.resolve import environment, routes


def route_of(require: str) -> Route:
    definitions = parse(f"rule a {{ require {require}; respond 200 }}").document.definitions
    (route,) = routes(definitions, environment(definitions))
    return route


def said(require: str, *headers: tuple[str, str], query: str = "") -> list[str]:
    return list(required(route_of(require), RequestFacts("a.test", "/", headers=headers, query=query)))


def test_a_rule_that_asks_for_nothing_is_not_talked_about() -> None:
    assert said("none") == []


def test_each_alternative_has_a_sentence() -> None:
    assert said(
        'key(header: "X-T", query: "k", scope: "a b", tag: "x y", keep: "yes") or basic or hmac or anonymous'
    ) == [
        (
            "require: an API key in Authorization: Bearer weir_… or X-T or ?k=; with the scope a and b; "
            "of a consumer with the tag x or y; the upstream sees it"
        ),
        "require or: a user name and a password in Authorization: Basic; the upstream does not see it",
        "require or: a signature in Signature and Signature-Input; the upstream sees it",
        "require or: nobody in particular; who shows no credential at all may pass",
        "this request shows no credential and passes as nobody's",
    ]


def test_a_token_has_an_issuer_and_an_audience() -> None:
    assert said('token(issuer: "https://id.test", audience: "orders")')[0] == (
        "require: an access token of https://id.test for orders in Authorization: Bearer; the upstream sees it"
    )
    assert "the authorization server of this cluster" in said("token")[0]


@pytest.mark.parametrize(
    ("require", "header", "shown"),
    [
        ("key or token", ("Authorization", "Bearer weir_x"), "key"),
        ("token or key", ("Authorization", "bearer weir_x"), "key"),
        ("key or token", ("Authorization", "Bearer e30"), "token"),
        ("key", ("X-API-Key", ""), "key"),
        ("basic or key", ("Authorization", "Basic eDp5"), "basic"),
        ("hmac", ("Signature-Input", "x"), "hmac"),
    ],
)
def test_it_says_which_credential_would_decide(require: str, header: tuple[str, str], shown: str) -> None:
    assert said(require, header)[-1].startswith(f"this request shows a {shown}; ")


def test_it_says_that_nothing_is_shown() -> None:
    missing = "this request shows no credential that is asked for: the answer is 401"
    assert said("key")[-1] == missing
    assert said("key", ("Authorization", "Basic eDp5"))[-1] == missing
    assert said("key or anonymous", ("Authorization", "Basic eDp5"))[-1] == missing
    assert said('key(query: "k")', query="k=1")[-1].startswith("this request shows a key")


def test_explain_tells_it_before_limits() -> None:
    table = Table.build([RouteSet("k", "file", (route_of("key; limit 5 per 1m by consumer"),))])
    found = explain(table, RequestFacts("a.test", "/", consumer="acme"))
    assert found.decisions[0].startswith("require: an API key")
    assert 'counted as "=acme"' in found.decisions[-1]
