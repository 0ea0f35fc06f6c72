"""Tokens as attackers write them: each is refused with 401, whole requests through a whole edge.

The edge trusts two issuers, each with several keys; attacks by what a token claims are in
``test_token_claim_attacks.py``, what a real one may is in ``methods/test_token.py``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.token_world import EXPIRED, INVALID, World
from tests.support.tokens import b64, unb64


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


def test_nobody_is_asked_for_the_key_of_a_token_that_cannot_be_good(world: World) -> None:
    """An unknown key costs a question to the agent, and that a look at the issuer."""
    own = world.own
    for header, claims in (
        ({"alg": "HS256"}, {}),
        ({"typ": "JWT"}, {}),
        ({}, {"exp": 1}),
        ({}, {"iss": "x"}),
    ):
        world.edge.asked.clear()
        world.edge.engine.auth.issuers._asked_s.clear()
        forged = world.mallory.token(own.claims(**claims), own.header(**{"kid": "k9", **header}))
        assert world.edge.code(forged) in (INVALID, EXPIRED)
        assert world.edge.asked == []
    assert world.edge.code(world.mallory.token(header=own.header(kid="k9"))) == INVALID
    assert world.edge.asked == [("issuer-key", {"issuer": own.url})]


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


@settings(max_examples=150, deadline=None)
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
