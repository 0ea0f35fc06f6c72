"""Who a client is: what it shows, and whether that proves it."""

from __future__ import annotations

import base64

import pytest
from authlib.oauth2.rfc6749 import InvalidRequestError

from auth.clients.authenticate import is_secret
from auth.clients.client import Client
from auth.clients.shown import ASSERTION_TYPE, Shown, shown_by
from auth.errors import UnknownClientError
from weir.models.auth.records import OAuthClient
from weir.models.auth.secret_text import hash_of


def basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


# What is shown


@pytest.mark.parametrize(
    ("authorization", "form", "expected"),
    [
        (basic(b"web:s3"), {}, Shown("client_secret_basic", "web", "s3")),
        (basic(b"web:s3").replace("Basic", "bAsIc"), {}, Shown("client_secret_basic", "web", "s3")),
        (basic(b"web:s3"), {"client_id": "web"}, Shown("client_secret_basic", "web", "s3")),
        (basic(b"a%3Ab+c:s%3A%C3%A9+1"), {}, Shown("client_secret_basic", "a:b c", "s:é 1")),
        ("", {"client_id": "web", "client_secret": "s3"}, Shown("client_secret_post", "web", "s3")),
        ("", {"client_id": "web"}, Shown("none", "web", "")),
        (
            "",
            {"client_assertion_type": ASSERTION_TYPE, "client_assertion": "a.b.c"},
            Shown("private_key_jwt", "", "a.b.c"),
        ),
    ],
)
def test_there_are_four_ways_to_say_who_one_is(
    authorization: str, form: dict[str, str], expected: Shown
) -> None:
    assert shown_by(authorization, form) == expected


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        ("", {}),
        ("", {"client_secret": "s3"}),
        ("Bearer abc", {}),
        ("Basic", {}),
        ("Basic !!!", {}),
        (basic(b"no-colon"), {}),
        (basic(b"\xff:\xff"), {}),
        (basic(b"%ff:x"), {}),
        (basic(b":secret"), {}),
        (basic(b"a" * 300 + b":s"), {}),
        ("", {"client_id": "web", "client_assertion": "a.b.c"}),
        ("", {"client_assertion": "a.b.c", "client_assertion_type": "urn:other"}),
        ("", {"client_assertion": "a" * 9000, "client_assertion_type": ASSERTION_TYPE}),
    ],
)
def test_what_says_nothing_is_refused(authorization: str, form: dict[str, str]) -> None:
    with pytest.raises(UnknownClientError) as refused:
        shown_by(authorization, form)
    status, _, headers = refused.value()
    assert status == 401
    assert ("WWW-Authenticate", 'Basic realm="weir", charset="UTF-8"') in headers


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        (basic(b"web:s3"), {"client_secret": "s3"}),
        (basic(b"web:s3"), {"client_id": "other"}),
        ("", {"client_secret": "s3", "client_assertion": "a", "client_assertion_type": ASSERTION_TYPE}),
        (basic(b"web:s3"), {"client_assertion_type": ASSERTION_TYPE}),
    ],
)
def test_two_ways_at_once_are_refused(authorization: str, form: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestError):
        shown_by(authorization, form)


def test_a_secret_stays_out_of_logs() -> None:
    assert "s3" not in repr(Shown("client_secret_post", "web", "s3"))


# Secrets


def test_the_secret_before_a_rotation_is_good_for_its_time() -> None:
    record = OAuthClient(
        id="web",
        name="web",
        created_ms=1,
        hash=hash_of("new"),
        previous_hash=hash_of("old"),
        previous_until_ms=100,
    )
    assert is_secret("new", record, 10**15)
    assert is_secret("old", record, 99)
    assert not is_secret("old", record, 100)
    assert not is_secret("other", record, 1)


def test_an_empty_secret_is_none() -> None:
    record = OAuthClient(id="web", name="web", created_ms=1)
    assert not is_secret("", record, 1)
    assert not is_secret("", None, 1)


# For Authlib


def test_authlib_asks_the_record() -> None:
    record = OAuthClient(
        id="web", name="Web", created_ms=1, grants=("authorization_code",), auth="client_secret_post"
    )
    client = Client(record)
    assert client.get_client_id() == "web"
    assert client.check_grant_type("authorization_code")
    assert not client.check_grant_type("client_credentials")
    assert client.check_response_type("code")
    assert not client.check_response_type("token")
    assert not client.check_endpoint_auth_method("client_secret_basic", "token")
    assert client.get_allowed_scope(None) == ""
