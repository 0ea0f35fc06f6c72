"""Tokens that are signed well and claim what they must not: each is refused, whole requests through a whole edge."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.support.token_world import EXPIRED, INVALID, World
from tests.support.tokens import FOREIGN, OWN


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("edge"))


def test_an_expired_token_is_refused(world: World) -> None:
    now = int(time.time())
    assert world.edge.code(world.own.token(world.own.claims(exp=now - 61))) == EXPIRED
    assert world.edge.code(world.own.token(world.own.claims(exp=0))) == EXPIRED
    assert world.edge.code(world.own.token(world.own.claims(exp=now - 30))) == "200"


def test_a_token_that_never_expires_is_refused(world: World) -> None:
    assert world.edge.code(world.own.token(world.own.claims(exp=None))) == INVALID


def test_a_token_of_the_future_is_refused(world: World) -> None:
    later = int(time.time()) + 120
    assert world.edge.code(world.own.token(world.own.claims(nbf=later))) == INVALID
    assert world.edge.code(world.own.token(world.own.claims(iat=later))) == INVALID
    assert world.edge.code(world.own.token(world.own.claims(nbf=later - 90))) == "200"


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value",
    [
        '"9999999999"',
        "true",
        "[9999999999]",
        "{}",
        "-1",
        "1e400",
        "1e300",
        "NaN",
        "Infinity",
        "9" * 400,
        "9" * 5000,
    ],
)
def test_times_are_sensible_numbers(world: World, name: str, value: str) -> None:
    claims = world.own.claims()
    claims.pop(name, None)
    payload = json.dumps(claims)[:-1] + f', "{name}": {value}}}'
    assert world.edge.code(world.own.signed(json.dumps(world.own.header()), payload)) == INVALID


@pytest.mark.parametrize(
    "audience",
    [
        "other",
        [],
        None,
        ["other", "more"],
        "",
        f"{OWN}/",
        f"{OWN} ",
        OWN.upper(),
        {"a": OWN},
        7,
        [OWN, 7],
        [[OWN]],
    ],
)
def test_a_token_for_somebody_else_is_refused(world: World, audience: Any) -> None:
    assert world.edge.code(world.own.token(world.own.claims(aud=audience))) == INVALID


def test_a_token_for_one_api_is_none_for_another(world: World) -> None:
    token = world.own.token(world.own.claims(aud="other"))
    assert world.edge.code(token, "/other") == "200"
    assert world.edge.code(token) == INVALID
    assert world.edge.code(token, "/foreign") == INVALID


@pytest.mark.parametrize(
    "issuer",
    ["https://evil.example", None, "", f"{OWN}/", f"{OWN}\u200b", OWN.upper(), [OWN], {"": OWN}, FOREIGN],
)
def test_a_token_of_another_issuer_is_refused(world: World, issuer: Any) -> None:
    assert world.edge.code(world.own.token(world.own.claims(iss=issuer))) == INVALID


def test_issuers_with_keys_of_the_same_name_are_not_mixed_up(world: World) -> None:
    """Both call a key ``k1``; each signs what the other would."""
    foreign_claims = world.foreign.claims()
    assert world.edge.code(world.own.token(foreign_claims), "/foreign") == INVALID
    assert (
        world.edge.code(world.foreign.token(world.own.claims(), world.foreign.header(typ="at+jwt")))
        == INVALID
    )
    assert world.edge.code(world.foreign.token()) == INVALID
    assert world.edge.code(world.own.token(), "/foreign") == INVALID


@pytest.mark.parametrize("client", ["ghost", "", None, 7, "APP", "app ", "app\n", ["app"]])
def test_a_token_of_no_client_is_refused(world: World, client: Any) -> None:
    assert world.edge.code(world.own.token(world.own.claims(client_id=client))) == INVALID


@pytest.mark.parametrize(
    "kind", ["JWT", "id_token+jwt", "logout+jwt", "dpop+jwt", "at", "at+jwt2", None, "jws", ""]
)
def test_an_id_token_is_no_access_token(world: World, kind: str | None) -> None:
    """RFC 9068 §4: the same issuer signs both with the same keys."""
    assert world.edge.code(world.own.token(header=world.own.header(typ=kind))) == INVALID


@pytest.mark.parametrize(
    "claims", [{"typ": "ID"}, {"typ": "Refresh"}, {"token_use": "id"}, {"typ": "Logout"}]
)
def test_other_tokens_of_foreign_issuers_are_no_access_tokens(world: World, claims: dict[str, Any]) -> None:
    assert world.edge.code(world.foreign.token(world.foreign.claims(**claims)), "/foreign") == INVALID
    for kind in ("logout+jwt", "dpop+jwt", "secevent+jwt"):
        token = world.foreign.token(header=world.foreign.header(typ=kind))
        assert world.edge.code(token, "/foreign") == INVALID


def test_a_token_that_is_bound_to_a_key_is_no_bearer_token(world: World) -> None:
    """RFC 9449, RFC 8705: whoever stole it has not the key, and the key is not asked for here."""
    assert world.edge.code(world.own.token(world.own.claims(cnf={"jkt": "x"}))) == INVALID


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "alice\r\nX-Weir-Consumer: root"},
        {"sub": "alice\u2028"},
        {"sub": " alice"},
        {"sub": "alice "},
        {"sub": "ali\u0441e"},
        {"sub": "\u4e2d"},
        {"sub": "\u00e4\u00b8\u00ad"},
        {"client_id": "app\u00a0"},
        {"jti": "t\u0000"},
        {"scope": "read\nadmin"},
        {"scope": ["read", 7]},
        {"scope": {"read": True}},
        {"sub": 7},
        {"sub": ""},
        {"jti": None},
        {"iat": None},
        {"sub": "x" * 2000},
    ],
)
def test_claims_that_are_no_names_are_refused(world: World, claims: dict[str, Any]) -> None:
    text = {**world.own.claims(), **claims}
    assert world.edge.code(world.own.token({k: v for k, v in text.items() if v is not None})) == INVALID


def test_half_a_surrogate_pair_is_refused(world: World) -> None:
    payload = json.dumps(world.own.claims(sub="PLACE")).replace("PLACE", "\\ud800")
    assert world.edge.code(world.own.signed(json.dumps(world.own.header()), payload)) == INVALID
