"""People at the authorization server: every decision that needs neither a browser nor a store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import gevent
import msgspec
import pytest
from flask import Flask

from auth.people.answers import address_with, to_client
from auth.people.asked import MAX_STATE, NotToClient, Refused, read_asked
from auth.people.cookies import no_session_cookie, session_cookie, sign_in_cookie
from auth.people.decide import ANSWERED_MS, needs_consent, next_step
from auth.people.forms import form_token, is_token
from auth.people.hashing import Busy, Hashing
from auth.people.names import MAX_SHOWN, name_of, person_of
from auth.people.onward import HOME, MAX_NEXT, onward
from auth.people.redirects import form_source, is_assured, is_registered, place_of
from auth.people.sign_in import MOST_BY_ADDRESS, MOST_BY_NAME, SignIn, stamp_of
from tests.support.people import CHEAP, HASH, PASSWORD, World, in_process, pkce
from weir.models.auth.records import OAuthClient, User
from weir.secrets import passwords
from weir.store.attempts import Attempts
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.oauth.logins import Login, LoginRecord

CALLBACK = "https://app.example.com/callback"
CHALLENGE = pkce().challenge
WEB = OAuthClient(
    id="web",
    name="Orders",
    auth="none",
    redirect_uris=(CALLBACK,),
    grants=("authorization_code",),
    scopes=("openid", "orders:read"),
    created_ms=1,
)
VALUES = {
    "response_type": "code",
    "client_id": "web",
    "redirect_uri": CALLBACK,
    "scope": "openid",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def asked(client: OAuthClient = WEB, more: tuple[tuple[str, str], ...] = (), **changes: str | None) -> Any:
    values = [(name, value) for name, value in (VALUES | changes).items() if value is not None]
    known = {client.id: client}
    return read_asked([*values, *more], known.get, "https://auth.example.com")


# What an application asks for


def test_a_plain_request_is_read() -> None:
    read = asked(nonce="n", prompt="login consent", max_age="60", login_hint="alice")
    assert (read.client, read.redirect_uri, read.asked_uri, read.state) == (WEB, CALLBACK, CALLBACK, "s")
    assert (read.scopes, read.audiences) == (("openid",), ("https://auth.example.com",))
    assert (read.challenge, read.nonce, read.max_age_s) == (CHALLENGE, "n", 60)
    assert read.prompts == {"login", "consent"}


def test_without_a_scope_all_is_asked_for() -> None:
    assert asked(scope=None).scopes == ("openid", "orders:read")
    assert asked(scope="").scopes == ("openid", "orders:read")


def test_without_an_address_the_only_one_that_is_registered_is_meant() -> None:
    read = asked(redirect_uri=None)
    assert (read.redirect_uri, read.asked_uri) == (CALLBACK, "")
    several = msgspec.structs.replace(WEB, redirect_uris=(CALLBACK, CALLBACK + "2"))
    with pytest.raises(NotToClient, match="no redirect_uri"):
        asked(several, redirect_uri=None)


@pytest.mark.parametrize(
    "uri",
    [
        CALLBACK + "/",
        CALLBACK + "x",
        CALLBACK + "/../evil",
        CALLBACK + "?next=https://evil.example",
        CALLBACK + "#fragment",
        CALLBACK + "#",
        CALLBACK + "\n",
        CALLBACK + "%2f",
        CALLBACK.replace("callback", "Callback"),
        CALLBACK.replace("callback", "%63allback"),
        CALLBACK.replace("https", "HTTPS"),
        CALLBACK.replace("https", "http"),
        CALLBACK.replace("app.", "APP."),
        CALLBACK.replace("://", "://user@"),
        CALLBACK.replace("://", "://evil.example@"),
        CALLBACK.replace("://", "://evil.example\\@"),
        CALLBACK.replace(".com", ".com.evil.example"),
        CALLBACK.replace(".com", ".com:443"),
        CALLBACK.replace("app.", "evil.app."),
        "https://evil.example/" + CALLBACK,
        "//app.example.com/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        " " + CALLBACK,
    ],
)
def test_an_address_that_is_not_registered_to_the_letter_is_never_led_to(uri: str) -> None:
    with pytest.raises(NotToClient, match="not registered for this application"):
        asked(redirect_uri=uri)


@pytest.mark.parametrize("client_id", [None, "", "nobody", "WEB", "x" * 129])
def test_an_unknown_application_is_told_to_the_person_only(client_id: str | None) -> None:
    with pytest.raises(NotToClient):
        asked(client_id=client_id)


def test_a_disabled_application_is_none() -> None:
    with pytest.raises(NotToClient, match="No application"):
        asked(msgspec.structs.replace(WEB, disabled=True))


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_two_applications_or_two_addresses_are_told_to_the_person_only(name: str) -> None:
    with pytest.raises(NotToClient, match="twice"):
        asked(more=((name, VALUES[name]),))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "\n"}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "A"}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1] + "="}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://app.example.com/request"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"scope": "orders:write"}, "invalid_scope"),
        ({"scope": 'a"b'}, "invalid_scope"),
        ({"resource": "https://other.example.com"}, "invalid_target"),
        ({"prompt": "create"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1e3"}, "invalid_request"),
        ({"max_age": "٣"}, "invalid_request"),
        ({"nonce": "n" * 513}, "invalid_request"),
    ],
)
def test_everything_else_is_told_to_the_application(changes: dict[str, str | None], error: str) -> None:
    with pytest.raises(Refused) as caught:
        asked(**changes)
    assert (caught.value.error, caught.value.redirect_uri, caught.value.state) == (error, CALLBACK, "s")
    assert str(caught.value).isascii()
    assert '"' not in str(caught.value)


def test_nothing_may_stand_twice_but_a_resource() -> None:
    with pytest.raises(Refused, match="has scope twice"):
        asked(more=(("scope", "orders:read"),))
    with pytest.raises(Refused, match=r"has \?\?x twice"):
        asked(more=(('"\\x', "1"), ('"\\x', "2")))
    several = msgspec.structs.replace(WEB, audiences=("https://a.example", "https://b.example"))
    both = (("resource", "https://b.example"), ("resource", "https://a.example"))
    assert asked(several, both).audiences == ("https://b.example", "https://a.example")


def test_a_state_has_a_longest_length_and_one_beyond_it_is_not_repeated() -> None:
    assert len(asked(state="s" * MAX_STATE).state) == MAX_STATE
    with pytest.raises(Refused) as caught:
        asked(state="s" * (MAX_STATE + 1))
    assert caught.value.state == ""


def test_an_application_needs_the_grant() -> None:
    with pytest.raises(Refused) as caught:
        asked(msgspec.structs.replace(WEB, grants=("client_credentials",)))
    assert caught.value.error == "unauthorized_client"


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


# Passwords


@pytest.fixture
def hashing() -> Iterator[Hashing]:
    made = Hashing(at_once=2, waiting=1)
    yield made
    made.close()


def test_a_password_is_right_for_its_person_only(hashing: Hashing) -> None:
    assert hashing.is_right(PASSWORD, HASH)
    assert not hashing.is_right("wrong", HASH)
    assert not hashing.is_right(PASSWORD, None)
    assert hashing.is_right("another one", hashing.hash("another one"))


def test_few_are_judged_at_once_and_one_more_than_may_wait_is_sent_away(
    hashing: Hashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, running = threading.Event(), []

    def slow(_password: str, _phc: str) -> bool:
        running.append(1)
        go_on.wait(30)
        return True

    monkeypatch.setattr("auth.people.hashing.is_right", slow)
    waiting = [gevent.spawn(hashing.is_right, PASSWORD, HASH) for _ in range(3)]
    while len(running) < 2:
        gevent.sleep(0.001)
    with pytest.raises(Busy):
        hashing.is_right(PASSWORD, HASH)
    assert len(running) == 2
    go_on.set()
    gevent.joinall(waiting, timeout=30)
    assert [each.value for each in waiting] == [True] * 3
    assert hashing.is_right(PASSWORD, HASH), "there is room again"


@pytest.fixture
def world(client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in CHEAP.items():
        monkeypatch.setattr(passwords, name, value)
    world = in_process(client, keys)
    yield world
    world.close()


@pytest.fixture
def sign_in(world: World, hashing: Hashing) -> SignIn:
    return SignIn(world.users, Attempts(world.store, world.keys), hashing)


def test_who_exists_cannot_be_told_from_who_does_not(sign_in: SignIn, world: World) -> None:
    world.user("alice")
    world.user("gone", disabled=True)
    assert sign_in.attempt("alice", PASSWORD, "192.0.2.1").verdict == "right"
    for name in ("alice", "nobody"):
        assert sign_in.attempt(name, "wrong password", "192.0.2.1") == ("wrong", None, 0)
    assert sign_in.attempt("gone", PASSWORD, "192.0.2.1") == ("wrong", None, 0)
    assert sign_in.attempt("x" * 129, PASSWORD, "192.0.2.1") == ("wrong", None, 0)


def test_a_name_is_tried_only_so_often_wherever_from_and_whether_it_exists(
    sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.user("alice")
    monkeypatch.setattr("auth.people.hashing.is_right", lambda password, _: password == PASSWORD)
    for name in ("alice", "nobody"):
        tried = [sign_in.attempt(name, "wrong", f"192.0.2.{number}") for number in range(MOST_BY_NAME + 1)]
        assert [each.verdict for each in tried] == ["wrong"] * MOST_BY_NAME + ["wait"]
        assert 0 < tried[-1].wait_s <= 300
    assert sign_in.attempt("alice", PASSWORD, "192.0.2.99").verdict == "wait", "else it were no bound"


def test_an_address_tries_only_so_often_whatever_the_name(
    sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.user("alice")
    monkeypatch.setattr("auth.people.hashing.is_right", lambda password, _: password == PASSWORD)
    tried = [
        sign_in.attempt(f"name-{number}", "x", "192.0.2.1").verdict for number in range(MOST_BY_ADDRESS + 1)
    ]
    assert tried == ["wrong"] * MOST_BY_ADDRESS + ["wait"]
    assert sign_in.attempt("alice", PASSWORD, "192.0.2.2").verdict == "right"


def test_a_right_password_counts_for_nothing(
    sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.user("alice")
    monkeypatch.setattr("auth.people.hashing.is_right", lambda *_: True)
    assert {sign_in.attempt("alice", PASSWORD, "192.0.2.1").verdict for _ in range(30)} == {"right"}


def test_a_password_that_was_hashed_as_one_does_no_more_is_hashed_anew(
    sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.user("alice")
    monkeypatch.setattr(passwords, "ITERATIONS", 2)
    tried = sign_in.attempt("alice", PASSWORD, "192.0.2.1")
    kept = world.users.get("alice")
    assert tried.user is not None
    assert kept is not None
    assert kept.record == tried.user
    assert "t=2" in kept.record.password
    assert stamp_of(kept.record) != stamp_of(msgspec.structs.replace(kept.record, password=HASH))
    assert sign_in.attempt("alice", PASSWORD, "192.0.2.1").user == tried.user
