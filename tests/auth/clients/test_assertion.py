"""Clients that prove by a signature who they are, and what is no proof."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from auth.clients.assertion import ALGORITHMS, BadAssertion, client_of, read_assertion
from tests.support.auth_server import hs256

HERE = ("https://login.example.com", "https://login.example.com/oauth2/token")
NOW_S = 1_800_000_000
EC, RSA, ED = (
    ECKey.generate_key("P-256", {"kid": "ec"}),
    RSAKey.generate_key(2048, {"kid": "rsa"}),
    OKPKey.generate_key("Ed25519", {"kid": "ed"}),
)
JWKS = json.dumps({"keys": [key.as_dict(private=False) for key in (EC, RSA, ED)]})


def signed(key: Any = EC, alg: str = "ES256", header: Any = None, **changed: Any) -> str:
    claims = {
        "iss": "web",
        "sub": "web",
        "aud": HERE[0],
        "exp": NOW_S + 60,
        "jti": "j1",
        **changed,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    head = {"alg": alg, "kid": key.kid, **(header or {})}
    return jwt.encode(head, claims, key, algorithms=[alg])


@pytest.mark.parametrize(
    ("key", "alg"), [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS256"), (ED, "Ed25519"), (ED, "EdDSA")]
)
def test_a_client_proves_itself_with_its_key(key: Any, alg: str) -> None:
    text = signed(key, alg)
    assert client_of(text) == "web"
    assert read_assertion(text, JWKS, HERE, NOW_S) == ("web", "j1", NOW_S + 120)


@pytest.mark.parametrize("audience", [HERE[0], HERE[1], [HERE[0]]])
def test_it_is_for_this_server(audience: Any) -> None:
    assert read_assertion(signed(aud=audience), JWKS, HERE, NOW_S).client_id == "web"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://evil.example"},
        {"aud": [HERE[0], "https://evil.example"]},
        {"aud": []},
        {"aud": None},
        {"aud": {"a": 1}},
        {"iss": "other"},
        {"iss": None},
        {"exp": None},
        {"exp": NOW_S - 61},
        {"exp": NOW_S + 3661},
        {"exp": str(NOW_S + 60)},
        {"exp": True},
        {"exp": 1e300},
        {"nbf": NOW_S + 120},
        {"iat": NOW_S + 120},
        {"iat": "now"},
        {"jti": None},
        {"jti": 7},
        {"jti": ""},
        {"jti": "j" * 257},
    ],
)
def test_another_claim_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadAssertion):
        read_assertion(signed(**changed), JWKS, HERE, NOW_S)


def test_a_little_skew_is_allowed() -> None:
    text = signed(exp=NOW_S - 30, nbf=NOW_S + 30, iat=NOW_S + 30)
    assert read_assertion(text, JWKS, HERE, NOW_S).ends_s == NOW_S + 30


def test_a_key_alone_needs_no_name() -> None:
    one = json.dumps({"keys": [EC.as_dict(private=False)]})
    text = jwt.encode(
        {"alg": "ES256"},
        {"iss": "web", "sub": "web", "aud": HERE[0], "exp": NOW_S + 60, "jti": "j"},
        EC,
    )
    assert read_assertion(text, one, HERE, NOW_S).jti == "j"
    with pytest.raises(BadAssertion):
        read_assertion(text, JWKS, HERE, NOW_S)


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c", "e30.e30.", "e30.bnVsbA.x", "." * 50, "é.é.é"])
def test_what_is_no_jwt_says_nothing(text: str) -> None:
    with pytest.raises(BadAssertion):
        client_of(text)
    with pytest.raises(BadAssertion):
        read_assertion(text, JWKS, HERE, NOW_S)


def test_no_algorithm_of_shared_keys_is_offered() -> None:
    assert not {"none", "HS256", "HS384", "HS512"} & {name for names in ALGORITHMS.values() for name in names}


def unsigned(alg: str) -> str:
    claims = {"iss": "web", "sub": "web", "aud": HERE[0], "exp": NOW_S + 60, "jti": "j1"}
    head = {"alg": alg, "kid": "ec"}
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, claims)
    )


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
def test_attack_an_assertion_without_a_signature_is_refused(alg: str) -> None:
    for signature in ("", "AA"):
        with pytest.raises(BadAssertion):
            read_assertion(f"{unsigned(alg)}.{signature}", JWKS, HERE, NOW_S)


def test_attack_a_public_key_is_no_shared_secret() -> None:
    claims = {"iss": "web", "sub": "web", "aud": HERE[0], "exp": NOW_S + 60, "jti": "j1"}
    for key in (RSA, EC):
        for public in (key.as_pem(private=False), key.as_der(private=False), JWKS.encode()):
            with pytest.raises(BadAssertion):
                read_assertion(hs256({"kid": key.kid}, claims, public), JWKS, HERE, NOW_S)


def test_attack_a_key_inside_the_assertion_counts_for_nothing() -> None:
    mine = ECKey.generate_key("P-256", {"kid": "ec"})
    public = mine.as_dict(private=False)
    for header in ({"jwk": public}, {"jku": "https://evil.example/jwks"}, {"x5u": "https://evil.example"}):
        with pytest.raises(BadAssertion):
            read_assertion(signed(mine, header=header), JWKS, HERE, NOW_S)


def test_attack_an_extension_that_must_be_understood_is_refused() -> None:
    text = jwt.encode(
        {"alg": "ES256", "kid": "ec", "crit": ["b64"], "b64": True},
        {"iss": "web", "sub": "web", "aud": HERE[0], "exp": NOW_S + 60, "jti": "j1"},
        EC,
    )
    with pytest.raises(BadAssertion):
        read_assertion(text, JWKS, HERE, NOW_S)


def test_attack_the_key_of_another_type_or_name_is_refused() -> None:
    with pytest.raises(BadAssertion):
        read_assertion(signed(EC, header={"kid": "rsa"}), JWKS, HERE, NOW_S)
    with pytest.raises(BadAssertion):
        read_assertion(signed(EC, header={"kid": "../ec"}), JWKS, HERE, NOW_S)
    with pytest.raises(BadAssertion):
        read_assertion(signed(ECKey.generate_key("P-256", {"kid": "ec"})), JWKS, HERE, NOW_S)


def test_a_weak_key_signs_nothing() -> None:
    weak = RSAKey.generate_key(1024, {"kid": "weak"})
    with pytest.raises(BadAssertion):
        read_assertion(
            signed(weak, "RS256"), json.dumps({"keys": [weak.as_dict(private=False)]}), HERE, NOW_S
        )
