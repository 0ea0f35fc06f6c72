"""What issuers say of themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edge.agent.issuers.documents import MAX_BYTES, BadDocument, jwks_uri_of, public_keys_of
from edge.auth.jwt.keys import MAX_KEYS
from tests.support.tokens import Signer

ISSUER = "https://id.test"


def metadata(**changes: Any) -> bytes:
    return json.dumps({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **changes}).encode()


def test_metadata_say_where_the_keys_are() -> None:
    assert jwks_uri_of(metadata(), ISSUER) == f"{ISSUER}/keys"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (metadata(issuer="https://evil.test"), "another issuer"),
        (metadata(issuer=f"{ISSUER}/"), "another issuer"),
        (metadata(issuer=None), "another issuer"),
        (metadata(jwks_uri=None), "no jwks_uri"),
        (metadata(jwks_uri=["https://id.test/keys"]), "no jwks_uri"),
        (metadata(jwks_uri="http://127.0.0.1:6379/"), "is http, and the issuer is not"),
        (metadata(jwks_uri="http://id.test/keys"), "is http"),
        (metadata(jwks_uri="file:///etc/passwd"), "no URL with https"),
        (metadata(jwks_uri="https://a@id.test/"), "user name"),
        (b"<html>", "not understood"),
        (b"[]", "not understood"),
        (metadata()[:-1] + b',"issuer":"https://evil.test"}', "not understood"),
        (b"{" + b" " * MAX_BYTES + b"}", "larger than 256 KiB"),
    ],
)
def test_metadata_that_are_not_the_issuers_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(BadDocument, match=says):
        jwks_uri_of(data, ISSUER)


def test_keys_may_stand_elsewhere_and_without_tls_only_on_this_machine() -> None:
    assert jwks_uri_of(metadata(jwks_uri="https://keys.test/k?a=b"), ISSUER) == "https://keys.test/k?a=b"
    here = "http://127.0.0.1:8002"
    assert jwks_uri_of(metadata(issuer=here, jwks_uri=f"{here}/jwks"), here) == f"{here}/jwks"
    with pytest.raises(BadDocument, match="is http"):
        jwks_uri_of(metadata(issuer=here, jwks_uri="http://id.test/jwks"), here)


def test_of_keys_only_what_verifies_is_kept() -> None:
    signer = Signer(algorithm="RS256")
    private = {**signer.key.as_dict(private=True), "kid": "k1", "x5c": ["AAAA"], "x5u": "https://evil.test"}
    rows = [
        private,
        {"kty": "oct", "k": "c2VjcmV0"},
        {**signer.public, "use": "enc"},
        None,
        7,
        {"kty": ["RSA"]},
    ]
    found = public_keys_of(json.dumps({"keys": rows}).encode())
    assert found == {"keys": [{"kty": "RSA", "n": signer.public["n"], "e": "AQAB", "kid": "k1"}]}


def test_a_key_may_say_that_it_verifies() -> None:
    public = Signer().public
    rows = [{**public, "key_ops": ["verify", "x"]}, {**public, "key_ops": ["sign"]}]
    [key] = public_keys_of(json.dumps({"keys": rows}).encode())["keys"]
    assert key["key_ops"] == ["verify"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "no list of keys"),
        ({"keys": {}}, "no list of keys"),
        ({"keys": []}, "no key"),
        ({"keys": [{"kty": "oct", "k": "AA"}]}, "no key"),
        ({"keys": [{"kty": "RSA", "n": "A" * 5000, "e": "AQAB"}]}, "no key"),
        ({"keys": [{}] * (MAX_KEYS + 1)}, "more than 100"),
        ({"keys": [], "more": "x" * MAX_BYTES}, "larger"),
    ],
)
def test_sets_that_are_none_are_refused(body: dict[str, Any], says: str) -> None:
    with pytest.raises(BadDocument, match=says):
        public_keys_of(json.dumps(body).encode())
