"""Reasons of refusal."""

from __future__ import annotations

from edge.auth.jwt.bad_token import BadToken, Early, Forged, UnknownKey


def test_a_refusal_has_words_and_a_code() -> None:
    assert (str(BadToken("why")), BadToken("why").code) == ("why", "credential-invalid")
    assert BadToken("old", "credential-expired").code == "credential-expired"


def test_a_token_with_an_unknown_key_counts_as_a_guess_and_an_early_one_does_not() -> None:
    assert isinstance(UnknownKey("x"), Forged)
    assert not isinstance(Early("x"), Forged)
