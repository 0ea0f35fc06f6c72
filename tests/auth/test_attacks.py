"""Attacks on the proof of who a client is, over HTTP; those on tokens stand with their grants and endpoints."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from auth.clients import authenticate
from auth.clients.shown import ASSERTION_TYPE
from tests.support.auth_server import FORM, ISSUER, InProcessAuth, body_of, hs256, made_client
from weir.models.auth.records import Consumer, OAuthClient
from weir.models.auth.secret_text import new_secret
from weir.store.connect import Client

Who = tuple[OAuthClient, str]
KEY = ECKey.generate_key("P-256", {"kid": "k1"})


@pytest.fixture
def signer(client: Client) -> Who:
    jwks = json.dumps({"keys": [KEY.as_dict(private=False)]})
    return made_client(client, "signer", auth="private_key_jwt", jwks=jwks, grants=("client_credentials",))


def assertion(key: Any = KEY, alg: str = "ES256", client_id: str = "signer", **changed: Any) -> str:
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": ISSUER,
        "exp": int(time.time()) + 60,
        "jti": new_secret("weir").secret,
        **changed,
    }
    return jwt.encode({"alg": alg, "kid": "k1"}, claims, key, algorithms=[alg])


def shown(auth: InProcessAuth, text: str, **form: str) -> Any:
    fields = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": text,
        **form,
    }
    return auth.call("POST", "/oauth2/token", data=body_of(list(fields.items())), content_type=FORM)


def is_unknown(response: Any) -> bool:
    challenge = response.headers.get("WWW-Authenticate", "")
    return (response.status_code, response.json["error"], challenge[:5]) == (401, "invalid_client", "Basic")


def test_a_signature_is_a_proof(auth: InProcessAuth, signer: Who) -> None:
    assert shown(auth, assertion()).status_code == 200
    assert shown(auth, assertion(aud=f"{ISSUER}/oauth2/token"), client_id="signer").status_code == 200
    form = {"client_assertion_type": ASSERTION_TYPE, "token": "x"}
    for path in ("/oauth2/introspect", "/oauth2/revoke"):
        form["client_assertion"] = assertion(aud=ISSUER + path)
        response = auth.call("POST", path, data=body_of(list(form.items())), content_type=FORM)
        assert response.status_code == 200


def test_attack_an_assertion_is_good_once(auth: InProcessAuth, signer: Who) -> None:
    text = assertion()
    assert shown(auth, text).status_code == 200
    assert is_unknown(shown(auth, text))
    assert is_unknown(shown(InProcessAuth(auth.store, ring=auth.ring), text))


def test_attack_an_assertion_is_from_whom_it_says(auth: InProcessAuth, client: Client, signer: Who) -> None:
    made_client(client, "victim", auth="private_key_jwt", jwks=json.dumps({"keys": []}))
    made_client(client, "other")
    for text, form in (
        (assertion(client_id="victim"), {}),
        (assertion(client_id="other"), {}),
        (assertion(client_id="nobody"), {}),
        (assertion(), {"client_id": "other"}),
        (assertion(iss="other"), {}),
        (assertion(aud="https://evil.example"), {}),
        (assertion(ECKey.generate_key("P-256")), {}),
        ("x.y.z", {}),
    ):
        assert is_unknown(shown(auth, text, **form))


def test_attack_the_public_key_is_no_shared_secret(auth: InProcessAuth, signer: Who) -> None:
    claims = {"iss": "signer", "sub": "signer", "aud": ISSUER, "exp": int(time.time()) + 60, "jti": "j1"}
    for secret in (KEY.as_pem(private=False), json.dumps(KEY.as_dict(private=False)).encode()):
        assert is_unknown(shown(auth, hs256({"kid": "k1"}, claims, secret)))


@pytest.mark.parametrize("registered", ["private_key_jwt", "client_secret_post", "client_secret_basic"])
def test_attack_no_client_proves_itself_in_a_weaker_way(
    auth: InProcessAuth, client: Client, registered: Any
) -> None:
    """Not with its name alone, nor with another way than the one that it is registered for."""
    jwks = json.dumps({"keys": [KEY.as_dict(private=False)]}) if registered == "private_key_jwt" else ""
    record, secret = made_client(client, "web", auth=registered, jwks=jwks)
    grant = ("grant_type", "client_credentials")
    name = ("client_id", "web")
    tries: list[tuple[list[tuple[str, str]], dict[str, str]]] = [
        ([grant, name], {}),
        ([grant, name, ("client_secret", "")], {}),
    ]
    if registered != "client_secret_post":
        tries.append(([grant, name, ("client_secret", secret or "x")], {}))
    if registered != "client_secret_basic":
        text = base64.b64encode(f"web:{secret}".encode()).decode()
        tries.append(([grant], {"Authorization": f"Basic {text}"}))
    for fields, headers in tries:
        response = auth.call(
            "POST", "/oauth2/token", data=body_of(fields), content_type=FORM, headers=headers
        )
        assert is_unknown(response), fields
    assert record.auth == registered


def test_who_knows_the_secret_is_told_how_to_send_it(auth: InProcessAuth, client: Client) -> None:
    record, secret = made_client(client, "web", auth="client_secret_post")
    form = {"grant_type": "client_credentials"}
    right = base64.b64encode(f"web:{secret}".encode()).decode()
    wrong = base64.b64encode(b"web:wrong").decode()
    for text, said in ((right, True), (wrong, False)):
        response = auth.call("POST", "/oauth2/token", data=form, headers={"Authorization": f"Basic {text}"})
        assert is_unknown(response)
        assert ("client_secret_post" in response.json["error_description"]) is said
    assert record.hash


def test_attack_two_proofs_at_once_are_refused(auth: InProcessAuth, client: Client) -> None:
    web, other = made_client(client, "web"), made_client(client, "other", auth="client_secret_post")
    response = auth.post(
        "/oauth2/token",
        web,
        {"grant_type": "client_credentials", "client_id": "other", "client_secret": other[1]},
    )
    assert (response.status_code, response.json["error"]) == (400, "invalid_request")


def test_wrong_and_unknown_clients_look_alike(auth: InProcessAuth, client: Client) -> None:
    record, _ = made_client(client, "web")
    nobody = OAuthClient(id="nobody", name="nobody", created_ms=1)
    answers = [auth.token((each, new_secret("weirc").text())) for each in (record, nobody)]
    assert answers[0].data == answers[1].data
    assert all(is_unknown(answer) for answer in answers)
    for name in ("é", "a\x00b", "\x7f", "x" * 300):
        strange = OAuthClient(id=name, name=name, created_ms=1, auth="client_secret_post")
        assert is_unknown(auth.token((strange, "x")))


def test_a_disabled_client_and_one_of_a_disabled_consumer_get_nothing(
    auth: InProcessAuth, client: Client
) -> None:
    auth.services.consumers.create(Consumer(name="acme", created_ms=1, disabled=True))
    for who in (made_client(client, "a", disabled=True), made_client(client, "b", consumer="acme")):
        assert is_unknown(auth.token(who))


def test_attack_guessing_is_answered_429_and_a_right_secret_still_passes(
    auth: InProcessAuth, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticate, "MOST_OF_ADDRESS", 3)
    record, secret = made_client(client, "web")
    wrong = (record, new_secret("weirc").text())
    assert [auth.token(wrong).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    refused = auth.token(wrong)
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Cache-Control"] == "no-store"
    assert auth.token((record, secret)).status_code == 200


def test_attack_guesses_at_one_client_from_many_addresses_are_counted_together(
    auth: InProcessAuth, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticate, "MOST_OF_CLIENT", 3)
    record, _ = made_client(client, "web")
    wrong = (record, new_secret("weirc").text())
    statuses = [
        auth.post(
            "/oauth2/token",
            wrong,
            {"grant_type": "client_credentials"},
            environ_overrides={"REMOTE_ADDR": f"10.0.0.{number}"},
        ).status_code
        for number in range(5)
    ]
    assert statuses == [401, 401, 401, 429, 429]


def test_guesses_at_clients_that_do_not_exist_leave_one_count(
    auth: InProcessAuth, client: Client, store: Any
) -> None:
    for number in range(5):
        nobody = OAuthClient(id=f"n{number}", name="n", created_ms=1)
        auth.token((nobody, "x"))
    assert len(list(store.admin().scan_iter("*client-failures*"))) == 1
