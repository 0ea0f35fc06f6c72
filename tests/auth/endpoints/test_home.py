"""A person's own page: what they allowed, and taking it back."""

from __future__ import annotations

from tests.support.people import CALLBACK, Application, Visitor, World, forms_of


def test_whoever_is_not_signed_in_signs_in_first(alice: Visitor) -> None:
    alice.open("/")
    alice.sign_in()
    assert "There are none." in alice.page.text


def test_what_is_taken_back_is_over(world: World, web: Application, alice: Visitor) -> None:
    tokens = web.exchange(web.code(alice)).json()
    other = world.application("other", name="Other")
    others = other.exchange(other.code(alice)).json()
    alice.open("/")
    assert "openid, orders:read; since " in alice.page.text
    at = next(place for place, form in enumerate(forms_of(alice.page)) if form.fields.get("client") == "web")
    alice.submit(form=at)
    assert "Orders has to ask you again." in alice.page.text
    refused = web.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refused.json()["error"] == "invalid_grant"
    assert web.userinfo(tokens["access_token"]).status_code == 401, "its access tokens went along"
    assert other.userinfo(others["access_token"]).status_code == 200
    alice.open(web.address())
    assert "Allow Orders?" in alice.page.text


def test_access_tokens_without_a_refresh_token_end_too(world: World, alice: Visitor) -> None:
    plain = world.application("plain", grants=("authorization_code",))
    tokens = plain.exchange(plain.code(alice)).json()
    alice.open("/")
    alice.submit()
    assert plain.userinfo(tokens["access_token"]).status_code == 401


def test_an_application_that_is_gone_can_be_taken_back_too(
    world: World, web: Application, alice: Visitor
) -> None:
    web.code(alice)
    assert world.clients.remove("web") == "removed"
    alice.open("/")
    assert "an application that is gone" in alice.page.text
    alice.submit()
    assert "There are none." in alice.page.text


def test_a_page_of_somebody_elses_takes_nothing_back(web: Application, alice: Visitor) -> None:
    web.code(alice)
    alice.open("/")
    for csrf in ("", "x", forms_of(alice.page)[1].fields["csrf"]):
        page = alice.page
        assert alice.submit(csrf=csrf).status_code == 403
        alice.page = page
    alice.open(web.address(prompt="none"))
    assert alice.left_to.startswith(CALLBACK + "?code=")


def test_the_style_sheet_is_there(alice: Visitor) -> None:
    page = alice.open("/login").text
    address = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert alice.open(address).headers["Content-Type"].startswith("text/css")
