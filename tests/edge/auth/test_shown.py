"""Where credentials stand in a request, and how they are taken out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.auth.denied import Denied
from edge.auth.shown import authorization, bearer, hide_field, query_values, without_query
from edge.exchange import Exchange
from edge.versions.plan import Plan
from tests.support.credentials import request
from tests.support.in_process import InProcess


@pytest.fixture
def edge(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path, "rule a { when any; respond 200 }")


def exchange_of(edge: InProcess, *fields: str) -> Exchange:
    """As phases get it."""
    seen: list[Exchange] = []
    ((plan,),) = edge.engine.snapshot.plans.values()

    def see(exchange: Exchange, _plan: Plan) -> None:
        seen.append(exchange)

    plan.phases = (see, *plan.phases)
    edge.ask(request("/", *fields))
    return seen[0]


@pytest.mark.parametrize(
    ("field", "scheme", "value"),
    [
        ("Bearer abc", "bearer", "abc"),
        ("BEARER  abc ", "bearer", "abc"),
        ("Basic eDp5", "basic", "eDp5"),
        ("Negotiate", "negotiate", ""),
        ('Digest username="a b", realm="c"', "digest", 'username="a b", realm="c"'),
    ],
)
def test_an_authorization_has_a_scheme_and_what_follows(
    edge: InProcess, field: str, scheme: str, value: str
) -> None:
    assert authorization(exchange_of(edge, f"Authorization: {field}")) == (scheme, value)


def test_without_the_field_nothing_is_shown(edge: InProcess) -> None:
    exchange = exchange_of(edge)
    assert authorization(exchange) is None
    assert bearer(exchange) is None


def test_another_scheme_is_no_bearer(edge: InProcess) -> None:
    assert bearer(exchange_of(edge, "Authorization: Basic eDp5")) is None


def test_two_authorizations_are_denied_even_if_they_are_the_same(edge: InProcess) -> None:
    exchange = exchange_of(edge, "Authorization: Bearer a", "authorization: Bearer a")
    with pytest.raises(Denied, match="more than one Authorization"):
        authorization(exchange)


def test_a_field_that_connection_lists_is_still_shown(edge: InProcess) -> None:
    assert bearer(exchange_of(edge, "Authorization: Bearer a", "Connection: authorization")) == "a"


def test_hiding_leaves_the_head_as_it_was(edge: InProcess) -> None:
    exchange = exchange_of(edge, "Authorization: Bearer a", "X-Other: 1")
    before = list(exchange.head.fields)
    hide_field(exchange, b"authorization")
    assert [name for name, _, _ in exchange.fields] == [b"x-other"]
    assert exchange.head.fields == before


def test_hiding_takes_what_others_read_as_the_same_name_too(edge: InProcess) -> None:
    exchange = exchange_of(edge, "X-API-Key: a", "X_API_Key: b", "x-api_key: c", "X-APIKey: 1")
    hide_field(exchange, b"x-api-key")
    assert [name for name, _, _ in exchange.fields] == [b"x-apikey"]


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("?k=1", ["1"]),
        ("?k=1&k=2", ["1", "2"]),
        ("?%6B=a%20b&x=k", ["a b"]),
        ("?k", [""]),
        ("?K=1", []),
        ("?", []),
    ],
)
def test_parameters_are_read_as_rules_read_them(query: str, values: list[str]) -> None:
    assert query_values(query, "k") == values


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("?k=1", ""),
        ("?a=%2f&k=1&b=+", "?a=%2f&b=+"),
        ("?%6b=1&a", "?a"),
        ("?k=1&k=2&&z", "?&z"),
        ("?key=1&a=k", "?key=1&a=k"),
        ("?", "?"),
    ],
)
def test_what_is_left_of_a_query_stays_as_it_came(query: str, left: str) -> None:
    assert without_query(query, "k") == left
