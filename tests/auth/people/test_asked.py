"""What an application asks for: read strictly, and never answered to a stranger's address."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auth.people.asked import MAX_STATE, NotToClient, Refused, read_asked
from tests.support.people import (
    CALLBACK,
    CHALLENGE,
    VALUES,
    WEB,
    asked,
)


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


ODD = ("none", "https://evil.example/", "//", "@", "#", "?", "%2e", "\\", "\r\n")
NAMES = (*VALUES, "nonce", "prompt", "max_age", "resource", "response_mode", "request", "id_token_hint")
PIECES = st.one_of(st.sampled_from([CALLBACK, *VALUES.values(), *ODD]), st.text(max_size=8))
PARAMETERS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.lists(PIECES, min_size=1, max_size=3).map("".join)), max_size=6
)


@settings(max_examples=150, deadline=None)
@given(left_out=st.sets(st.sampled_from(list(VALUES)), max_size=2), more=PARAMETERS)
def test_whatever_is_asked_nobody_is_led_to_a_strangers_address(
    left_out: set[str], more: list[tuple[str, str]]
) -> None:
    """Every request ends in a page for the person, or at the address that was registered, to the letter."""
    values = [(name, value) for name, value in VALUES.items() if name not in left_out]
    led_to, said = CALLBACK, ""
    try:
        led_to = read_asked([*values, *more], {"web": WEB}.get, "https://auth.example.com").redirect_uri
    except Refused as refused:
        led_to, said = refused.redirect_uri, str(refused)
    except NotToClient:
        pass
    assert led_to == CALLBACK
    assert said.isascii()
    assert not set('"\\') & set(said)
