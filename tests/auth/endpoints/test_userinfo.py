"""Who signed in, for the bearer of an access token."""

from __future__ import annotations

import pytest

from tests.support.people import Application, Visitor, World


@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid", {"sub": "alice"}),
        ("openid profile", {"sub": "alice", "name": "Alice", "preferred_username": "alice"}),
        ("openid email", {"sub": "alice", "email": "alice@example.com", "email_verified": False}),
    ],
)
def test_a_scope_shows_its_claims(
    web: Application, alice: Visitor, scope: str, claims: dict[str, object]
) -> None:
    token = web.exchange(web.code(alice, scope=scope)).json()["access_token"]
    assert web.userinfo(token).json() == claims
    assert web.http.post("/oauth2/userinfo", data={"access_token": token}).json() == claims


def test_without_a_token_the_way_is_told(web: Application) -> None:
    answer = web.http.get("/oauth2/userinfo")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="weir"')
    wrong = web.userinfo("x")
    assert wrong.status_code == 401
    assert 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]


def test_a_token_in_the_query_or_in_two_places_is_not_taken(web: Application, alice: Visitor) -> None:
    token = web.exchange(web.code(alice)).json()["access_token"]
    assert web.http.get("/oauth2/userinfo", params={"access_token": token}).status_code == 401
    both = web.http.post(
        "/oauth2/userinfo", data={"access_token": token}, headers={"Authorization": f"Bearer {token}"}
    )
    assert both.json()["error"] == "invalid_request"


def test_a_token_without_openid_shows_nobody(web: Application, alice: Visitor) -> None:
    token = web.exchange(web.code(alice, scope="orders:read")).json()["access_token"]
    answer = web.userinfo(token)
    assert answer.status_code == 403
    assert 'error="insufficient_scope", scope="openid"' in answer.headers["WWW-Authenticate"]


def test_an_application_that_is_called_like_a_person_is_not_that_person(world: World) -> None:
    world.users.remove("alice")
    world.user("alice")
    named = world.application(
        "alice", secret=True, grants=("client_credentials",), scopes=("openid", "email")
    )
    token = named.token(grant_type="client_credentials").json()["access_token"]
    assert named.userinfo(token).status_code == 401


def test_refresh_and_id_tokens_are_no_access_tokens(web: Application, alice: Visitor) -> None:
    tokens = web.exchange(web.code(alice)).json()
    assert web.userinfo(tokens["refresh_token"]).status_code == 401
    assert web.userinfo(tokens["id_token"]).status_code == 401


def test_a_disabled_person_is_not_shown(world: World, web: Application, alice: Visitor) -> None:
    token = web.exchange(web.code(alice)).json()["access_token"]
    world.change_user("alice", disabled=True)
    assert web.userinfo(token).status_code == 401
