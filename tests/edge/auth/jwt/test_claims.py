"""Claims of a token whose signature is another's business."""

from __future__ import annotations

from typing import Any

import pytest

from edge.auth.jwt.bad_token import BadToken, Early
from edge.auth.jwt.claims import CLOCK_SKEW_S, MAX_LIST, MAX_TEXT, Reading, find, read_claims

NOW = 1_000_000.0
READING = Reading("https://id.test")
CLAIMS: dict[str, Any] = {"iss": "https://id.test", "aud": "api", "sub": "alice", "exp": NOW + 100}


def read(reading: Reading = READING, **claims: Any) -> Any:
    return read_claims({**CLAIMS, **claims}, reading, NOW)


def test_claims_are_read() -> None:
    found = read(client_id="app", jti="t", sid="s", scope="a b", iat=NOW - 5)
    assert found.audiences == ("api",)
    assert (found.subject, found.client, found.id, found.session) == ("alice", "app", "t", "s")
    assert (found.scopes, found.issued_s, found.expires_s) == (("a", "b"), NOW - 5, NOW + 100)


def test_clocks_may_be_a_minute_apart() -> None:
    assert read(exp=NOW - CLOCK_SKEW_S + 1)
    assert read(nbf=NOW + CLOCK_SKEW_S, iat=NOW + CLOCK_SKEW_S)
    with pytest.raises(BadToken) as refused:
        read(exp=NOW - CLOCK_SKEW_S)
    assert refused.value.code == "credential-expired"
    for name in ("nbf", "iat"):
        with pytest.raises(Early):
            read(**{name: NOW + CLOCK_SKEW_S + 1})


@pytest.mark.parametrize(
    ("claim", "value", "scopes"),
    [
        ("scope", "a b", ("a", "b")),
        ("scope", " a  b ", ("a", "b")),
        ("scope", ["a", "b"], ("a", "b")),
        ("scope", [], ()),
        ("scope", None, ()),
        ("scp", "User.Read Orders.All", ("User.Read", "Orders.All")),
        ("permissions", ["read:orders"], ("read:orders",)),
        ("https://example.com/roles", ["admin"], ("admin",)),
    ],
)
def test_scopes_stand_where_the_issuer_has_them(claim: str, value: Any, scopes: tuple[str, ...]) -> None:
    assert read(Reading("https://id.test", claim), **{claim: value}).scopes == scopes


def test_what_can_be_no_scope_gives_nothing() -> None:
    """Else one of a list that has a space would be taken for two."""
    assert read(scope=["read admin", "x", "", "Prüfer", 'a"b']).scopes == ("x",)


def test_a_claim_may_be_inside_another() -> None:
    claims = {"realm_access": {"roles": ["a"]}, "a.b": 1, "a": {"b": 2}}
    assert find(claims, "realm_access.roles") == ["a"]
    assert find(claims, "a.b") == 1
    assert find(claims, "realm_access.none") is None
    assert find(claims, "realm_access.roles.0") is None
    assert find(claims, "") is None


def test_a_consumer_is_named_by_the_claim_of_the_issuer() -> None:
    reading = Reading("https://id.test", "scope", "azp")
    assert read(reading, azp="shop").consumer == "shop"
    assert read(reading, azp="shop").client == "shop"
    for value in ("", None, 7, ["shop"]):
        with pytest.raises(BadToken):
            read(reading, azp=value)


def test_names_and_lists_have_bounds() -> None:
    assert read(sub="x" * MAX_TEXT).subject
    assert len(read(aud=["a"] * MAX_LIST).audiences) == MAX_LIST
    for claims in (
        {"sub": "x" * (MAX_TEXT + 1)},
        {"aud": ["a"] * (MAX_LIST + 1)},
        {"scope": "a " * (MAX_LIST + 1)},
    ):
        with pytest.raises(BadToken):
            read(**claims)


def test_no_audience_is_no_audience() -> None:
    assert read(aud=None).audiences == ()
