"""Grants: what each gives, to whom, and what it refuses in the words of RFC 6749 §5.2."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from auth.grants.table import GRANTS
from auth.grants.token_exchange import ACCESS_TOKEN, MAX_ACTORS, TokenExchange
from auth.tokens.granted import Granted
from tests.support.auth_server import ISSUER, InProcessAuth, made_client, made_user, now_s
from weir.models.auth.records import OAuthClient
from weir.store.connect import Client

Who = tuple[OAuthClient, str]
EXCHANGE = TokenExchange.GRANT_TYPE


def claims(auth: InProcessAuth, body: Any) -> dict[str, Any]:
    read = auth.services.signing.verify(body["access_token"], "at+jwt")
    assert read is not None
    return read


def refused(response: Any, error: str, status: int = 400) -> bool:
    """RFC 6749 §5.2."""
    assert response.headers["Cache-Control"] == "no-store"
    assert response.content_type == "application/json"
    return (response.status_code, response.json["error"]) == (status, error)


def test_every_grant_has_a_name_of_its_own() -> None:
    names = [grant.GRANT_TYPE for grant in GRANTS]  # type: ignore[attr-defined]
    assert len(set(names)) == len(names)


# Client credentials


@pytest.fixture
def service(client: Client) -> Who:
    return made_client(client, "service", scopes=("read", "write"), audiences=("https://a", "https://b"))


def test_a_client_gets_a_token_for_itself(auth: InProcessAuth, service: Who) -> None:
    response = auth.token(service)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    body = response.json
    assert {name: body[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "read write",
    }
    assert "refresh_token" not in body
    found = claims(auth, body)
    assert (found["sub"], found["client_id"], found["aud"]) == ("service", "service", "https://a")
    assert "sid" not in found


def test_scope_and_resource_narrow_it(auth: InProcessAuth, service: Who) -> None:
    found = claims(auth, auth.token(service, scope="write", resource="https://b").json)
    assert (found["scope"], found["aud"]) == ("write", "https://b")
    several = auth.post(
        "/oauth2/token",
        service,
        [("grant_type", "client_credentials"), ("resource", "https://a"), ("audience", "https://b")],
    )
    assert claims(auth, several.json)["aud"] == ["https://a", "https://b"]


def test_more_than_is_allowed_is_refused(auth: InProcessAuth, service: Who) -> None:
    assert refused(auth.token(service, scope="read admin"), "invalid_scope")
    assert refused(auth.token(service, resource="https://c"), "invalid_target")
    assert refused(auth.token(service, audience=ISSUER), "invalid_target")


def test_a_client_needs_the_grant(auth: InProcessAuth, client: Client) -> None:
    who = made_client(client, "web", grants=("refresh_token",))
    assert refused(auth.token(who), "unauthorized_client")


def test_a_public_client_has_no_credentials(auth: InProcessAuth, client: Client) -> None:
    who = made_client(client, "app", auth="none")
    assert refused(auth.token(who), "invalid_client", 401)


def test_requests_that_say_nothing_or_something_twice_are_refused(auth: InProcessAuth, service: Who) -> None:
    assert refused(auth.post("/oauth2/token", service, {}), "invalid_request")
    assert refused(auth.post("/oauth2/token", service, {"grant_type": "password"}), "unsupported_grant_type")
    twice = [("grant_type", "client_credentials"), ("scope", "read"), ("scope", "write")]
    assert refused(auth.post("/oauth2/token", service, twice), "invalid_request")


def test_parameters_in_the_query_count_for_nothing(auth: InProcessAuth, service: Who) -> None:
    response = auth.post("/oauth2/token?grant_type=client_credentials", service, {})
    assert refused(response, "invalid_request")
    record, secret = service
    query = f"client_id={record.id}&client_secret={secret}"
    form = {"grant_type": "client_credentials"}
    assert refused(auth.call("POST", f"/oauth2/token?{query}", data=form), "invalid_client", 401)


# Refresh


@pytest.fixture
def web(client: Client) -> Who:
    made_user(client, "alice")
    return made_client(
        client,
        "web",
        grants=("authorization_code", "refresh_token"),
        scopes=("read", "write"),
        audiences=("https://a", "https://b"),
    )


def test_a_refresh_token_brings_the_next_pair(auth: InProcessAuth, web: Who) -> None:
    first = auth.refreshable(web[0], auth_time_s=77)
    response = auth.refresh(web, first["refresh_token"])
    assert response.status_code == 200
    body = response.json
    assert body["refresh_token"] != first["refresh_token"]
    before, after = claims(auth, first), claims(auth, body)
    for name in ("sub", "client_id", "aud", "scope", "sid", "auth_time"):
        assert before[name] == after[name]
    assert before["jti"] != after["jti"]


def test_less_may_be_asked_for_and_the_next_time_all_again(auth: InProcessAuth, web: Who) -> None:
    first = auth.refreshable(web[0])
    less = auth.refresh(web, first["refresh_token"], scope="read").json
    assert less["scope"] == "read"
    assert auth.refresh(web, less["refresh_token"]).json["scope"] == "read write"


def test_attack_a_refresh_does_not_widen_scope_or_audience(auth: InProcessAuth, web: Who) -> None:
    token = auth.refreshable(web[0], scopes=("read",), audiences=("https://a",))["refresh_token"]
    assert refused(auth.refresh(web, token, scope="read write"), "invalid_scope")
    assert refused(auth.refresh(web, token, resource="https://b"), "invalid_target")
    assert auth.refresh(web, token).json["scope"] == "read"


def test_a_refused_request_does_not_use_the_token_up(auth: InProcessAuth, web: Who) -> None:
    token = auth.refreshable(web[0])["refresh_token"]
    assert refused(auth.refresh(web, token, scope="admin"), "invalid_scope")
    assert auth.refresh(web, token).status_code == 200


def test_attack_a_used_refresh_token_ends_the_family_and_its_access_tokens(
    auth: InProcessAuth, web: Who
) -> None:
    first = auth.refreshable(web[0])
    second = auth.refresh(web, first["refresh_token"]).json
    assert auth.is_active(web, second["access_token"])
    assert refused(auth.refresh(web, first["refresh_token"]), "invalid_grant")
    assert refused(auth.refresh(web, second["refresh_token"]), "invalid_grant")
    for body in (first, second):
        assert not auth.is_active(web, body["access_token"])
    # Another family of the same person and client goes on.
    other = auth.refreshable(web[0])
    assert auth.refresh(web, other["refresh_token"]).status_code == 200


def test_attack_a_used_refresh_token_ends_the_family_whatever_the_request_asks_for(
    auth: InProcessAuth, web: Who
) -> None:
    first = auth.refreshable(web[0])
    second = auth.refresh(web, first["refresh_token"]).json
    assert refused(auth.refresh(web, first["refresh_token"], scope="admin"), "invalid_grant")
    assert refused(auth.refresh(web, second["refresh_token"]), "invalid_grant")


def test_attack_a_refresh_token_of_another_client_is_refused_and_stays_good(
    auth: InProcessAuth, client: Client, web: Who
) -> None:
    mallory = made_client(client, "mallory", grants=("refresh_token",))
    token = auth.refreshable(web[0])["refresh_token"]
    assert refused(auth.refresh(mallory, token), "invalid_grant")
    assert auth.refresh(web, token).status_code == 200


def test_attack_a_made_up_refresh_token_ends_nothing(auth: InProcessAuth, web: Who) -> None:
    body = auth.refreshable(web[0])
    sid = claims(auth, body)["sid"]
    for made_up in (f"weirr_{sid[:10]}_{'a' * 49}", body["access_token"], "weirr_", "x"):
        assert refused(auth.refresh(web, made_up), "invalid_grant")
    assert auth.refresh(web, body["refresh_token"]).status_code == 200


def test_without_the_token_the_request_is_none(auth: InProcessAuth, web: Who) -> None:
    assert refused(auth.post("/oauth2/token", web, {"grant_type": "refresh_token"}), "invalid_request")


def test_a_user_who_is_gone_or_disabled_gets_no_more(auth: InProcessAuth, web: Who) -> None:
    def of_alice(**fields: Any) -> None:
        kept = auth.services.users.get("alice")
        assert kept is not None
        assert auth.services.users.replace(msgspec.structs.replace(kept.record, **fields), kept.etag)

    first = auth.refreshable(web[0])
    of_alice(scopes=("read",))
    second = auth.refresh(web, first["refresh_token"]).json
    assert second["scope"] == "read"
    of_alice(disabled=True)
    assert refused(auth.refresh(web, second["refresh_token"]), "invalid_grant")
    of_alice(disabled=False)
    assert refused(auth.refresh(web, second["refresh_token"]), "invalid_grant")
    third = auth.refreshable(web[0])
    auth.services.users.remove("alice")
    assert refused(auth.refresh(web, third["refresh_token"]), "invalid_grant")
    assert not auth.is_active(web, third["access_token"])


def test_what_the_client_lost_is_not_refreshed(auth: InProcessAuth, web: Who) -> None:
    token = auth.refreshable(web[0])["refresh_token"]
    kept = auth.services.clients.get("web")
    assert kept is not None
    less = msgspec.structs.replace(kept.record, scopes=("read",))
    auth.services.clients.replace(less, kept.etag)
    body = auth.refresh(web, token).json
    assert body["scope"] == "read"
    kept = auth.services.clients.get("web")
    assert kept is not None
    revoked = msgspec.structs.replace(kept.record, not_before_ms=(now_s() + 60) * 1000)
    auth.services.clients.replace(revoked, kept.etag)
    assert refused(auth.refresh(web, body["refresh_token"]), "invalid_grant")


def test_where_nothing_is_left_nothing_is_refreshed(auth: InProcessAuth, web: Who) -> None:
    for fields in ({"scopes": ()}, {"scopes": ("read",), "audiences": ("https://c",)}):
        token = auth.refreshable(web[0])["refresh_token"]
        kept = auth.services.clients.get("web")
        assert kept is not None
        auth.services.clients.replace(msgspec.structs.replace(kept.record, **fields), kept.etag)
        assert refused(auth.refresh(web, token), "invalid_grant")


# Token exchange


@pytest.fixture
def orders(client: Client) -> Who:
    return made_client(
        client, "orders", grants=(EXCHANGE,), scopes=("read", "pay"), audiences=("https://pay", "https://b")
    )


def exchange(auth: InProcessAuth, who: Who, token: str, **form: str) -> Any:
    fields = {
        "grant_type": EXCHANGE,
        "subject_token": token,
        "subject_token_type": ACCESS_TOKEN,
        **form,
    }
    return auth.post("/oauth2/token", who, {name: value for name, value in fields.items() if value})


def subject(auth: InProcessAuth, record: OAuthClient, **fields: Any) -> str:
    """An access token for whoever stands behind this issuer."""
    given = {"scopes": ("read", "write"), "audiences": (ISSUER,), "subject": "alice", **fields}
    text: str = auth.services.tokens.issue(Granted(client=record, **given))["access_token"]
    return text


def test_a_service_gets_a_token_for_the_next_one_in_the_same_name(
    auth: InProcessAuth, web: Who, orders: Who
) -> None:
    response = exchange(auth, orders, subject(auth, web[0]), audience="https://pay")
    assert response.status_code == 200
    assert response.json["issued_token_type"] == ACCESS_TOKEN
    found = claims(auth, response.json)
    assert (found["sub"], found["client_id"], found["aud"]) == ("alice", "orders", "https://pay")
    assert (found["scope"], found["act"]) == ("read", {"sub": "orders"})


def test_who_acted_before_stands_inside(auth: InProcessAuth, client: Client, web: Who, orders: Who) -> None:
    next_one = made_client(client, "pay", grants=(EXCHANGE,), scopes=("read",), audiences=("https://bank",))
    first = exchange(auth, orders, subject(auth, web[0]), audience="https://b").json["access_token"]
    assert refused(exchange(auth, next_one, first), "invalid_grant")
    own = subject(auth, web[0], audiences=("pay",), act={"sub": "orders"})
    found = claims(auth, exchange(auth, next_one, own).json)
    assert found["act"] == {"sub": "pay", "act": {"sub": "orders"}}


def test_a_chain_of_actors_has_an_end(auth: InProcessAuth, web: Who, orders: Who) -> None:
    act: dict[str, Any] = {"sub": "a"}
    for _ in range(MAX_ACTORS - 2):
        act = {"sub": "a", "act": act}
    assert exchange(auth, orders, subject(auth, web[0], act=act)).status_code == 200
    too_long = {"sub": "a", "act": act}
    assert refused(exchange(auth, orders, subject(auth, web[0], act=too_long)), "invalid_request")


def test_a_client_that_narrows_its_own_token_acts_for_nobody(auth: InProcessAuth, orders: Who) -> None:
    own = subject(auth, orders[0], subject="orders", scopes=("read", "pay"))
    found = claims(auth, exchange(auth, orders, own, scope="pay").json)
    assert "act" not in found
    assert found["scope"] == "pay"


def test_attack_an_exchange_never_brings_more(auth: InProcessAuth, web: Who, orders: Who) -> None:
    token = subject(auth, web[0], ends_s=now_s() + 50)
    assert refused(exchange(auth, orders, token, scope="read write"), "invalid_scope")
    assert refused(exchange(auth, orders, token, scope="pay"), "invalid_scope")
    assert refused(exchange(auth, orders, token, audience="https://a"), "invalid_target")
    body = exchange(auth, orders, token).json
    assert body["expires_in"] <= 50
    assert "refresh_token" not in body


def test_attack_a_token_that_was_meant_for_another_is_not_exchanged(
    auth: InProcessAuth, web: Who, orders: Who
) -> None:
    assert refused(exchange(auth, orders, subject(auth, web[0], audiences=("https://a",))), "invalid_grant")
    assert exchange(auth, orders, subject(auth, web[0], audiences=("orders",))).status_code == 200


def test_an_exchanged_token_ends_with_the_family_it_came_from(
    auth: InProcessAuth, web: Who, orders: Who
) -> None:
    body = auth.refreshable(web[0], audiences=(ISSUER,))
    exchanged = exchange(auth, orders, body["access_token"]).json["access_token"]
    assert auth.is_active(orders, exchanged)
    auth.post("/oauth2/revoke", web, {"token": body["refresh_token"]})
    assert not auth.is_active(orders, exchanged)
    assert refused(exchange(auth, orders, body["access_token"]), "invalid_grant")


@pytest.mark.parametrize(
    "form",
    [
        {"subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"subject_token_type": ""},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        {"actor_token": "x"},
        {"actor_token_type": ACCESS_TOKEN},
    ],
)
def test_other_kinds_of_exchange_are_refused(
    auth: InProcessAuth, web: Who, orders: Who, form: dict[str, str]
) -> None:
    assert refused(exchange(auth, orders, subject(auth, web[0]), **form), "invalid_request")


def test_only_an_access_token_is_exchanged(auth: InProcessAuth, web: Who, orders: Who) -> None:
    for text in (auth.refreshable(web[0])["refresh_token"], "", "x.y.z"):
        response = exchange(auth, orders, text)
        assert response.json["error"] == "invalid_grant"


def test_a_client_needs_the_grant_for_an_exchange(auth: InProcessAuth, web: Who) -> None:
    assert refused(exchange(auth, web, subject(auth, web[0])), "unauthorized_client")
