"""Signing out: always after asking, and on to nowhere that is not registered for that."""

from __future__ import annotations

import pytest

from tests.support.people import Application, Visitor, World, forms_of

AFTER = "https://app.example.com/bye"


@pytest.fixture
def signed_in(world: World, alice: Visitor) -> Visitor:
    alice.open("/login")
    alice.sign_in()
    return alice


def is_signed_in(visitor: Visitor) -> bool:
    return "Your account" in visitor.open("/").text


def test_a_person_signs_out(signed_in: Visitor) -> None:
    session = signed_in.http.cookies["weir-session"]
    signed_in.submit()
    assert "You are signed out." in signed_in.page.text
    assert "weir-session" not in signed_in.http.cookies
    signed_in.http.cookies.set("weir-session", session, domain="127.0.0.1", path="/")
    assert not is_signed_in(signed_in), "the session has ended, not only the cookie"


def test_opening_the_address_signs_nobody_out(signed_in: Visitor) -> None:
    signed_in.open("/logout")
    assert "Sign out?" in signed_in.page.text
    assert is_signed_in(signed_in)


@pytest.mark.parametrize("csrf", ["", "x", "0" * 64])
def test_a_page_of_somebody_elses_signs_nobody_out(signed_in: Visitor, csrf: str) -> None:
    signed_in.open("/logout")
    assert signed_in.submit(csrf=csrf).status_code == 403
    assert is_signed_in(signed_in)


def test_a_form_of_an_application_only_leads_to_the_question(signed_in: Visitor) -> None:
    signed_in.page = signed_in.http.post(
        "/logout", data={"state": "s"}, headers={"Origin": "https://app.example.com"}
    )
    assert signed_in.page.headers["Location"] == "/logout?state=s"
    assert is_signed_in(signed_in)


def test_an_application_has_the_person_led_back(world: World, alice: Visitor) -> None:
    web = world.application(post_logout_redirect_uris=(AFTER,))
    hint = web.exchange(web.code(alice)).json()["id_token"]
    alice.open(f"/logout?id_token_hint={hint}&post_logout_redirect_uri={AFTER}&state=a%26b")
    assert "form-action 'self' https://app.example.com;" in alice.page.headers["Content-Security-Policy"]
    alice.submit()
    assert alice.left_to == AFTER + "?state=a%26b"
    alice.open(f"/logout?client_id=web&post_logout_redirect_uri={AFTER}")
    assert alice.left_to == AFTER, "nobody is signed in any more"


@pytest.mark.parametrize(
    "query",
    [
        "client_id=web&post_logout_redirect_uri=https://evil.example/",
        f"client_id=web&post_logout_redirect_uri={AFTER}/",
        f"client_id=nobody&post_logout_redirect_uri={AFTER}",
        f"post_logout_redirect_uri={AFTER}",
        f"client_id=web&id_token_hint=e30.e30.e30&post_logout_redirect_uri={AFTER}",
    ],
)
def test_nobody_is_led_to_what_is_not_registered(world: World, signed_in: Visitor, query: str) -> None:
    world.application(post_logout_redirect_uris=(AFTER,))
    signed_in.open(f"/logout?{query}")
    assert forms_of(signed_in.page)[0].fields["post_logout_redirect_uri"] == ""
    signed_in.submit(client_id="web", post_logout_redirect_uri="https://evil.example/")
    assert "You are signed out." in signed_in.page.text


def test_an_id_token_of_another_application_leads_nowhere(
    world: World, web: Application, alice: Visitor
) -> None:
    world.application("other", post_logout_redirect_uris=(AFTER,))
    hint = web.exchange(web.code(alice)).json()["id_token"]
    alice.open(f"/logout?client_id=other&id_token_hint={hint}&post_logout_redirect_uri={AFTER}")
    alice.submit()
    assert "You are signed out." in alice.page.text
