"""A person connects a device."""

from __future__ import annotations

import httpx
import pytest

from auth.endpoints.device import MOST_GUESSED_BY_PERSON
from tests.support.people import Application, Visitor, World, forms_of
from weir.models.auth.secret_text import hash_of
from weir.store.oauth.devices import new_user_code

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def tv(world: World) -> Application:
    return world.application("tv", name="Living room", grants=(GRANT, "refresh_token"), redirect_uris=())


@pytest.fixture
def asked(tv: Application) -> dict[str, str]:
    answer = tv.http.post("/oauth2/device", data={"client_id": "tv", "scope": "openid orders:read"})
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()
    return found


@pytest.fixture
def signed_in(alice: Visitor) -> Visitor:
    alice.open("/login")
    alice.sign_in()
    return alice


def poll(world: World, tv: Application, asked: dict[str, str]) -> httpx.Response:
    """As if the interval were over."""
    key = world.keys.oauth_device(hash_of(asked["device_code"]))
    world.store.call("HSET", key, "polled_ms", 0)
    return tv.token(grant_type=GRANT, device_code=asked["device_code"])


def test_a_person_types_the_code_and_allows(
    world: World, tv: Application, asked: dict[str, str], alice: Visitor
) -> None:
    assert poll(world, tv, asked).json()["error"] == "authorization_pending"
    alice.open("/device")
    alice.sign_in()
    alice.submit(user_code=asked["user_code"].lower().replace("-", " "))
    assert "Connect this device?" in alice.page.text
    assert asked["user_code"] in alice.page.text
    assert "Living room asks for:" in alice.page.text
    alice.submit("allow")
    assert "The device is connected." in alice.page.text
    tokens = poll(world, tv, asked).json()
    assert tokens["scope"] == "openid orders:read"
    assert tokens.keys() >= {"access_token", "refresh_token", "id_token"}
    assert tv.userinfo(tokens["access_token"]).json()["sub"] == "alice"
    assert poll(world, tv, asked).json()["error"] == "invalid_grant"


def test_a_code_in_the_address_is_filled_in_and_still_asked_about(
    world: World, tv: Application, asked: dict[str, str], alice: Visitor
) -> None:
    """Remote phishing (RFC 8628 §5.4): opening an address connects nothing."""
    address = httpx.URL(asked["verification_uri_complete"])
    alice.open(address.raw_path.decode())
    alice.sign_in()
    assert forms_of(alice.page)[0].fields["user_code"] == asked["user_code"]
    assert poll(world, tv, asked).json()["error"] == "authorization_pending"
    alice.submit()
    assert "Allow only if you have just started this yourself" in alice.page.text
    assert poll(world, tv, asked).json()["error"] == "authorization_pending"


def test_whoever_says_no_is_heard(
    world: World, tv: Application, asked: dict[str, str], signed_in: Visitor
) -> None:
    signed_in.open("/device")
    signed_in.submit(user_code=asked["user_code"])
    signed_in.submit("deny")
    assert "The device is not connected." in signed_in.page.text
    assert poll(world, tv, asked).json()["error"] == "access_denied"


@pytest.mark.parametrize("typed", ["", "WDJB", "WDJB-MJHA", "<script>", "BBBB-BBBB"])
def test_a_code_that_is_none_is_said_at_the_field(signed_in: Visitor, typed: str) -> None:
    signed_in.open("/device")
    page = signed_in.submit(user_code=typed)
    assert page.status_code == 400
    assert "No device waits under this code." in page.text
    assert 'aria-describedby="form problem" aria-invalid="true"' in " ".join(page.text.split())
    assert "<script>" not in page.text


def test_who_guesses_codes_has_to_wait_even_with_a_right_one(
    world: World, asked: dict[str, str], signed_in: Visitor
) -> None:
    signed_in.open("/device")
    guesses = [signed_in.submit(user_code=new_user_code()).status_code for _ in range(MOST_GUESSED_BY_PERSON)]
    assert guesses == [400] * MOST_GUESSED_BY_PERSON
    waiting = signed_in.submit(user_code=asked["user_code"])
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= 60
    mallory = world.visitor()
    mallory.open("/device")
    mallory.sign_in("mallory")
    assert mallory.submit(user_code=asked["user_code"]).status_code == 200, "others are not held up"


def test_right_codes_are_no_guesses(asked: dict[str, str], signed_in: Visitor) -> None:
    for _ in range(MOST_GUESSED_BY_PERSON + 2):
        signed_in.open("/device")
        assert signed_in.submit(user_code=asked["user_code"]).status_code == 200


@pytest.mark.parametrize("at", ["code", "decision"])
@pytest.mark.parametrize("csrf", [None, "x"])
def test_a_page_of_somebody_elses_connects_nothing(
    world: World, tv: Application, asked: dict[str, str], signed_in: Visitor, at: str, csrf: str | None
) -> None:
    signed_in.open("/device")
    if at == "code":
        assert signed_in.submit(user_code=asked["user_code"], csrf=csrf).status_code == 403
    else:
        signed_in.submit(user_code=asked["user_code"])
        assert signed_in.submit("allow", csrf=csrf).status_code == 403
    assert poll(world, tv, asked).json()["error"] == "authorization_pending"


def test_the_question_of_another_session_cannot_be_answered(
    world: World, tv: Application, asked: dict[str, str], signed_in: Visitor
) -> None:
    mallory = world.visitor()
    mallory.open("/device")
    mallory.sign_in("mallory")
    mallory.submit(user_code=asked["user_code"])
    fields = forms_of(mallory.page)[0].fields
    signed_in.open("/device")
    signed_in.submit(user_code=asked["user_code"])
    assert signed_in.submit("allow", **fields).status_code == 403
    assert poll(world, tv, asked).json()["error"] == "authorization_pending"


def test_of_two_who_answer_the_first_counts(world: World, asked: dict[str, str], signed_in: Visitor) -> None:
    mallory = world.visitor()
    mallory.open("/device")
    mallory.sign_in("mallory")
    for each in (mallory, signed_in):
        each.open("/device")
        each.submit(user_code=asked["user_code"])
    signed_in.submit("deny")
    late = mallory.submit("allow")
    assert late.status_code == 400
    assert "does not wait any more" in late.text


def test_a_question_about_an_application_is_none_about_a_device(
    world: World, web: Application, asked: dict[str, str], signed_in: Visitor
) -> None:
    signed_in.open(web.address())
    fields = forms_of(signed_in.page)[0].fields
    signed_in.open("/device")
    signed_in.submit(user_code=asked["user_code"])
    assert signed_in.submit("allow", **fields).status_code == 403
