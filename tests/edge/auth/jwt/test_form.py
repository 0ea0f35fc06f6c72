"""The outer form of tokens. What attackers make of it is in ``test_token_attacks.py``."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.auth.jwt.bad_token import BadToken
from edge.auth.jwt.form import MAX_KID, MAX_TOKEN, take_apart
from tests.support.tokens import b64


def token(header: object, payload: object = None, signature: bytes = b"sig") -> str:
    return f"{b64(json.dumps(header))}.{b64(json.dumps({} if payload is None else payload))}.{b64(signature)}"


def test_the_example_of_the_rfc_is_taken_apart() -> None:
    """RFC 7515 A.1; its algorithm is refused by the keys, later."""
    text = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )
    parts = take_apart(text)
    assert (parts.algorithm, parts.kid, parts.type) == ("HS256", "", "jwt")
    assert parts.claims == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
    assert parts.signed == text.rpartition(".")[0].encode()
    assert len(parts.signature) == 32


def test_the_type_may_be_written_in_full_and_in_any_case() -> None:
    for name in ("at+jwt", "AT+JWT", "application/at+jwt", "Application/At+JWT"):
        assert take_apart(token({"alg": "ES256", "typ": name})).type == "at+jwt"


def test_lengths_have_bounds() -> None:
    assert take_apart(token({"alg": "ES256", "kid": "k" * MAX_KID})).kid == "k" * MAX_KID
    with pytest.raises(BadToken):
        take_apart(token({"alg": "ES256", "kid": "k" * (MAX_KID + 1)}))
    head = token({"alg": "ES256"}, signature=b"")
    longest = head + "A" * (MAX_TOKEN - len(head) - (MAX_TOKEN - len(head)) % 4)
    assert take_apart(longest)
    with pytest.raises(BadToken, match="longer than 8192"):
        take_apart(longest + "A" * 8)


@pytest.mark.parametrize(
    "header", [{}, {"alg": ""}, {"alg": 1}, {"alg": ["ES256"]}, {"alg": "ES256", "typ": 1}]
)
def test_a_header_says_how_it_is_signed(header: object) -> None:
    with pytest.raises(BadToken):
        take_apart(token(header))


def test_what_is_said_of_a_bad_token_has_nothing_of_it() -> None:
    with pytest.raises(BadToken) as refused:
        take_apart(token({"alg": "ES256", "crit": ["secret-word"]}))
    assert "secret-word" not in str(refused.value)


@given(st.text(alphabet="AB_-.=eyJ0", max_size=80))
def test_any_text_is_taken_apart_or_refused(text: str) -> None:
    with contextlib.suppress(BadToken):
        take_apart(text)
