"""What may stand in ``require``; more is in findings.txt."""

from __future__ import annotations

import pytest

from weir.models.rule_clauses import Require
from weir.models.values import Requirement
from weir.rules.check.require import MAX_OPTION, require_issues


def codes(method: str, **options: str) -> set[str]:
    found = require_issues(Require(any_of=(Requirement(method, options),)))  # type: ignore[arg-type]
    return {issue.code for issue in found if issue is not None}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"header": "X-Token"},
        {"header": "apikey"},
        {"query": "api_key"},
        {"scope": "orders:read orders:write"},
        {"tag": "partner"},
        {"keep": "no"},
    ],
)
def test_these_are_fine_for_a_key(options: dict[str, str]) -> None:
    assert codes("key", **options) == set()


@pytest.mark.parametrize(
    "options",
    [
        {"header": "Cookie"},
        {"header": "X-Forwarded-For"},
        {"header": "x_weir_consumer"},
        {"query": ""},
        {"query": "a&b"},
        {"scope": ""},
        {"scope": 'a"b'},
        {"scope": "é"},
        {"tag": " a"},
        {"keep": "YES"},
    ],
)
def test_these_are_not(options: dict[str, str]) -> None:
    assert codes("key", **options) == {"bad-option"}


def test_a_token_for_anybody_would_pass_without_an_audience() -> None:
    assert codes("token", issuer="https://id.test") == {"bad-option"}
    assert codes("token", issuer="https://id.test", audience="orders") == set()
    assert codes("token", audience="orders") == set()


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "id.test",
        "http://id.test",
        "ftp://id.test",
        "https://id.test/?a",
        "https://u@id.test",
        "https://id.test/#a",
    ],
)
def test_an_issuer_is_an_address_that_can_be_trusted(issuer: str) -> None:
    assert codes("token", issuer=issuer, audience="a") == {"bad-option"}


@pytest.mark.parametrize(
    "issuer", ["https://id.test/realms/a", "http://127.0.0.1:8002", "http://localhost:1/a"]
)
def test_on_this_machine_an_issuer_may_be_without_tls(issuer: str) -> None:
    assert codes("token", issuer=issuer, audience="a") == set()


@pytest.mark.parametrize(
    ("realm", "found"), [("Orders of Acme", set()), ('a"b', {"bad-option"}), ("", {"bad-option"})]
)
def test_a_realm_stands_in_a_quoted_string(realm: str, found: set[str]) -> None:
    assert codes("basic", realm=realm) == found


def test_options_are_bounded() -> None:
    assert codes("token", audience="a" * MAX_OPTION) == set()
    assert codes("token", audience="a" * (MAX_OPTION + 1)) == {"too-large"}


def test_an_option_of_another_method_is_none() -> None:
    assert codes("hmac", keep="yes") == {"bad-option"}
