"""A code becomes tokens: once, for whom it was made, with the proof of who asked for it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from auth.grants.authorization_code import is_proven
from auth.tokens.id_token import half_hash
from tests.support.people import CALLBACK, ORIGIN, Application, Visitor, World, pkce
from weir.models.auth.secret_text import hash_of

LOCAL = "http://127.0.0.1/cb"


def error_of(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.json()["error"])


def is_good(web: Application, tokens: dict[str, str]) -> bool:
    return web.userinfo(tokens["access_token"]).status_code == 200


def test_a_code_brings_tokens(web: Application, alice: Visitor) -> None:
    answer = web.exchange(web.code(alice))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert (body["token_type"], body["scope"]) == ("Bearer", "openid orders:read")
    assert is_good(web, body)


def test_the_id_token_says_who_when_and_for_whom(web: Application, alice: Visitor) -> None:
    code = web.code(alice, nonce="n-1", scope="openid profile email")
    body = web.exchange(code).json()
    keys = KeySet.import_key_set(web.http.get("/oauth2/jwks").json())
    token = jwt.decode(body["id_token"], keys, algorithms=["ES256"])
    assert token.header["typ"] == "JWT"
    claims = token.claims
    assert {name: claims[name] for name in ("iss", "sub", "aud", "nonce", "amr")} == {
        "iss": ORIGIN,
        "sub": "alice",
        "aud": "web",
        "nonce": "n-1",
        "amr": ["pwd"],
    }
    assert (claims["name"], claims["email"], claims["email_verified"]) == (
        "Alice",
        "alice@example.com",
        False,
    )
    assert claims["at_hash"] == half_hash(body["access_token"])
    assert claims["c_hash"] == half_hash(code)
    assert claims["auth_time"] <= claims["iat"] <= time.time() < claims["exp"]
    access = jwt.decode(body["access_token"], keys, algorithms=["ES256"]).claims
    assert len(claims["sid"]) == 22
    assert claims["sid"] != access["sid"], "the session is one thing, the family of tokens another"
    assert claims["sid"] not in alice.http.cookies.values()


def test_without_openid_there_is_no_id_token_and_without_the_grant_no_refresh_token(
    world: World, alice: Visitor
) -> None:
    plain = world.application("plain", grants=("authorization_code",))
    body = plain.exchange(plain.code(alice, scope="orders:read")).json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}


def test_the_half_hash_is_that_of_the_specification() -> None:
    """OIDC Core, appendix A.3 and A.6."""
    assert half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
    assert half_hash("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk") == "LDktKdoQak3Pk0cnXxCltA"


def test_the_proof_is_that_of_the_specification() -> None:
    """RFC 7636, appendix B."""
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert is_proven("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge)
    assert not is_proven(challenge, challenge), "plain is not S256"
    for wrong in ("", "a" * 42, "a" * 129, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\n", "é" * 43):
        assert not is_proven(wrong, challenge)


@pytest.mark.parametrize("verifier", ["", "x", "a" * 43, "challenge"])
def test_pkce_cannot_be_got_around(web: Application, alice: Visitor, verifier: str) -> None:
    """PKCE downgrade: the second half. None, malformed, wrong, and the challenge itself as if it were ``plain``."""
    shown = web.pkce.challenge if verifier == "challenge" else verifier
    code = web.code(alice)
    expected = "invalid_request" if not shown else "invalid_grant"
    assert error_of(web.exchange(code, code_verifier=shown or None)) == expected


def test_pkce_is_asked_of_who_has_a_secret_too(world: World, alice: Visitor) -> None:
    server = world.application("server", secret=True)
    assert error_of(server.exchange(server.code(alice), code_verifier=None)) == "invalid_request"
    assert error_of(server.exchange(server.code(alice), code_verifier=pkce().verifier)) == "invalid_grant"
    assert server.exchange(server.code(alice)).status_code == 200


def test_a_code_that_was_shown_with_a_wrong_proof_is_used_up(web: Application, alice: Visitor) -> None:
    code = web.code(alice)
    assert error_of(web.exchange(code, code_verifier=pkce().verifier)) == "invalid_grant"
    assert error_of(web.exchange(code)) == "invalid_grant"


def test_a_code_that_is_replayed_revokes_what_it_brought(web: Application, alice: Visitor) -> None:
    code = web.code(alice)
    tokens = web.exchange(code).json()
    assert is_good(web, tokens)
    assert error_of(web.exchange(code)) == "invalid_grant"
    assert not is_good(web, tokens)
    again = web.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert error_of(again) == "invalid_grant"


def test_a_replay_revokes_access_tokens_without_a_refresh_token_too(world: World, alice: Visitor) -> None:
    plain = world.application("plain", grants=("authorization_code",))
    code = plain.code(alice)
    tokens = plain.exchange(code).json()
    assert is_good(plain, tokens)
    plain.exchange(code)
    assert not is_good(plain, tokens)


def test_a_replay_by_another_client_revokes_as_well(world: World, web: Application, alice: Visitor) -> None:
    mallory = world.application("mallory")
    code = web.code(alice)
    tokens = web.exchange(code).json()
    assert error_of(mallory.exchange(code)) == "invalid_grant"
    assert not is_good(web, tokens)


def test_a_replay_while_the_tokens_are_made_leaves_none(
    world: World, web: Application, alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between taking the code and answering, somebody else shows it."""
    assert world.services is not None
    code, tokens = web.code(alice), world.services.tokens
    issue, made = tokens.issue, []

    def disturbed(*arguments: object, **named: object) -> dict[str, str]:
        body: dict[str, str] = issue(*arguments, **named)  # type: ignore[arg-type]
        made.append(body)
        assert world.services is not None
        assert world.services.people.codes.take(code, "thief") is not None
        return body

    monkeypatch.setattr(tokens, "issue", disturbed)
    assert error_of(web.exchange(code)) == "invalid_grant"
    assert len(made) == 1
    assert not is_good(web, made[0])
    monkeypatch.undo()
    again = web.token(grant_type="refresh_token", refresh_token=made[0]["refresh_token"])
    assert error_of(again) == "invalid_grant"


def test_the_code_of_another_client_brings_nothing(world: World, web: Application, alice: Visitor) -> None:
    """Token substitution: mallory's application has got hold of a code of alice's."""
    mallory = world.application("mallory", secret=True)
    code = web.code(alice)
    assert error_of(mallory.exchange(code, code_verifier=web.pkce.verifier)) == "invalid_grant"
    assert error_of(web.exchange(code)) == "invalid_grant", "and is worth nothing any more"


@pytest.mark.parametrize(
    "uri", [None, CALLBACK + "/", CALLBACK + "?x", CALLBACK.upper(), "https://evil.example/"]
)
def test_the_address_is_that_of_the_request(web: Application, alice: Visitor, uri: str | None) -> None:
    assert error_of(web.exchange(web.code(alice), redirect_uri=uri)) == "invalid_grant"


def test_an_address_that_was_left_out_may_be_left_out_again(web: Application, alice: Visitor) -> None:
    assert web.exchange(web.code(alice, redirect_uri=None), redirect_uri=None).status_code == 200
    assert web.exchange(web.code(alice, redirect_uri=None)).status_code == 200
    wrong = web.exchange(web.code(alice, redirect_uri=None), redirect_uri="https://evil.example/")
    assert error_of(wrong) == "invalid_grant"


def test_the_port_of_a_program_on_the_machine_is_that_of_the_request(world: World, alice: Visitor) -> None:
    tool = world.application("tool", redirect_uris=(LOCAL,))
    asked = "http://127.0.0.1:49152/cb"
    assert tool.exchange(tool.code(alice, redirect_uri=asked), redirect_uri=asked).status_code == 200
    assert (
        error_of(tool.exchange(tool.code(alice, redirect_uri=asked), redirect_uri=LOCAL)) == "invalid_grant"
    )


@pytest.mark.parametrize("code", [None, "", "x" * 43, "x" * 5000, "\u2603"])
def test_what_is_no_code_brings_nothing(web: Application, code: str | None) -> None:
    expected = "invalid_grant" if code else "invalid_request"
    assert error_of(web.exchange(code)) == expected


def test_a_code_is_good_for_a_minute(world: World, web: Application, alice: Visitor) -> None:
    code = web.code(alice)
    world.store.call("ZINCRBY", world.keys.oauth_codes_made(), -60_001, hash_of(code))
    assert error_of(web.exchange(code)) == "invalid_grant"


def test_a_code_ends_with_the_session_and_with_the_person(
    world: World, web: Application, alice: Visitor
) -> None:
    code = web.code(alice)
    assert world.services is not None
    world.services.people.logins.end_all("alice")
    assert error_of(web.exchange(code)) == "invalid_grant"
    code = web.code(alice)
    world.change_user("alice", disabled=True)
    assert error_of(web.exchange(code)) == "invalid_grant"


def test_what_client_and_person_lost_meanwhile_is_not_given(
    world: World, web: Application, alice: Visitor
) -> None:
    code = web.code(alice, scope="openid orders:read orders:write")
    world.change_client("web", scopes=("openid", "orders:read"))
    world.change_user("alice", scopes=("orders:read", "orders:write"))
    assert web.exchange(code).json()["scope"] == "orders:read"
    world.change_client("web", grants=("refresh_token",))
    assert error_of(web.exchange("x")) == "unauthorized_client"


def test_the_tokens_are_for_whom_the_person_was_asked(world: World, alice: Visitor) -> None:
    audiences = ("https://a.example", "https://b.example")
    server = world.application("server", secret=True, audiences=audiences, grants=("authorization_code",))
    code = server.code(alice, resource="https://a.example")
    assert error_of(server.exchange(code, resource="https://b.example")) == "invalid_target"
    code = server.code(alice, resource="https://b.example")
    token = server.exchange(code).json()["access_token"]
    keys = KeySet.import_key_set(server.http.get("/oauth2/jwks").json())
    assert jwt.decode(token, keys, algorithms=["ES256"]).claims["aud"] == "https://b.example"


def test_revoking_all_that_a_client_has_revokes_its_codes(
    world: World, web: Application, alice: Visitor
) -> None:
    code = web.code(alice)
    world.change_client("web", not_before_ms=world.clients.now_ms() + 1)
    assert error_of(web.exchange(code)) == "invalid_grant"


def test_a_consumer_that_is_disabled_gets_nothing(world: World, web: Application, alice: Visitor) -> None:
    code = web.code(alice)
    world.change_client("web", disabled=True)
    answer = web.exchange(code)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_of_many_at_once_at_most_one_gets_tokens_and_none_keeps_them(
    web: Application, alice: Visitor
) -> None:
    code = web.code(alice)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: web.exchange(code), range(8)))
    assert sorted({answer.status_code for answer in answers}) in ([400], [200, 400])
    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(won) <= 1
    assert not any(is_good(web, tokens) for tokens in won)
