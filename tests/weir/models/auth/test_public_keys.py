"""Only public keys may be registered."""

from __future__ import annotations

from typing import Any

import pytest

from weir.models.auth.public_keys import MAX_KEYS, problem_of

EC = {"kty": "EC", "crv": "P-256", "x": "a", "y": "b"}


@pytest.mark.parametrize(
    "keys",
    [
        [EC],
        [{"kty": "RSA", "n": "a", "e": "AQAB", "kid": "1"}, {**EC, "kid": "2"}],
        [{"kty": "OKP", "crv": "Ed25519", "x": "a", "use": "sig"}],
        [{**EC, "kid": str(number)} for number in range(MAX_KEYS)],
    ],
)
def test_public_keys_may_be(keys: list[Any]) -> None:
    assert problem_of({"keys": keys}) == ""


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": {}},
        {"keys": []},
        {"keys": [EC] * (MAX_KEYS + 1)},
        {"keys": ["x"]},
        {"keys": [{"kty": "EC", "crv": "P-256", "x": "a"}]},
        {"keys": [{**EC, "d": "secret"}]},
        {"keys": [{"kty": "oct", "k": "secret"}]},
        {"keys": [{"kty": "oct"}]},
        {"keys": [{"kty": ["EC"]}]},
        {"keys": [{**EC, "use": "enc"}]},
        {"keys": [EC, EC]},
        {"keys": [{**EC, "kid": "1"}, {**EC, "kid": "1"}]},
    ],
)
def test_anything_else_may_not(jwks: dict[str, Any]) -> None:
    assert problem_of(jwks) != ""
