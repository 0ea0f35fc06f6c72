"""Keys and what they may be used with."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from edge.auth.jwt.bad_token import BadToken, Forged, UnknownKey
from edge.auth.jwt.form import take_apart
from edge.auth.jwt.keys import ALGORITHMS, MAX_KEYS, KeySet
from tests.support.tokens import Signer


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "RS256", "PS256", "Ed25519"])
def test_each_algorithm_is_verified(algorithm: str) -> None:
    signer = Signer(algorithm=algorithm)
    keys = KeySet({"keys": [signer.public]}, ALGORITHMS)
    parts = take_apart(signer.token())
    keys.check(parts)
    wrong = bytes([parts.signature[0] ^ 1]) + parts.signature[1:]
    for signature in (wrong, b"", b"\0", parts.signature[:-1], parts.signature + b"\0", b"\0" * len(wrong)):
        with pytest.raises(Forged):
            keys.check(parts._replace(signature=signature))
    with pytest.raises(Forged):
        keys.check(parts._replace(signed=parts.signed + b"A"))


def test_ed25519_has_two_names() -> None:
    """RFC 9864 gave it its own; most issuers still say EdDSA."""
    signer = Signer(algorithm="Ed25519")
    parts = take_apart(signer.token())
    names = [("Ed25519", "EdDSA", "EdDSA"), ("EdDSA", "Ed25519", "EdDSA"), ("EdDSA", "EdDSA", "Ed25519")]
    for allowed, named, said in names:
        keys = KeySet({"keys": [{**signer.public, "alg": named}]}, [allowed])
        token = signer.token(header=signer.header(alg=said))
        keys.check(take_apart(token))
    with pytest.raises(BadToken):
        KeySet({"keys": [signer.public]}, ["ES256"]).check(parts)


def test_an_rsa_key_that_names_no_algorithm_is_good_for_those_of_the_issuer() -> None:
    signer = Signer(algorithm="RS256", named=False)
    keys = KeySet({"keys": [signer.public]}, ["RS256", "PS256"])
    for algorithm, good in (("RS256", True), ("PS256", True), ("RS512", False)):
        text = signer.signed(json.dumps(signer.header(alg=algorithm)), json.dumps(signer.claims()), algorithm)
        if good:
            keys.check(take_apart(text))
        else:
            with pytest.raises(BadToken, match="not for"):
                keys.check(take_apart(text))


def test_a_token_without_kid_is_of_the_only_key_that_it_could_be_of() -> None:
    one, two = Signer(), Signer(algorithm="RS256", kid="rsa")
    nameless = take_apart(one.token(header=one.header(kid=None)))
    KeySet({"keys": [one.public, two.public]}, ALGORITHMS).check(nameless)
    twins = KeySet({"keys": [one.public, Signer(kid="k2").public]}, ALGORITHMS)
    with pytest.raises(BadToken, match="which of its issuer's keys"):
        twins.check(nameless)


def test_a_key_that_is_not_there_is_told_apart() -> None:
    signer = Signer()
    with pytest.raises(UnknownKey):
        KeySet({"keys": []}, ALGORITHMS).check(take_apart(signer.token()))


@cache
def _weak() -> dict[str, dict[str, Any]]:
    good = Signer().public
    private = ECKey.generate_key("P-256").as_dict(private=True)
    return {
        "a shared secret": {**OctKey.generate_key(256).as_dict(), "alg": "HS256"},
        "a short RSA key": RSAKey.generate_key(1024).as_dict(private=False),
        "another curve": OKPKey.generate_key("X25519").as_dict(private=False),
        "a curve of coins": ECKey.generate_key("secp256k1").as_dict(private=False),
        "a key for encryption": {**good, "use": "enc"},
        "a key that may not verify": {**good, "key_ops": ["sign"]},
        "a large exponent": {**RSAKey.generate_key(2048).as_dict(private=False), "e": "_" * 44},
        "a large RSA key": {"kty": "RSA", "n": "x" * 1400, "e": "AQAB"},
        "a letter that is none": {**good, "x": good["x"][:-1] + "\u00e9"},
        "another algorithm": {**good, "alg": "ES384"},
        "an algorithm that is no text": {**good, "alg": ["ES256"]},
        "a point that is not on the curve": {**good, "x": good["y"]},
        "no point": {name: value for name, value in good.items() if name != "y"},
        "numbers": {**good, "x": 5},
        "no base64": {**good, "x": "!!"},
        "a kid that is no text": {**good, "kid": 7},
        "a long kid": {**good, "kid": "k" * 300},
        "no kind": {name: value for name, value in good.items() if name != "kty"},
        "a kind that is no text": {**good, "kty": ["EC"]},
        "an even modulus": {"kty": "RSA", "n": "AAAA" * 90, "e": "AQAB"},
        "only a private half": {"kty": "EC", "crv": "P-256", "d": private["d"]},
    }


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "kind",
    [
        "a shared secret",
        "a short RSA key",
        "another curve",
        "a curve of coins",
        "a key for encryption",
        "a key that may not verify",
        "a large exponent",
        "a large RSA key",
        "a letter that is none",
        "another algorithm",
        "an algorithm that is no text",
        "a point that is not on the curve",
        "no point",
        "numbers",
        "no base64",
        "a kid that is no text",
        "a long kid",
        "no kind",
        "a kind that is no text",
        "an even modulus",
        "only a private half",
    ],
)
def test_what_is_no_sound_public_key_is_left_out(kind: str) -> None:
    keys = KeySet({"keys": [_weak()[kind], Signer(kid="good").public]}, [*ALGORITHMS, "HS256", "none"])
    assert (len(keys), keys.left_out) == (1, 1)


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"keys": {}}, {"keys": [None, 1, "x", []]}])
def test_a_set_without_keys_has_none(jwks: dict[str, Any]) -> None:
    assert len(KeySet(jwks, ALGORITHMS)) == 0


def test_a_set_has_at_most_a_hundred_keys() -> None:
    public = Signer().public
    rows = [{**public, "kid": f"k{number}"} for number in range(MAX_KEYS + 1)]
    keys = KeySet({"keys": rows}, ALGORITHMS)
    assert (len(keys), keys.left_out) == (MAX_KEYS, 1)


def test_an_edge_without_rules_that_ask_for_tokens_does_without_the_libraries() -> None:
    program = (
        "import sys; import edge.auth.services, edge.auth.methods.token, edge.auth.tokens; "
        "print(sorted(name for name in sys.modules if name in ('joserfc', 'cryptography', 'authlib')))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.strip() == "[]"
