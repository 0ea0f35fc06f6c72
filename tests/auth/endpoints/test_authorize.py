"""An application leads a person here, and the person goes back with a code, or with an error."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.people import CALLBACK, ORIGIN, Application, Visitor, World, forms_of


def test_a_person_signs_in_allows_and_goes_back_with_a_code(web: Application, alice: Visitor) -> None:
    alice.open(web.address(nonce="n-1"))
    assert alice.page.status_code == 200
    assert "Sign in to go on to Orders." in alice.page.text
    alice.sign_in()
    assert "Allow Orders?" in alice.page.text
    assert "Know who you are" in alice.page.text
    assert "Use orders:read" in alice.page.text
    assert "app.example.com" in alice.page.text
    alice.submit("allow")
    assert alice.page.status_code == 303
    assert alice.left_to.startswith(CALLBACK + "?")
    assert alice.brought().keys() == {"code", "state", "iss"}
    assert (alice.brought()["state"], alice.brought()["iss"]) == ("state-1", ORIGIN)


def test_whoever_says_no_goes_back_with_that(web: Application, alice: Visitor) -> None:
    alice.open(web.address())
    alice.sign_in()
    alice.submit("deny")
    assert alice.brought() | {"error_description": ""} == {
        "error": "access_denied",
        "error_description": "",
        "state": "state-1",
        "iss": ORIGIN,
    }


def test_what_was_allowed_is_not_asked_again_but_more_is(web: Application, alice: Visitor) -> None:
    web.code(alice)
    alice.open(web.address(scope="orders:read"))
    assert "code" in alice.brought()
    alice.open(web.address(scope="openid email"))
    assert "See your e-mail address" in alice.page.text
    alice.open(web.address(prompt="consent"))
    assert "Allow Orders?" in alice.page.text


def test_a_program_on_the_machine_is_asked_for_each_time(world: World, alice: Visitor) -> None:
    local = "http://127.0.0.1/cb"
    tool = world.application("tool", redirect_uris=(local,))
    tool.code(alice, redirect_uri="http://127.0.0.1:49152/cb")
    alice.open(tool.address(redirect_uri="http://127.0.0.1:49153/cb"))
    assert "a program on this computer (127.0.0.1:49153)" in alice.page.text
    assert "form-action 'self' http://127.0.0.1:49153;" in alice.page.headers["Content-Security-Policy"]


def test_an_application_learns_nothing_of_a_wrong_address(web: Application, alice: Visitor) -> None:
    for changes in (
        {"redirect_uri": CALLBACK + "/evil"},
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "nobody"},
        {"redirect_uri": "https://evil.example/", "response_type": "token"},
    ):
        page = alice.open(web.address(**changes))
        assert page.status_code == 400
        assert "Location" not in page.headers
        assert "This does not work" in page.text
        assert "evil" not in page.text


def test_an_error_is_told_to_the_application_with_state_and_issuer(web: Application, alice: Visitor) -> None:
    alice.open(web.address(code_challenge_method="plain"))
    assert alice.brought() == {
        "error": "invalid_request",
        "error_description": "code_challenge_method must be S256",
        "state": "state-1",
        "iss": ORIGIN,
    }


def test_no_challenge_no_code_even_with_a_secret(world: World, alice: Visitor) -> None:
    """PKCE downgrade: the first half."""
    confidential = world.application("server", secret=True)
    alice.open(confidential.address(code_challenge=None, code_challenge_method=None))
    assert alice.brought()["error"] == "invalid_request"


def test_a_form_is_read_as_well(web: Application, alice: Visitor) -> None:
    query = {name: values[0] for name, values in parse_qs(urlsplit(web.address()).query).items()}
    alice.page = alice.http.post("/oauth2/authorize", data=query)
    assert alice.page.status_code == 303
    assert alice.open(alice.page.headers["Location"]).status_code == 200
    assert "Sign in to go on to Orders." in alice.page.text


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_no_other_method_is_answered(web: Application, alice: Visitor, method: str) -> None:
    assert alice.http.request(method, web.address()).status_code == 405


def test_prompt_none_bothers_nobody(web: Application, alice: Visitor) -> None:
    alice.open(web.address(prompt="none"))
    assert alice.brought()["error"] == "login_required"
    alice.open(web.address())
    alice.sign_in()
    alice.open(web.address(prompt="none"))
    assert alice.brought()["error"] == "consent_required"
    web.code(alice)
    alice.open(web.address(prompt="none"))
    assert "code" in alice.brought()


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "select_account"}])
def test_a_new_sign_in_is_asked_for_once(web: Application, alice: Visitor, changes: dict[str, str]) -> None:
    web.code(alice)
    alice.open(web.address(state="other", **changes))
    assert "Sign in" in alice.page.text
    alice.sign_in()
    assert alice.brought()["state"] == "other"
    alice.open(web.address(state="third", **changes))
    assert "Sign in" in alice.page.text, "another request wants another sign-in"


def test_the_name_that_the_application_knows_is_filled_in(web: Application, alice: Visitor) -> None:
    alice.open(web.address(login_hint="alice@example.com"))
    assert forms_of(alice.page)[0].fields["username"] == "alice@example.com"


def test_an_id_token_says_whom_the_application_means(web: Application, world: World, alice: Visitor) -> None:
    hint = web.exchange(web.code(alice)).json()["id_token"]
    alice.open(web.address(prompt="none", id_token_hint=hint))
    assert "code" in alice.brought()
    mallory = world.visitor()
    mallory.open("/login")
    mallory.sign_in("mallory")
    mallory.open(web.address(prompt="none", id_token_hint=hint))
    assert mallory.brought()["error"] == "login_required"
    mallory.open(web.address(prompt="none", id_token_hint=hint[:-4] + "AAAA"))
    assert mallory.brought()["error"] == "invalid_request"
    other = world.application("other")
    alice.open(other.address(id_token_hint=hint))
    assert alice.brought()["error"] == "invalid_request", "an ID token of another application"


def test_a_person_grants_no_more_than_they_may(world: World, web: Application, alice: Visitor) -> None:
    world.change_user("alice", scopes=("openid", "orders:read"))
    alice.open(web.address(scope="openid orders:read orders:write"))
    alice.sign_in()
    assert "orders:read" in alice.page.text
    assert "orders:write" not in alice.page.text.split("<form")[0]
    alice.submit("allow")
    assert web.exchange(alice.brought()["code"]).json()["scope"] == "openid orders:read"
    alice.open(web.address(scope="orders:write"))
    assert alice.brought()["error"] == "access_denied"


def test_the_operators_own_application_is_not_asked_for(world: World, alice: Visitor) -> None:
    own = world.application("own", consent=False)
    alice.open(own.address())
    alice.sign_in()
    assert "code" in alice.brought()


def test_a_disabled_person_is_signed_out_at_once(world: World, web: Application, alice: Visitor) -> None:
    web.code(alice)
    world.change_user("alice", disabled=True)
    alice.open(web.address(prompt="none"))
    assert alice.brought()["error"] == "login_required"


def test_another_password_ends_every_session(world: World, web: Application, alice: Visitor) -> None:
    web.code(alice)
    world.change_user("alice", password="$argon2id$other")
    alice.open(web.address(prompt="none"))
    assert alice.brought()["error"] == "login_required"


def test_a_request_that_is_too_long_to_sign_in_for_is_told_to_the_application(
    web: Application, alice: Visitor
) -> None:
    alice.open(web.address(state="ü" * 600))
    assert "Sign in" in alice.page.text
    alice.open(web.address(state="ü" * 600, nonce="n" * 400))
    assert alice.brought()["error"] == "invalid_request"


def test_another_host_is_not_answered(web: Application, alice: Visitor) -> None:
    for path in (web.address(), "/login", "/device", "/"):
        assert alice.http.get(path, headers={"Host": "evil.example"}).status_code == 421


def test_a_page_cannot_be_framed_or_kept(web: Application, alice: Visitor) -> None:
    for step in (lambda: alice.open(web.address()), alice.sign_in):
        headers = step().headers
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert (
            f"form-action 'self' {CALLBACK.removesuffix('/callback')};" in headers["Content-Security-Policy"]
        )
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in headers


def test_what_somebody_of_the_same_name_allowed_counts_for_nobody_else(
    world: World, web: Application, alice: Visitor
) -> None:
    web.code(alice)
    assert world.users.remove("alice") == "removed"
    world.user("alice", created_ms=world.users.now_ms() + 1)
    alice.open(web.address())
    assert "Allow Orders?" in alice.page.text


def test_nobody_uses_up_the_codes_of_all(
    web: Application, alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auth.people.granting.MOST_OF_PERSON", 2)
    for _ in range(2):
        web.code(alice)
    alice.open(web.address())
    assert alice.brought()["error"] == "temporarily_unavailable"
