"""What is said of an issuer, from documents that the test gives."""

from __future__ import annotations

from typing import Any

import pytest

from admin_api.issuers.check import MAX_KEYS, check, keys_in
from admin_api.issuers.fetch import NotFetched

URL = "https://login.example.com"
OPENID = f"{URL}/.well-known/openid-configuration"
OAUTH = f"{URL}/.well-known/oauth-authorization-server"
KEYS = f"{URL}/keys"
RSA = {"kty": "RSA", "kid": "a", "alg": "RS256", "use": "sig"}


class Web:
    """Documents by URL; everything else is not there."""

    def __init__(self, documents: dict[str, Any]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    def fetch(self, url: str, until_s: float) -> dict[str, Any]:
        self.asked.append(url)
        if url not in self.documents:
            raise NotFetched(f"{url} answers 404")
        document: dict[str, Any] = self.documents[url]
        return document


def web(**documents: Any) -> Web:
    places = {"openid": OPENID, "oauth": OAUTH, "keys": KEYS}
    return Web({places[name]: document for name, document in documents.items()})


def test_an_issuer_with_metadata_and_keys_is_fine() -> None:
    there = web(openid={"issuer": URL, "jwks_uri": KEYS}, keys={"keys": [RSA]})
    found = check(URL, fetch=there.fetch)
    assert (found.ok, found.problem, found.metadata_url, found.jwks_uri) == (True, "", OPENID, KEYS)
    assert [(key.kid, key.kty, key.alg) for key in found.keys] == [("a", "RSA", "RS256")]


def test_the_second_place_of_metadata_is_asked_too() -> None:
    there = web(oauth={"issuer": URL, "jwks_uri": KEYS}, keys={"keys": [RSA]})
    assert check(URL, fetch=there.fetch).metadata_url == OAUTH
    assert there.asked == [OPENID, OAUTH, KEYS]


def test_with_a_jwks_uri_nothing_is_discovered() -> None:
    there = web(keys={"keys": [RSA]})
    assert check(URL, KEYS, fetch=there.fetch).ok
    assert there.asked == [KEYS]


@pytest.mark.parametrize(
    ("documents", "says"),
    [
        ({}, "openid-configuration answers 404"),
        ({"openid": {"issuer": f"{URL}/", "jwks_uri": KEYS}}, "has to be exactly that"),
        ({"openid": {"jwks_uri": KEYS}}, "has to be exactly that"),
        ({"openid": {"issuer": URL}}, "no jwks_uri"),
        ({"openid": {"issuer": URL, "jwks_uri": "file:///etc/passwd"}}, "no jwks_uri"),
        ({"openid": {"issuer": URL, "jwks_uri": "http://login.example.com/keys"}}, "no jwks_uri"),
        ({"openid": {"issuer": URL, "jwks_uri": 7}}, "no jwks_uri"),
        ({"openid": {"issuer": URL, "jwks_uri": KEYS}}, "keys answers 404"),
        ({"openid": {"issuer": URL, "jwks_uri": KEYS}, "keys": {}}, "no JSON Web Key Set"),
        ({"openid": {"issuer": URL, "jwks_uri": KEYS}, "keys": {"keys": [{"kty": "oct"}]}}, "no key"),
        ({"openid": {"issuer": URL, "jwks_uri": KEYS}, "keys": {"keys": [RSA | {"use": "enc"}]}}, "no key"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(documents: dict[str, Any], says: str) -> None:
    found = check(URL, fetch=web(**documents).fetch)
    assert not found.ok
    assert says in found.problem
    assert found.problem.endswith(".")


def test_an_address_that_none_may_have_is_not_asked() -> None:
    there = web()
    assert "http" in check("http://10.0.0.1/", fetch=there.fetch).problem
    assert there.asked == []


def test_keys_are_looked_at_up_to_a_bound_and_strange_ones_are_left_out() -> None:
    assert len(keys_in({"keys": [RSA] * (MAX_KEYS + 1)})) == MAX_KEYS
    assert keys_in({"keys": [7, None, {"kty": ["RSA"]}]}) == ()
    (odd,) = keys_in({"keys": [{"kty": "OKP", "kid": 7}]})
    assert (odd.kid, odd.alg) == ("", "")
