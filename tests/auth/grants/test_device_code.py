"""A device asks whether it may."""

from __future__ import annotations

import pytest

from tests.support.people import Application, Visitor, World
from weir.models.auth.secret_text import hash_of
from weir.store.oauth import devices as module
from weir.store.oauth.devices import plain_user_code

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def tv(world: World) -> Application:
    return world.application("tv", grants=(GRANT,), redirect_uris=())


def asked(tv: Application, **form: str) -> dict[str, str]:
    found: dict[str, str] = tv.http.post("/oauth2/device", data={"client_id": tv.record.id, **form}).json()
    return found


def allowed(alice: Visitor, codes: dict[str, str]) -> None:
    alice.open("/device")
    if "/login" in str(alice.page.url):
        alice.sign_in()
    alice.submit(user_code=codes["user_code"])
    alice.submit("allow")


def error_of(tv: Application, device_code: str | None) -> str:
    answer = tv.token(grant_type=GRANT, device_code=device_code)
    assert answer.status_code == 400
    return str(answer.json()["error"])


def test_a_device_that_asks_too_soon_is_slowed_down(tv: Application) -> None:
    codes = asked(tv)
    assert error_of(tv, codes["device_code"]) == "authorization_pending"
    assert error_of(tv, codes["device_code"]) == "slow_down"


def test_a_device_without_refresh_tokens_gets_an_access_token(tv: Application, alice: Visitor) -> None:
    codes = asked(tv, scope="orders:read")
    allowed(alice, codes)
    body = tv.token(grant_type=GRANT, device_code=codes["device_code"]).json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert error_of(tv, codes["device_code"]) == "invalid_grant"


@pytest.mark.parametrize("code", [None, "", "x" * 43, "x" * 5000])
def test_what_is_no_code_brings_nothing(tv: Application, code: str | None) -> None:
    assert error_of(tv, code) == ("invalid_grant" if code else "invalid_request")


def test_the_code_of_another_client_brings_nothing_and_stays(
    world: World, tv: Application, alice: Visitor
) -> None:
    mallory = world.application("mallory", grants=(GRANT,), redirect_uris=())
    codes = asked(tv)
    allowed(alice, codes)
    assert error_of(mallory, codes["device_code"]) == "invalid_grant"
    assert tv.token(grant_type=GRANT, device_code=codes["device_code"]).status_code == 200


def test_the_user_code_is_no_device_code(tv: Application, alice: Visitor) -> None:
    codes = asked(tv)
    allowed(alice, codes)
    for shown in (codes["user_code"], plain_user_code(codes["user_code"]), hash_of(codes["device_code"])):
        assert error_of(tv, shown) == "invalid_grant"


def test_an_application_needs_the_grant(world: World, web: Application) -> None:
    assert error_of(web, "x") == "unauthorized_client"


def test_a_device_learns_that_its_time_is_over(tv: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIFE_MS", 1)
    codes = asked(tv)
    while (error := error_of(tv, codes["device_code"])) in ("authorization_pending", "slow_down"):
        pass
    assert error == "expired_token"


def test_what_a_person_allowed_ends_with_the_session(world: World, tv: Application, alice: Visitor) -> None:
    codes = asked(tv)
    allowed(alice, codes)
    assert world.services is not None
    world.services.people.logins.end_all("alice")
    assert error_of(tv, codes["device_code"]) == "invalid_grant"


def test_revoking_all_that_a_client_has_revokes_what_was_allowed(
    world: World, tv: Application, alice: Visitor
) -> None:
    codes = asked(tv)
    allowed(alice, codes)
    world.change_client("tv", not_before_ms=world.clients.now_ms() + 1)
    assert error_of(tv, codes["device_code"]) == "invalid_grant"


def test_a_person_gives_no_more_than_they_may(world: World, tv: Application, alice: Visitor) -> None:
    world.change_user("alice", scopes=("orders:read",))
    codes = asked(tv, scope="orders:read orders:write")
    allowed(alice, codes)
    body = tv.token(grant_type=GRANT, device_code=codes["device_code"]).json()
    assert body["scope"] == "orders:read"
