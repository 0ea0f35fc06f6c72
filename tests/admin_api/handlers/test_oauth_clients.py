"""OAuth clients and the initial tokens with which they register themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.accounts import Accounts
from weir.api.operation import Role
from weir.models.auth.secret_text import hash_of, read_secret
from weir.store.connect import Client

KEY = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN"}
SPA = {
    "client_name": "Shop",
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code", "refresh_token"],
    "redirect_uris": ["https://shop.example.com/callback"],
    "scope": "orders:read openid",
}


@pytest.fixture
def api(accounts_as: Callable[[Role], Accounts]) -> Accounts:
    return accounts_as("editor")


def test_a_client_is_registered_with_a_secret_that_is_shown_once(api: Accounts) -> None:
    made = api.ok("POST", "/oauth-clients", {"client_name": "Nightly", "scope": "orders:read"})
    client, secret = made["client"], made["client_secret"]
    parts = read_secret("weirc", secret)
    assert parts is not None
    assert parts.id == client["client_id"]
    assert (client["grant_types"], client["scope"]) == (["client_credentials"], "orders:read")
    assert client["has_secret"]
    shown = api.call("GET", f"/oauth-clients/{parts.id}")
    assert shown.json == client
    assert "secret" not in shown.text.replace("has_secret", "").replace("client_secret_basic", "")
    kept = api.services.accounts.oauth_clients.get(parts.id)
    assert kept is not None
    assert kept.record.hash == hash_of(secret)
    assert secret not in repr(api.noted)


def test_a_public_client_and_one_with_keys_have_no_secret(api: Accounts) -> None:
    public = api.ok("POST", "/oauth-clients", SPA)
    assert (public["client_secret"], public["client"]["has_secret"]) == ("", False)
    signing = {"client_name": "S", "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY]}}
    made = api.ok("POST", "/oauth-clients", signing)
    assert (made["client_secret"], made["client"]["jwks"]) == ("", {"keys": [KEY]})
    for one in (public, made):
        refused = api.call("POST", f"/oauth-clients/{one['client']['client_id']}/rotate-secret")
        assert (refused.status_code, refused.json["code"]) == (409, "no-secret")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"redirect_uris": []}, "invalid-redirect-uri"),
        ({"redirect_uris": ["http://shop.example.com/"]}, "invalid-redirect-uri"),
        ({"redirect_uris": ["https://shop.example.com/#x"]}, "invalid-redirect-uri"),
        ({"redirect_uris": ["https://*.example.com/"]}, "invalid-redirect-uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid-redirect-uri"),
        ({"post_logout_redirect_uris": ["http://shop.example.com/"]}, "invalid-redirect-uri"),
        ({"grant_types": ["authorization_code", "client_credentials"]}, "invalid-grants"),
        (
            {"grant_types": ["refresh_token"], "token_endpoint_auth_method": "client_secret_basic"},
            "invalid-grants",
        ),
        ({"jwks": {"keys": [KEY]}}, "invalid-jwks"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid-jwks"),
        (
            {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY | {"d": "x"}]}},
            "invalid-jwks",
        ),
        ({"scope": " ".join(f"s{number}" for number in range(33))}, "invalid-scope"),
        ({"consumer": "nobody"}, "no-such-consumer"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_its_place(
    api: Accounts, change: dict[str, Any], code: str
) -> None:
    answer = api.call("POST", "/oauth-clients", SPA | change)
    assert (answer.status_code, answer.json["code"]) == (422, code), answer.text
    assert answer.json["errors"][0]["path"]


@pytest.mark.parametrize(
    "change",
    [
        {"grant_types": ["password"]},
        {"grant_types": []},
        {"scope": "a  b"},
        {"scope": 'a"'},
        {"access_s": 59},
    ],
)
def test_what_has_another_shape_is_refused(api: Accounts, change: dict[str, Any]) -> None:
    assert api.call("POST", "/oauth-clients", SPA | change).status_code == 400


def test_a_client_is_changed_but_for_how_it_authenticates(api: Accounts) -> None:
    api.consumer("alice")
    made = api.ok("POST", "/oauth-clients", SPA)["client"]
    path = f"/oauth-clients/{made['client_id']}"
    changed = api.ok("PUT", path, SPA | {"consumer": "alice", "opaque": True}, If_Match=f'"{made["etag"]}"')
    assert (changed["consumer"], changed["opaque"]) == ("alice", True)
    assert changed["created_ms"] == made["created_ms"]
    assert api.call("PUT", path, SPA, If_Match=f'"{made["etag"]}"').status_code == 412
    fixed = api.call("PUT", path, SPA | {"token_endpoint_auth_method": "client_secret_post"}, If_Match="*")
    assert (fixed.status_code, fixed.json["code"]) == (422, "fixed")
    assert api.call("PUT", path, SPA | {"consumer": "bob"}, If_Match="*").json["code"] == "no-such-consumer"
    assert api.call("PUT", "/oauth-clients/new", SPA, If_None_Match="*").status_code == 404


def test_clients_are_listed_by_consumer_and_text(api: Accounts) -> None:
    api.consumer("alice")
    one = api.ok("POST", "/oauth-clients", SPA | {"consumer": "alice"})["client"]["client_id"]
    two = api.ok("POST", "/oauth-clients", SPA | {"client_name": "Desk"})["client"]["client_id"]

    def ids(query: str) -> set[str]:
        return {each["client_id"] for each in api.ok("GET", f"/oauth-clients?{query}")["items"]}

    assert ids("") == {one, two}
    assert ids("consumer=alice") == {one}
    assert ids("q=DESK") == {two}
    assert ids("consumer=alice&q=desk") == set()


def test_a_secret_is_rotated_with_an_overlap(api: Accounts) -> None:
    made = api.ok("POST", "/oauth-clients", {"client_name": "Nightly"})
    identity = made["client"]["client_id"]
    new = api.ok("POST", f"/oauth-clients/{identity}/rotate-secret", {"overlap_s": 3600})
    kept = api.services.accounts.oauth_clients.get(identity)
    assert kept is not None
    assert (kept.record.hash, kept.record.previous_hash) == (
        hash_of(new["client_secret"]),
        hash_of(made["client_secret"]),
    )
    assert new["client"]["previous_until_ms"] == kept.record.previous_until_ms > 0
    last = api.ok("POST", f"/oauth-clients/{identity}/rotate-secret")
    assert last["client"]["previous_until_ms"] == 0
    again = api.services.accounts.oauth_clients.get(identity)
    assert again is not None
    assert again.record.previous_hash == ""


def test_all_tokens_of_a_client_are_revoked_by_a_time(api: Accounts, client: Client) -> None:
    made = api.ok("POST", "/oauth-clients", SPA)["client"]
    path = f"/oauth-clients/{made['client_id']}"
    first = api.ok("POST", f"{path}/revoke-tokens")["not_before_ms"]
    assert first >= made["created_ms"]
    assert api.ok("GET", path)["not_before_ms"] == first
    assert api.ok("POST", f"{path}/revoke-tokens")["not_before_ms"] >= first
    assert f"credential client:{made['client_id']}" in api.changes(client)
    assert api.call("DELETE", path, If_Match="*").status_code == 204
    assert api.call("POST", f"{path}/revoke-tokens").json["code"] == "no-such-oauth-client"


def test_an_initial_token_is_shown_once_listed_and_revoked(api: Accounts) -> None:
    made = api.ok("POST", "/initial-tokens", {"name": "partner", "left": 3, "scopes": ["read"]})
    token, parts = made["token"], read_secret("weiri", made["secret"])
    assert parts is not None
    assert (token["id"], token["left"], token["scopes"]) == (parts.id, 3, ["read"])
    assert token["expires_ms"] - token["created_ms"] == 86_400_000
    assert api.ok("GET", "/initial-tokens")["items"] == [token]
    assert made["secret"] not in repr(api.noted)
    assert api.call("DELETE", f"/initial-tokens/{token['id']}").status_code == 204
    assert api.call("DELETE", f"/initial-tokens/{token['id']}").json["code"] == "no-such-initial-token"
    assert api.ok("POST", "/initial-tokens")["token"]["left"] == 1
    for body in ({"left": 0}, {"left": 1001}, {"expires_in_s": 59}):
        assert api.call("POST", "/initial-tokens", body).status_code == 400
