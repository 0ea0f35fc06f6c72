"""What is remembered of tokens."""

from __future__ import annotations

import time

import pytest

from edge.auth.issuers import Issuer, Issuers
from edge.auth.jwt.bad_token import BadToken, Early
from edge.auth.tokens import REFUSED_S, Tokens
from edge.link.asks import Asks
from tests.support.tokens import Signer


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(Issuers(Asks(), lambda: None), clock)


SIGNER = Signer()
OTHER = Signer()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(SIGNER.word())


def test_a_verified_token_is_known_until_it_expires(tokens: Tokens, issuer: Issuer, clock: Clock) -> None:
    text = SIGNER.token()
    assert tokens.known(text, issuer) is None
    token = tokens.verify(text, issuer)
    assert tokens.known(text, issuer) is token
    clock.now += 600 + 59
    assert tokens.known(text, issuer) is token
    clock.now += 2
    with pytest.raises(BadToken) as refused:
        tokens.known(text, issuer)
    assert refused.value.code == "credential-expired"


def test_a_token_is_verified_anew_when_its_issuer_has_changed(tokens: Tokens, issuer: Issuer) -> None:
    text = SIGNER.token()
    tokens.verify(text, issuer)
    changed = Issuer(OTHER.word())
    assert tokens.known(text, changed) is None
    with pytest.raises(BadToken, match="signature"):
        tokens.verify(text, changed)


def test_a_refused_token_is_remembered_for_a_while_and_of_that_issuer(
    tokens: Tokens, issuer: Issuer, clock: Clock
) -> None:
    text = OTHER.token()
    with pytest.raises(BadToken):
        tokens.verify(text, issuer)
    for _ in range(3):
        with pytest.raises(BadToken, match="signature"):
            tokens.known(text, issuer)
    assert tokens.known(text, Issuer(OTHER.word())) is None
    clock.now += REFUSED_S
    assert tokens.known(text, issuer) is None


def test_a_token_that_comes_too_early_is_not_remembered(tokens: Tokens, issuer: Issuer, clock: Clock) -> None:
    text = SIGNER.token(SIGNER.claims(nbf=int(clock.now) + 61))
    with pytest.raises(Early):
        tokens.verify(text, issuer)
    clock.now += 2
    assert tokens.known(text, issuer) is None
    assert tokens.verify(text, issuer)


def test_what_is_remembered_has_a_bound(
    tokens: Tokens, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens._verified, "_most", 2)
    texts = [SIGNER.token(SIGNER.claims(jti=str(number))) for number in range(3)]
    for text in texts:
        tokens.verify(text, issuer)
    assert [tokens.known(text, issuer) is not None for text in texts] == [False, True, True]
