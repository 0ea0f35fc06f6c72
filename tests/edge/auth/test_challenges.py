"""WWW-Authenticate as RFC 6750 wants it."""

from __future__ import annotations

from edge.auth.challenges import bearer_challenge, quoted
from edge.auth.denied import Denied


def test_who_showed_nothing_is_told_no_error() -> None:
    assert bearer_challenge(None) == (b'Bearer realm="weir"',)


def test_what_is_wrong_with_a_token_is_said() -> None:
    denied = Denied("credential-expired", "it is over")
    assert bearer_challenge(denied) == (
        b'Bearer realm="weir", error="invalid_token", error_description="it is over"',
    )


def test_what_cannot_stand_in_a_description_is_left_out() -> None:
    (value,) = bearer_challenge(Denied("credential-invalid", 'a "b" \\ é\r\nX: 1'))
    assert value.endswith(b'error_description="a b  X: 1"')


def test_a_scope_that_is_missing_is_named() -> None:
    (value,) = bearer_challenge(Denied("insufficient-scope", scope="a b"))
    assert value == b'Bearer realm="weir", error="insufficient_scope", scope="a b"'


def test_a_quoted_string_cannot_be_ended_from_within() -> None:
    assert quoted('a"b\\') == r'"a\"b\\"'
