"""Signing in: slow for those who guess, a new session each time, and on to nowhere but here."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from auth.people.sign_in import MOST_BY_NAME
from tests.support.people import CALLBACK, PASSWORD, Application, Visitor, World, forms_of, in_process
from weir.store.connect import Client
from weir.store.keys import Keys


def test_a_right_password_leads_on_and_a_wrong_one_says_so_at_the_fields(alice: Visitor) -> None:
    alice.open("/login")
    wrong = alice.sign_in(password="wrong password")
    assert wrong.status_code == 403
    assert (
        '<p class="problem" id="problem" role="alert">The user name or the password is wrong.</p>'
        in wrong.text
    )
    assert wrong.text.count('aria-invalid="true" aria-describedby="problem"') == 2
    assert "<title>Error: Sign in" in wrong.text
    assert forms_of(wrong)[0].fields["username"] == "alice"
    assert "password" not in forms_of(wrong)[0].fields or not forms_of(wrong)[0].fields["password"]
    assert "weir-session" not in alice.http.cookies
    alice.sign_in()
    assert "Your account" in alice.page.text
    assert "signed in as Alice" in alice.page.text


@pytest.mark.parametrize(
    "fields", [{"username": ""}, {"password": ""}, {"username": None}, {"password": None}]
)
def test_both_fields_are_needed(alice: Visitor, fields: dict[str, str | None]) -> None:
    alice.open("/login")
    page = alice.submit(**({"username": "alice", "password": PASSWORD} | fields))
    assert page.status_code == 400
    assert "Fill in both fields." in page.text


def test_who_guesses_has_to_wait_and_so_does_the_right_password(
    alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auth.people.hashing.is_right", lambda password, _: password == PASSWORD)
    alice.open("/login")
    statuses = [alice.sign_in(password=f"guess {number}").status_code for number in range(MOST_BY_NAME + 1)]
    assert statuses == [403] * MOST_BY_NAME + [429]
    waiting = alice.sign_in()
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= 300
    assert "Too many attempts." in waiting.text
    mallory = alice.sign_in("mallory")
    assert mallory.status_code == 200, "another person is not held up"


def test_a_session_has_a_new_name_after_every_sign_in(alice: Visitor, world: World) -> None:
    """Session fixation: whatever the browser brought is worth nothing afterwards."""
    alice.http.cookies.set("weir-session", "prepared-by-mallory", domain="127.0.0.1", path="/")
    alice.open("/login")
    alice.sign_in()
    first = alice.http.cookies["weir-session"]
    assert first != "prepared-by-mallory"
    alice.open("/login")
    alice.sign_in()
    second = alice.http.cookies["weir-session"]
    assert second != first
    thief = world.visitor()
    thief.http.cookies.set("weir-session", first, domain="127.0.0.1", path="/")
    assert "Sign in" in thief.open("/").text, "the earlier session has ended"


def test_the_cookie_is_out_of_reach_of_scripts(alice: Visitor) -> None:
    alice.open("/login")
    form = forms_of(alice.page)[0]
    answer = alice.http.post("/login", data=form.fields | {"username": "alice", "password": PASSWORD})
    cookie = next(each for each in answer.headers.get_list("Set-Cookie") if each.startswith("weir-session="))
    assert "; HttpOnly; SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_by_https_no_other_host_of_the_domain_can_set_the_cookie(client: Client, keys: Keys) -> None:
    world = in_process(client, keys, origin="https://auth.example.com")
    world.user("alice")
    alice = world.visitor()
    assert "__Host-weir-sign-in=" in alice.open("/login").headers["Set-Cookie"]
    alice.sign_in()
    assert "__Host-weir-session" in alice.http.cookies
    assert "Your account" in alice.page.text
    world.close()


@pytest.mark.parametrize(
    ("csrf", "keeps_cookie"), [(None, True), ("x", True), ("0" * 64, True), ("own", False)]
)
def test_nobody_is_signed_in_by_a_page_of_somebody_elses(
    alice: Visitor, csrf: str | None, keeps_cookie: bool
) -> None:
    """CSRF on login: mallory would have alice work in mallory's account."""
    alice.open("/login")
    if not keeps_cookie:
        alice.http.cookies.clear()
    page = alice.submit(username="mallory", password=PASSWORD, **({} if csrf == "own" else {"csrf": csrf}))
    assert page.status_code == 400
    assert "Try again." in page.text
    assert "weir-session" not in alice.http.cookies
    alice.sign_in()
    assert "Your account" in alice.page.text, "the page that says so works"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_of_another_site_signs_nobody_in(alice: Visitor, headers: dict[str, str]) -> None:
    alice.open("/login")
    data = forms_of(alice.page)[0].fields | {"username": "mallory", "password": PASSWORD}
    page = alice.http.post("/login", data=data, headers=headers)
    assert page.status_code == 403
    assert "weir-session" not in alice.http.cookies


@pytest.mark.parametrize(
    "on",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/%09/evil.example/",
        "http:evil.example",
        "/device\r\nLocation: https://evil.example",
        "javascript:alert(1)",
        CALLBACK,
    ],
)
def test_after_signing_in_nobody_is_led_elsewhere(alice: Visitor, on: str) -> None:
    """Open redirect by ``next``, in the address and in the form."""
    alice.open(f"/login?next={quote(on, safe='')}")
    assert forms_of(alice.page)[0].fields["next"] == "/"
    form = forms_of(alice.page)[0]
    data = form.fields | {"username": "alice", "password": PASSWORD, "next": on}
    assert alice.http.post("/login", data=data).headers["Location"] == "/"


def test_a_form_may_lead_on_to_the_application_that_may_be_told_and_to_no_other(
    web: Application, alice: Visitor
) -> None:
    alice.open(web.address())
    assert "form-action 'self' https://app.example.com;" in alice.page.headers["Content-Security-Policy"]
    evil = web.address(redirect_uri="https://evil.example/")
    alice.open(f"/login?next={quote(evil, safe='')}")
    assert "form-action 'self';" in alice.page.headers["Content-Security-Policy"]
    assert "Orders" not in alice.page.text


def test_a_page_is_in_the_readers_language(alice: Visitor) -> None:
    page = alice.open("/login", **{"Accept-Language": "zh-CN,zh;q=0.9"})
    assert '<html lang="zh-Hans">' in page.text
    assert '<label for="password">密码</label>' in page.text


def test_too_many_at_once_are_told_to_come_back(alice: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    from auth.people.hashing import Busy, Hashing

    def busy(*_: object) -> bool:
        raise Busy

    monkeypatch.setattr(Hashing, "is_right", busy)
    alice.open("/login")
    page = alice.sign_in()
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert "Too many people sign in" in page.text
