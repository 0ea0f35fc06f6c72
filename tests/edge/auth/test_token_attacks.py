"""Tokens as attackers write them: each is refused with 401, whole requests through a whole edge.

The edge trusts two issuers, each with several keys; what a real token of theirs may is in ``methods/test_token.py``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tokens import AUDIENCE, FOREIGN, OWN, Signer, TokenEdge, b64, unb64

RULES = f"""
rule own {{ when path == "/"; require token; respond 200 "in" }}
rule foreign {{
    when path == "/foreign"
    require token(issuer: "{FOREIGN}", audience: "{AUDIENCE}")
    respond 200 "in"
}}
rule other {{ when path == "/other"; require token(audience: "other"); respond 200 "in" }}
"""
INVALID = "401 credential-invalid"
EXPIRED = "401 credential-expired"


class World:
    """``own`` signs with ES256 and RS256, ``foreign`` with RS256, all with keys of the same names."""

    def __init__(self, directory: Path) -> None:
        self.own = Signer(OWN)
        self.own_rsa = Signer(OWN, algorithm="RS256", kid="rsa", named=False)
        self.foreign = Signer(FOREIGN, algorithm="RS256", named=False)
        self.mallory = Signer(OWN)
        self.edge = TokenEdge(directory, RULES, self.own.word(self.own_rsa), self.foreign.word())
        self.edge.engine.auth.throttle.failed = lambda _facts: None  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("edge"))


def test_honest_tokens_of_both_issuers_pass(world: World) -> None:
    """Else what follows would show nothing."""
    assert world.edge.code(world.own.token()) == "200"
    assert world.edge.code(world.own_rsa.token()) == "200"
    assert world.edge.code(world.foreign.token(), "/foreign") == "200"


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "null"])
@pytest.mark.parametrize("signature", ["", "AA", "kept"])
def test_a_token_without_signature_is_refused(world: World, name: str, signature: str) -> None:
    real = world.own.token()
    header = b64(json.dumps(world.own.header(alg=name)))
    end = real.rsplit(".", 1)[1] if signature == "kept" else signature
    assert world.edge.code(f"{header}.{real.split('.')[1]}.{end}") == INVALID


def test_a_token_whose_signature_was_stripped_is_refused(world: World) -> None:
    head, payload, _ = world.own.token().split(".")
    for text in (f"{head}.{payload}.", f"{head}.{payload}", f"{head}..", f".{payload}.", "..", "."):
        assert world.edge.code(text) == INVALID


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["pem", "der", "jwk", "n", "empty"])
def test_a_public_key_is_no_shared_secret(world: World, algorithm: str, form: str) -> None:
    """CVE-2015-9235: HMAC with what everybody can read as its key."""
    public = world.own_rsa.key.public_key
    secrets = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(world.own_rsa.public).encode(),
        "n": unb64(world.own_rsa.public["n"]),
        "empty": b"",
    }
    header = b64(json.dumps(world.own_rsa.header(alg=algorithm)))
    signed = f"{header}.{b64(json.dumps(world.own.claims()))}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    signature = b64(hmac.new(secrets[form], signed.encode(), digest).digest())
    assert world.edge.code(f"{signed}.{signature}") == INVALID


def test_a_key_is_used_with_no_algorithm_but_its_own(world: World) -> None:
    rsa = world.own_rsa
    as_es = f"{b64(json.dumps(rsa.header(alg='ES256')))}.{b64(json.dumps(rsa.claims()))}"
    assert world.edge.code(f"{as_es}.{b64(b'0' * 64)}") == INVALID
    payload = json.dumps(rsa.claims())
    for algorithm in ("RS384", "RS512"):  # the key can, but the issuer's list says no
        assert (
            world.edge.code(rsa.signed(json.dumps(rsa.header(alg=algorithm)), payload, algorithm)) == INVALID
        )
    mixed = rsa.signed(json.dumps(rsa.header(alg="PS256")), payload, "RS256")
    assert world.edge.code(mixed) == INVALID


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "/dev/null",
        "file:///dev/null",
        "https://evil.example/jwks.json",
        "k1' OR '1'='1",
        "k1; DROP TABLE keys",
        "k1\u0000",
        " k1",
        "K1",
        "k1/../k1",
        "",
        "*",
        "k" * 300,
        "__class__",
    ],
)
def test_the_name_of_a_key_is_a_name_and_nothing_else(world: World, kid: str) -> None:
    forged = world.mallory.token(header=world.mallory.header(kid=kid))
    assert world.edge.code(forged) == INVALID
    honest = world.own.token(header=world.own.header(kid=kid))
    assert world.edge.code(honest) == INVALID


@pytest.mark.parametrize("kid", [1, None, ["k1"], {"k1": 1}, True])
def test_the_name_of_a_key_is_a_text(world: World, kid: Any) -> None:
    header = json.dumps({**world.mallory.header(), "kid": kid})
    assert world.edge.code(world.mallory.signed(header, json.dumps(world.mallory.claims()))) == INVALID


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"])
@pytest.mark.parametrize("kid", ["k1", "mallory", None])
def test_a_token_brings_no_key(world: World, member: str, kid: str | None) -> None:
    """CVE-2018-0114 and its kin."""
    mallory = world.mallory
    brought: dict[str, Any] = {
        "jwk": mallory.public,
        "jku": "https://evil.example/jwks.json",
        "x5u": "https://evil.example/cert.pem",
        "x5c": [base64.b64encode(b"a certificate").decode()],
        "x5t": b64(b"0" * 20),
        "x5t#S256": b64(b"0" * 32),
    }
    forged = mallory.token(header=mallory.header(kid=kid, **{member: brought[member]}))
    assert world.edge.code(forged) == INVALID


def test_what_a_token_brings_is_not_looked_at(world: World) -> None:
    """Real issuers send certificates along."""
    header = world.own.header(jku="https://evil.example/jwks.json", x5c=["AAAA"], jwk=world.mallory.public)
    assert world.edge.code(world.own.token(header=header)) == "200"


@pytest.mark.parametrize(
    "more",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": True},
        {"b64": False, "crit": ["b64"]},
        {"b64": True},
        {"crit": "alg"},
        {"crit": None},
    ],
)
def test_extensions_that_are_not_known_are_refused(world: World, more: dict[str, Any]) -> None:
    header = json.dumps({**world.own.header(), **more})
    assert world.edge.code(world.own.signed(header, json.dumps(world.own.claims()))) == INVALID


def test_an_unencoded_payload_is_refused(world: World) -> None:
    """RFC 7797: the signature is over other bytes than those that are read."""
    header = b64(json.dumps(world.own.header(b64=False, crit=["b64"])))
    payload = json.dumps(world.own.claims())
    assert world.edge.code(f"{header}.{payload}.{b64(b'0' * 64)}") == INVALID


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


def test_an_encrypted_token_is_refused(world: World) -> None:
    header = b64(json.dumps({"alg": "RSA-OAEP", "enc": "A256GCM", "kid": "rsa"}))
    answer = world.edge.show(f"{header}.{b64('key')}.{b64('iv')}.{b64('text')}.{b64('tag')}")
    assert b"401" in answer.split(b"\r\n")[0]
    assert b"encrypted" in answer


def test_a_token_in_a_token_is_refused(world: World) -> None:
    inner = world.own.token()
    assert world.edge.code(world.own.signed(json.dumps(world.own.header(cty="JWT")), inner)) == INVALID
    assert world.edge.code(world.own.signed(json.dumps(world.own.header()), inner)) == INVALID
    claims = world.own.claims()
    assert world.edge.code(world.own.token(claims, world.own.header(cty="JWT"))) == INVALID


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        ('{"alg":"none","alg":"ES256","kid":"k1","typ":"at+jwt"}', None),
        ('{"alg":"ES256","kid":"evil","kid":"k1","typ":"at+jwt"}', None),
        (None, '"aud":"other",'),
        (None, '"exp":1,'),
        (None, '"nested":{"a":1,"a":2},'),
        (None, '"\\u0061ud":"other",'),
    ],
)
def test_a_name_that_stands_twice_is_refused(world: World, header: str | None, payload: str | None) -> None:
    claims = json.dumps(world.own.claims())
    text = claims if payload is None else "{" + payload + claims[1:]
    assert world.edge.code(world.own.signed(header or json.dumps(world.own.header()), text)) == INVALID


def test_a_huge_token_is_refused(world: World) -> None:
    large = world.own.token(world.own.claims(more="x" * 6100))
    assert len(large) > 8192
    assert world.edge.code(large) == INVALID
    fits = world.own.token(world.own.claims(more="x" * 5000))
    assert world.edge.code(fits) == "200"


def test_a_deep_token_is_refused(world: World) -> None:
    claims = json.dumps(world.own.claims())[:-1]
    for deep in ("[" * 2500 + "]" * 2500, "[" * 20 + "]" * 20, '{"a":' * 20 + "1" + "}" * 20):
        token = world.own.signed(json.dumps(world.own.header()), f'{claims},"deep":{deep}}}')
        assert world.edge.code(token) == INVALID


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b'"text"',
        b"null",
        b"1",
        b"true",
        b"",
        b"{",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'{"sub":"\xc0\xaf"}',
        b'{"sub":"\xed\xa0\x80"}',
        b"{}{}",
        b"{'a':1}",
        b"{} x",
    ],
)
def test_what_is_no_object_is_refused(world: World, payload: bytes) -> None:
    assert world.edge.code(world.own.signed(json.dumps(world.own.header()), payload)) == INVALID
    claims = json.dumps(world.own.claims())
    assert world.edge.code(world.own.signed(payload, claims)) == INVALID


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "alice\r\nX-Weir-Consumer: root"},
        {"sub": "alice\u2028"},
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


@pytest.mark.parametrize("letter", ["é", "ｅ", " ", "=", "+", "/", "%2E", "\u200b", "\t"])
def test_letters_that_look_like_others_are_refused(world: World, letter: str) -> None:
    token = world.own.token()
    raw = letter.encode("utf-8").decode("latin-1")
    for place in (1, len(token) // 2, len(token) - 1):
        answer = world.edge.show(token[:place] + raw + token[place:])
        assert answer.split(b" ", 2)[1] in (b"401", b"400")


def test_padding_and_the_other_alphabet_are_refused(world: World) -> None:
    head, payload, signature = world.own.token().split(".")
    for text in (
        f"{head}=.{payload}.{signature}",
        f"{head}.{payload}.{signature}==",
        f"{head}.{payload}.{signature}.",
    ):
        assert world.edge.code(text) == INVALID


def test_bits_that_mean_nothing_cannot_be_changed(world: World) -> None:
    """Else one token would have many texts, each of which is remembered on its own."""
    token = world.own.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    for other in range(64):
        if other != last:
            assert world.edge.code(token[:-1] + alphabet[other]) == INVALID


def test_two_tokens_in_one_request_are_refused(world: World) -> None:
    token = world.own.token()
    twice = f"GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\n\r\n"
    assert b" 401 " in world.edge.ask(twice.encode()).split(b"\r\n")[0]
    assert world.edge.code(f"{token}, Bearer {token}") == INVALID
    assert world.edge.code(f"{token} {token}") == INVALID


@pytest.fixture(scope="module")
def honest(world: World) -> str:
    return world.own.token()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_change_of_a_good_token_passes(world: World, honest: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(honest) - 1))
    letters = st.sampled_from("ABCMZabcmz0189-_.=+/ ")
    kind = data.draw(st.sampled_from(["replace", "insert", "delete", "swap", "cut"]))
    if kind == "replace":
        changed = honest[:place] + data.draw(letters) + honest[place + 1 :]
    elif kind == "insert":
        changed = honest[:place] + data.draw(letters) + honest[place:]
    elif kind == "delete":
        changed = honest[:place] + honest[place + 1 :]
    elif kind == "swap":
        other = data.draw(st.integers(0, len(honest) - 1))
        changed = honest[: min(place, other)] + honest[max(place, other) :]
    else:
        changed = honest[:place]
    if changed.strip(" ") == honest:
        return
    assert world.edge.code(changed) in (INVALID, "401 credential-expired")


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["iss", "aud", "sub", "client_id", "exp", "iat", "jti", "sid", "scope", "admin"]),
    value=st.one_of(
        st.text(max_size=20), st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False)
    ),
)
def test_no_change_of_a_claim_passes_with_the_old_signature(
    world: World, honest: str, name: str, value: Any
) -> None:
    head, payload, signature = honest.split(".")
    claims = json.loads(unb64(payload))
    if claims.get(name) == value and type(claims.get(name)) is type(value):
        return
    changed = b64(json.dumps({**claims, name: value}))
    if changed != payload:
        assert world.edge.code(f"{head}.{changed}.{signature}") in (INVALID, EXPIRED)
