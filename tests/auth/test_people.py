"""People at the authorization server: every decision that needs neither a browser nor a store."""

from __future__ import annotations

import msgspec
import pytest
from flask import Flask

from auth.people.answers import address_with, to_client
from auth.people.asked import Refused
from auth.people.cookies import no_session_cookie, session_cookie, sign_in_cookie
from auth.people.decide import ANSWERED_MS, needs_consent, next_step
from auth.people.forms import form_token, is_token
from auth.people.names import MAX_SHOWN, name_of, person_of
from auth.people.onward import HOME, MAX_NEXT, onward
from auth.people.redirects import form_source, is_assured, is_registered, place_of
from tests.support.people import WEB, asked, in_process
from weir.models.auth.records import User
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.oauth.logins import Login, LoginRecord

# Where a browser is led


@pytest.mark.parametrize(
    ("registered", "start"),
    [
        ("http://127.0.0.1/cb", "http://127.0.0.1"),
        ("http://127.0.0.1:1234/cb", "http://127.0.0.1"),
        ("http://[::1]/cb", "http://[::1]"),
    ],
)
def test_an_application_on_the_machine_may_take_any_port(registered: str, start: str) -> None:
    for port in ("", ":1", ":49152", ":65535"):
        assert is_registered(f"{start}{port}/cb", [registered])
    for wrong in (":0", ":65536", ":", ":01", ":x", ":1@evil.example", ".evil.example", "@evil.example"):
        assert not is_registered(f"{start}{wrong}/cb", [registered])
    for path in ("", "/", "/cb2", "/cb/", "/cb?x", "/cb#", "/CB"):
        assert not is_registered(f"{start}:5000{path}", [registered])
    assert not is_registered("https://127.0.0.1:5000/cb", [registered])


@pytest.mark.parametrize(
    "registered", ["http://localhost:3000/cb", "https://app.example.com/cb", "com.example:/cb"]
)
def test_any_other_address_has_the_port_that_was_registered(registered: str) -> None:
    assert is_registered(registered, [registered])
    assert not is_registered(registered.replace("/cb", ":3001/cb"), [registered])
    assert not is_registered(registered.replace(":3000", ""), [registered]) or ":3000" not in registered


def test_another_programs_reach_is_known() -> None:
    assert is_assured("https://app.example.com/cb")
    assert not is_assured("http://127.0.0.1:5000/cb")
    assert not is_assured("com.example.app:/cb")


@pytest.mark.parametrize(
    ("uri", "source", "place"),
    [
        ("https://app.example.com/cb", "https://app.example.com", ("site", "app.example.com")),
        ("https://app.example.com:8443/cb", "https://app.example.com:8443", ("site", "app.example.com:8443")),
        ("http://127.0.0.1:5000/cb", "http://127.0.0.1:5000", ("machine", "127.0.0.1:5000")),
        ("http://[::1]:5000/cb", "http:", ("machine", "[::1]:5000")),
        ("http://localhost/cb", "http://localhost", ("machine", "localhost")),
        ("com.example.app:/cb", "com.example.app:", ("app", "com.example.app")),
    ],
)
def test_a_page_says_where_it_leads_to_people_and_to_browsers(
    uri: str, source: str, place: tuple[str, str]
) -> None:
    assert form_source(uri) == source
    assert tuple(place_of(uri)) == place


@pytest.mark.parametrize(
    "page", ["/", "/device", "/device?user_code=WDJBMJHT", "/oauth2/authorize?client_id=web&scope=a%20b"]
)
def test_a_person_goes_on_to_pages_of_ours(page: str) -> None:
    assert onward(page) == page


@pytest.mark.parametrize(
    "page",
    [
        "",
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/%2f/evil.example/..",
        "/\t/evil.example",
        "/device\r\nSet-Cookie: a=b",
        "/device#x",
        "/devicex",
        "/device/../logout",
        "/logout",
        "/login?next=/login",
        "/oauth2/authorize/",
        "/oauth2/consent",
        "javascript:alert(1)",
        "/?\u2603",
        '/?"><script>',
        "/?" + "a" * MAX_NEXT,
    ],
)
def test_a_person_is_led_nowhere_else(page: str) -> None:
    assert onward(page) == HOME


def test_the_answer_to_an_application_keeps_its_query_and_says_who_answers() -> None:
    app = Flask("test")
    with app.test_request_context():
        answer = to_client(
            "https://a.example/cb?x=1", "https://i.example", [("code", "a b&c"), ("state", "")]
        )
        plain = to_client("com.example.app:/cb", "https://i.example", [("error", "x")])
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "https://a.example/cb?x=1&code=a%20b%26c&iss=https%3A%2F%2Fi.example",
    )
    assert plain.headers["Location"] == "com.example.app:/cb?error=x&iss=https%3A%2F%2Fi.example"


def test_an_address_of_ours_has_one_form() -> None:
    app = Flask("test")
    with app.test_request_context("/x?b=[1]&a=c+d&empty=&b=2") as context:
        assert address_with("/y", context.request.args) == "/y?b=%5B1%5D&b=2&a=c%20d"
        assert onward(address_with("/device", context.request.args)) != HOME
        assert address_with("/y", context.request.form) == "/y"


# What comes next


def login(age_ms: int = 0, answered: str = "") -> Login:
    record = LoginRecord(
        user="alice", sid="s", csrf="c", auth_ms=1_000_000, expires_ms=1 << 50, stamp="", answered=answered
    )
    return Login("id", record, 1_000_000 + age_ms)


@pytest.mark.parametrize(
    ("changes", "session", "covered", "step"),
    [
        ({}, None, False, "sign-in"),
        ({}, login(), False, "ask"),
        ({}, login(), True, "go-on"),
        ({"prompt": "consent"}, login(), True, "ask"),
        ({"prompt": "login"}, login(), True, "sign-in"),
        ({"prompt": "select_account"}, login(), True, "sign-in"),
        ({"prompt": "login"}, login(answered="this"), True, "go-on"),
        ({"prompt": "login"}, login(ANSWERED_MS, answered="this"), True, "sign-in"),
        ({"prompt": "login"}, login(answered="another"), True, "sign-in"),
        ({"max_age": "60"}, login(59_999), True, "go-on"),
        ({"max_age": "60"}, login(60_000), True, "sign-in"),
        ({"max_age": "0"}, login(0), True, "sign-in"),
        ({"max_age": "0"}, login(5, answered="this"), True, "go-on"),
        ({"prompt": "none"}, login(), True, "go-on"),
    ],
)
def test_what_comes_next(changes: dict[str, str], session: Login | None, covered: bool, step: str) -> None:
    assert next_step(asked(**changes), session, "this", covered=covered) == step


@pytest.mark.parametrize(
    ("changes", "session", "error"),
    [
        ({}, None, "login_required"),
        ({"max_age": "1"}, login(2000), "login_required"),
        ({}, login(), "consent_required"),
    ],
)
def test_where_nobody_may_be_bothered_the_application_hears_why(
    changes: dict[str, str], session: Login | None, error: str
) -> None:
    with pytest.raises(Refused) as caught:
        next_step(asked(prompt="none", **changes), session, "this", covered=False)
    assert caught.value.error == error


def test_what_any_program_could_pass_for_is_asked_for_each_time() -> None:
    local = "http://127.0.0.1:5000/cb"
    public = msgspec.structs.replace(WEB, redirect_uris=(local,))
    assert needs_consent(asked(public, redirect_uri=local), covered=True)
    secret = msgspec.structs.replace(public, auth="client_secret_basic")
    assert not needs_consent(asked(secret, redirect_uri=local), covered=True)


def test_the_operators_own_application_is_not_asked_for_unless_it_wants_that() -> None:
    own = msgspec.structs.replace(WEB, consent=False)
    assert not needs_consent(asked(own), covered=False)
    assert needs_consent(asked(own, prompt="consent"), covered=False)


def test_a_name_stays_in_its_line_and_in_its_direction() -> None:
    assert name_of(msgspec.structs.replace(WEB, name="Orders\n\u202eevil\u2066\x00 店")) == "Ordersevil 店"
    assert name_of(msgspec.structs.replace(WEB, name="\u202e")) == "web"
    assert len(name_of(msgspec.structs.replace(WEB, name="x" * 500))) == MAX_SHOWN
    assert name_of(msgspec.structs.replace(WEB, name="x" * MAX_SHOWN)) == "x" * MAX_SHOWN
    assert person_of(User(name="alice", password="-", created_ms=1)) == "alice"


# Cookies and forms


def test_cookies_are_out_of_reach_of_scripts_and_of_forms_of_other_sites() -> None:
    assert session_cookie("x", secure=False) == (
        "weir-session=x; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"
    )
    assert session_cookie("x", secure=True).startswith("__Host-weir-session=x; Path=/;")
    assert session_cookie("x", secure=True).endswith("; Secure")
    assert "Max-Age=0" in no_session_cookie(secure=True)
    assert sign_in_cookie("x", secure=True).startswith("__Host-weir-sign-in=x; ")


def test_a_token_is_good_for_one_browser_and_one_purpose() -> None:
    token = form_token("secret", "consent 1")
    assert is_token(token, "secret", "consent 1")
    assert not is_token(token, "other", "consent 1")
    assert not is_token(token, "secret", "consent 2")
    assert not is_token("", "secret", "consent 1")
    assert not is_token("\ud800\u2603", "secret", "consent 1")


# While the store is away


@pytest.mark.parametrize("path", ["/", "/device", "/oauth2/authorize?client_id=web"])
def test_a_person_reads_that_the_store_is_away(path: str) -> None:
    client = connect("redis://127.0.0.1:1", timeout_s=1.0)
    world = in_process(client, Keys("test"))
    visitor = world.visitor()
    assert visitor.open("/login").status_code == 200
    page = visitor.sign_in()
    assert page.status_code == 503
    visitor.http.cookies.set("weir-session", "x", domain="127.0.0.1", path="/")
    page = visitor.open(path)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "The server cannot reach its data at this moment." in page.text
    world.close()
    client.close()
