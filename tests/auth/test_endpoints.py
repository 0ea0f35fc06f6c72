"""Introspection, revocation, registration, metadata, keys, health: what each says, and to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from auth.endpoints.metadata import described, described_openid
from tests.support.auth_server import ISSUER, InProcessAuth, made_client, made_user, now_s
from weir.models.auth.records import InitialToken, OAuthClient
from weir.models.auth.secret_text import new_secret
from weir.store.connect import Client, connect
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.record_kinds import INITIALS
from weir.store.records import Records
from weir.store.revoked import Revoked

Who = tuple[OAuthClient, str]
INACTIVE = {"active": False}


@pytest.fixture
def web(client: Client) -> Who:
    made_user(client, "alice")
    return made_client(
        client, "web", grants=("client_credentials", "refresh_token"), scopes=("read",), audiences=("api",)
    )


def ask(auth: InProcessAuth, who: Who, token: str, **form: str) -> Any:
    return auth.post("/oauth2/introspect", who, {"token": token, **form})


# Introspection


@pytest.mark.parametrize("hint", ["", "access_token", "refresh_token", "nonsense"])
def test_a_client_learns_what_its_token_is(auth: InProcessAuth, web: Who, hint: str) -> None:
    body = auth.refreshable(web[0])
    found = ask(auth, web, body["access_token"], token_type_hint=hint)
    assert found.headers["Cache-Control"] == "no-store"
    answer = found.json
    assert len(answer.pop("jti")) == 22
    assert answer.pop("exp") - answer["iat"] == 600
    assert answer.pop("iat") <= now_s()
    assert answer == {
        "active": True,
        "iss": ISSUER,
        "sub": "alice",
        "username": "alice",
        "aud": "api",
        "client_id": "web",
        "scope": "read",
        "token_type": "Bearer",
    }


def test_a_refresh_token_has_no_type(auth: InProcessAuth, web: Who) -> None:
    answer = ask(auth, web, auth.refreshable(web[0])["refresh_token"]).json
    assert (answer["active"], answer["client_id"], answer["sub"]) == (True, "web", "alice")
    assert not {"token_type", "jti"} & set(answer)


def test_whoever_a_token_is_for_may_ask(auth: InProcessAuth, client: Client, web: Who) -> None:
    body = auth.refreshable(web[0])
    api = made_client(client, "api", auth="client_secret_post")
    assert ask(auth, api, body["access_token"]).json["sub"] == "alice"
    assert ask(auth, api, body["refresh_token"]).json == INACTIVE


def test_attack_a_stranger_learns_nothing(auth: InProcessAuth, client: Client, web: Who) -> None:
    body = auth.refreshable(web[0])
    mallory = made_client(client, "mallory")
    for text in (body["access_token"], body["refresh_token"], "nonsense", "weiro_x"):
        assert ask(auth, mallory, text).json == INACTIVE


def test_attack_introspection_needs_a_client_that_proves_itself(auth: InProcessAuth, client: Client) -> None:
    public = made_client(client, "app", auth="none")
    text = auth.refreshable(public[0])["access_token"]
    response = ask(auth, public, text)
    assert (response.status_code, response.json["error"]) == (401, "invalid_client")
    response = auth.call("POST", "/oauth2/introspect", data={"token": text})
    assert (response.status_code, response.json["error"]) == (401, "invalid_client")
    assert response.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_without_a_token_there_is_nothing_to_say(auth: InProcessAuth, web: Who) -> None:
    for path in ("/oauth2/introspect", "/oauth2/revoke"):
        response = auth.post(path, web, {})
        assert (response.status_code, response.json["error"]) == (400, "invalid_request")


# Revocation


def give_up(auth: InProcessAuth, who: Who, token: str, **form: str) -> int:
    status: int = auth.post("/oauth2/revoke", who, {"token": token, **form}).status_code
    return status


@pytest.mark.parametrize("is_opaque", [False, True])
def test_an_access_token_is_given_up_alone(auth: InProcessAuth, client: Client, is_opaque: bool) -> None:
    made_user(client, "alice")
    who = made_client(client, "web", grants=("refresh_token",), opaque=is_opaque)
    body = auth.refreshable(who[0])
    assert give_up(auth, who, body["access_token"], token_type_hint="refresh_token") == 200
    assert not auth.is_active(who, body["access_token"])
    assert auth.refresh(who, body["refresh_token"]).status_code == 200


@pytest.mark.parametrize("is_opaque", [False, True])
def test_a_refresh_token_is_given_up_with_its_family(
    auth: InProcessAuth, client: Client, is_opaque: bool
) -> None:
    made_user(client, "alice")
    who = made_client(client, "web", grants=("refresh_token",), opaque=is_opaque)
    first = auth.refreshable(who[0])
    second = auth.refresh(who, first["refresh_token"]).json
    assert give_up(auth, who, second["refresh_token"]) == 200
    for text in (first["access_token"], second["access_token"], second["refresh_token"]):
        assert not auth.is_active(who, text)
    assert auth.refresh(who, second["refresh_token"]).json["error"] == "invalid_grant"


def test_nodes_are_told_and_it_is_remembered_until_the_token_would_have_ended(
    auth: InProcessAuth, client: Client, web: Who
) -> None:
    text = auth.token(web).json["access_token"]
    jti = ask(auth, web, text).json["jti"]
    give_up(auth, web, text)
    entries = Feed(client, Keys("test")).poll(0).entries
    assert ("revoked", jti) in {(each.topic, each.id) for each in entries}
    assert Revoked(client, Keys("test")).ends([jti])[jti] > now_s() + 600


def test_what_is_unknown_is_answered_all_the_same(auth: InProcessAuth, web: Who) -> None:
    body = auth.refreshable(web[0])
    for text in (body["access_token"], body["access_token"], "nonsense", "weirr_x", "weiro_x"):
        assert give_up(auth, web, text) == 200


def test_attack_another_client_s_token_is_not_given_up(auth: InProcessAuth, client: Client, web: Who) -> None:
    mallory = made_client(client, "mallory")
    body = auth.refreshable(web[0])
    for text in (body["access_token"], body["refresh_token"]):
        response = auth.post("/oauth2/revoke", mallory, {"token": text})
        assert (response.status_code, response.json["error"]) == (400, "invalid_grant")
        assert auth.is_active(web, text)


def test_a_public_client_gives_up_its_own(auth: InProcessAuth, client: Client) -> None:
    who = made_client(client, "app", auth="none", grants=("refresh_token",))
    body = auth.refreshable(who[0])
    assert give_up(auth, who, body["refresh_token"]) == 200
    assert auth.services.reader.read(body["access_token"]) is None


def test_where_too_much_is_revoked_it_says_so(
    auth: InProcessAuth, web: Who, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weir.store.revoked.MAX_REVOKED", 0)
    response = auth.post("/oauth2/revoke", web, {"token": auth.token(web).json["access_token"]})
    assert (response.status_code, response.json["error"]) == (503, "temporarily_unavailable")


# Registration


def initial(client: Client, **fields: Any) -> str:
    secret = new_secret("weiri")
    record = InitialToken(id=secret.id, hash=secret.hash(), created_ms=1, scopes=("read",), **fields)
    assert Records(client, Keys("test"), INITIALS).create(record) == "created"
    return secret.text()


def register(auth: InProcessAuth, token: str, **fields: Any) -> Any:
    body = {"redirect_uris": ["https://app.example.com/cb"], "client_name": "App", **fields}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return auth.call("POST", "/oauth2/register", json=body, headers=headers)


def test_a_client_registers_itself_and_works(auth: InProcessAuth, client: Client) -> None:
    token = initial(client)
    response = register(auth, token, grant_types=["client_credentials"], redirect_uris=[])
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    found = response.json
    assert found["client_secret_expires_at"] == 0
    kept = auth.services.clients.get(found["client_id"])
    assert kept is not None
    assert kept.record.created_by.startswith("initial token ")
    got = auth.token((kept.record, found["client_secret"]), scope="read")
    assert got.status_code == 200
    again = register(auth, token)
    assert (again.status_code, again.json["error"]) == (401, "invalid_token")


def test_a_public_client_gets_no_secret(auth: InProcessAuth, client: Client) -> None:
    found = register(auth, initial(client), token_endpoint_auth_method="none").json
    assert "client_secret" not in found
    assert found["token_endpoint_auth_method"] == "none"


@pytest.mark.parametrize("fields", [{"left": 0}, {"disabled": True}, {"expires_ms": 1}])
def test_attack_a_token_that_is_used_up_registers_nobody(
    auth: InProcessAuth, client: Client, fields: dict[str, Any]
) -> None:
    response = register(auth, initial(client, **fields))
    assert (response.status_code, response.json["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    assert auth.services.clients.count() == 0


def test_attack_registration_needs_an_initial_token(auth: InProcessAuth, client: Client) -> None:
    good = initial(client)
    forged = new_secret("weiri")._replace(id=good.split("_")[1]).text()
    for token in ("", "x", forged, new_secret("weiri").text(), new_secret("weir").text()):
        assert register(auth, token).status_code == 401
    assert auth.services.clients.count() == 0


def test_a_refused_registration_costs_nothing(auth: InProcessAuth, client: Client) -> None:
    token = initial(client)
    for fields, error in (
        ({"redirect_uris": ["http://evil.example/"]}, "invalid_redirect_uri"),
        ({"scope": "admin"}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
    ):
        response = register(auth, token, **fields)
        assert (response.status_code, response.json["error"]) == (400, error)
    assert register(auth, token).status_code == 201


def test_a_form_is_no_registration(auth: InProcessAuth, client: Client) -> None:
    headers = {"Authorization": f"Bearer {initial(client)}"}
    response = auth.call("POST", "/oauth2/register", data={"client_name": "x"}, headers=headers)
    assert (response.status_code, response.json["error"]) == (400, "invalid_client_metadata")


# Metadata and keys


def test_the_metadata_says_what_there_is_and_nothing_else(auth: InProcessAuth) -> None:
    response = auth.get("/.well-known/oauth-authorization-server")
    found = response.json
    assert "max-age" in response.headers["Cache-Control"]
    AuthorizationServerMetadata(found).validate()
    assert found["issuer"] == ISSUER
    served = {rule.rule for rule in auth.app.url_map.iter_rules()}
    for name, value in found.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.removeprefix(ISSUER) in served
    assert set(found["grant_types_supported"]) >= {"client_credentials", "refresh_token"}
    assert found["token_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "none",
    ]


def test_what_is_not_served_is_not_said() -> None:
    bare = described(ISSUER, frozenset({"/oauth2/token"}), ("client_credentials",))
    assert [name for name in bare if name.endswith("_endpoint")] == ["token_endpoint"]
    assert bare["response_types_supported"] == []
    assert "code_challenge_methods_supported" not in bare
    full = described(ISSUER, frozenset({"/oauth2/token", "/oauth2/authorize"}), ("authorization_code",))
    assert full["code_challenge_methods_supported"] == ["S256"]
    openid = described_openid(ISSUER, frozenset({"/oauth2/userinfo"}), ("ES256",))
    assert (openid["userinfo_endpoint"], openid["subject_types_supported"]) == (
        f"{ISSUER}/oauth2/userinfo",
        ["public"],
    )


def test_the_keys_are_public_and_may_be_kept(auth: InProcessAuth, web: Who) -> None:
    text = auth.token(web).json["access_token"]
    response = auth.get("/oauth2/jwks")
    assert response.content_type == "application/jwk-set+json"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    (key,) = json.loads(response.data)["keys"]
    assert "d" not in key
    assert text


def test_health_needs_nothing_and_readiness_a_store(auth: InProcessAuth) -> None:
    away = InProcessAuth(connect("redis://127.0.0.1:1"))
    assert auth.get("/healthz", headers={"Host": "10.1.2.3"}).text == "ok\n"
    assert auth.get("/readyz", headers={"Host": "10.1.2.3"}).status_code == 200
    assert away.get("/healthz").status_code == 200
    assert away.get("/readyz").status_code == 503
