"""Foreign issuers as records; what is found at one is tested with ``admin_api/issuers``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.accounts import Accounts
from weir.api.operation import Role
from weir.store.connect import Client

URL = "https://login.example.com/realms/shop"


@pytest.fixture
def api(accounts_as: Callable[[Role], Accounts]) -> Accounts:
    return accounts_as("editor")


def test_an_issuer_is_registered_changed_and_removed(api: Accounts, client: Client) -> None:
    made = api.call("PUT", "/issuers/keycloak", {"url": URL}, If_None_Match="*")
    assert made.status_code == 200, made.text
    assert (made.json["algorithms"], made.json["scope_claim"]) == (
        ["RS256", "PS256", "ES256", "Ed25519"],
        "scope",
    )
    body = {"url": URL, "consumer_claim": "azp", "jwks_uri": f"{URL}/certs?a=b"}
    changed = api.ok("PUT", "/issuers/keycloak", body, If_Match=made.headers["ETag"])
    assert (changed["consumer_claim"], changed["jwks_uri"]) == ("azp", f"{URL}/certs?a=b")
    assert api.ok("GET", "/issuers")["items"] == [changed]
    assert api.call("DELETE", "/issuers/keycloak", If_Match=made.headers["ETag"]).status_code == 412
    assert api.call("DELETE", "/issuers/keycloak", If_Match="*").status_code == 204
    assert api.call("GET", "/issuers/keycloak").json["code"] == "no-such-issuer"
    assert api.changes(client) == ["issuer keycloak"] * 3


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"url": "http://login.example.com"}, 422),
        ({"url": "https://login.example.com/?a"}, 422),
        ({"url": ""}, 400),
        ({"jwks_uri": "file:///etc/passwd"}, 422),
        ({"scope_claim": ""}, 422),
        ({"algorithms": ["none"]}, 400),
        ({"algorithms": ["HS256"]}, 400),
        ({"algorithms": []}, 400),
    ],
)
def test_what_would_open_a_hole_is_refused(api: Accounts, change: dict[str, Any], status: int) -> None:
    answer = api.call("PUT", "/issuers/a", {"url": URL} | change, If_None_Match="*")
    assert answer.status_code == status, answer.text


def test_two_issuers_cannot_have_one_url(api: Accounts) -> None:
    api.ok("PUT", "/issuers/a", {"url": URL}, If_None_Match="*")
    taken = api.call("PUT", "/issuers/b", {"url": URL}, If_None_Match="*")
    assert (taken.status_code, taken.json["code"]) == (409, "taken")
    api.ok("PUT", "/issuers/a", {"url": URL, "scope_claim": "scp"}, If_Match="*")


def test_only_an_admin_sends_the_api_to_an_address(api: Accounts, client: Client) -> None:
    assert api.call("POST", "/issuer-check", {"url": URL}).status_code == 403
    found = Accounts(client).ok("POST", "/issuer-check", {"url": "http://127.0.0.1:1"})
    assert not found["ok"]
    assert "cannot be fetched" in found["problem"]
