"""Tokens: what they may say, and what they are when they are read back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidScopeError

from auth.errors import InvalidTargetError, NotNowError
from auth.tokens.audiences import audiences_asked, audiences_left, audiences_of
from auth.tokens.granted import Granted
from auth.tokens.issue import claims_of
from auth.tokens.scopes import scopes_asked, scopes_of_user
from tests.support.auth_server import ISSUER, InProcessAuth, made_client, now_s
from weir.models.auth.records import Consumer, OAuthClient
from weir.models.auth.secret_text import hash_of, new_secret
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.oauth import opaque
from weir.store.oauth.families import new_family, sid_of

WEB = OAuthClient(id="web", name="Web", created_ms=1, scopes=("read", "write"))


# Scopes and audiences


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, ("read", "write")),
        ("", ("read", "write")),
        (" ", ("read", "write")),
        ("read", ("read",)),
        ("write  read write", ("write", "read")),
    ],
)
def test_scopes_are_those_asked_for_or_all(asked: str | None, expected: tuple[str, ...]) -> None:
    assert scopes_asked(asked, ("read", "write")) == expected


@pytest.mark.parametrize(
    "asked", ["admin", "read admin", "READ", 'read"', "re\\ad", "read\tx", "é", "a" * 129, "x\x00"]
)
def test_other_scopes_are_refused(asked: str) -> None:
    with pytest.raises(InvalidScopeError):
        scopes_asked(asked, ("read", "write", "x", "a" * 129))


def test_there_are_only_so_many_scopes() -> None:
    many = [f"s{number}" for number in range(65)]
    assert len(scopes_asked(" ".join(many[:64]), many)) == 64
    with pytest.raises(InvalidScopeError):
        scopes_asked(" ".join(many), many)


def test_a_user_narrows_without_an_error() -> None:
    assert scopes_of_user(("read", "write"), None) == ("read", "write")
    assert scopes_of_user(("read", "write"), ("write", "x")) == ("write",)
    assert scopes_of_user(("read",), ()) == ()


def test_audiences_are_the_client_s() -> None:
    assert audiences_of(WEB, ISSUER) == (ISSUER,)
    mine = msgspec.structs.replace(WEB, audiences=("https://a", "https://b"))
    assert audiences_of(mine, ISSUER) == ("https://a", "https://b")
    assert audiences_asked((), ("https://a", "https://b")) == ("https://a",)
    assert audiences_asked(("https://b", "https://b"), ("https://a", "https://b")) == ("https://b",)
    assert audiences_left((), ("https://a", "https://b")) == ("https://a", "https://b")
    assert audiences_left(("https://b",), ("https://a", "https://b")) == ("https://b",)


@pytest.mark.parametrize(
    "asked", [("https://c",), ("https://a", "https://c"), ("",), ("a" * 513,), ("https://a/",)]
)
def test_another_audience_is_refused(asked: tuple[str, ...]) -> None:
    with pytest.raises(InvalidTargetError):
        audiences_asked(asked, ("https://a", "https://b", "", "a" * 513))


def test_there_are_only_so_many_audiences() -> None:
    many = [f"https://{number}" for number in range(9)]
    assert len(audiences_asked(many[:8], many)) == 8
    with pytest.raises(InvalidTargetError):
        audiences_asked(many, many)


# Making


def granted(client: OAuthClient = WEB, **fields: Any) -> Granted:
    return Granted(
        **{
            "client": client,
            "subject": "alice",
            "scopes": ("read",),
            "audiences": (ISSUER,),
            **fields,
        }
    )


def test_the_claims_are_those_of_rfc_9068() -> None:
    family = new_family()
    claims = claims_of(granted(family=family, auth_time_s=7), ISSUER, 1000, 600)
    assert len(claims.pop("jti")) == 22
    assert claims == {
        "iss": ISSUER,
        "sub": "alice",
        "aud": ISSUER,
        "exp": 1600,
        "iat": 1000,
        "client_id": "web",
        "scope": "read",
        "sid": sid_of(family),
        "auth_time": 7,
    }


def test_several_audiences_are_a_list_and_what_is_not_there_is_not_said() -> None:
    claims = claims_of(granted(audiences=("https://a", "https://b")), ISSUER, 1000, 600)
    assert claims["aud"] == ["https://a", "https://b"]
    assert not {"sid", "auth_time", "act"} & set(claims)


def test_a_life_has_bounds() -> None:
    assert granted(msgspec.structs.replace(WEB, access_s=10**9)).life_s(1000) == 86_400
    assert granted(ends_s=1100).life_s(1000) == 100
    assert granted(ends_s=9999).life_s(1000) == 600


def test_nothing_is_made_from_what_has_ended(auth: InProcessAuth) -> None:
    with pytest.raises(InvalidGrantError):
        auth.services.tokens.issue(granted(ends_s=now_s() - 1))


def test_opaque_tokens_are_bounded(auth: InProcessAuth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opaque, "MAX_TOKENS", 1)
    of_opaque = granted(msgspec.structs.replace(WEB, opaque=True))
    assert auth.services.tokens.issue(of_opaque)["access_token"].startswith("weiro_")
    with pytest.raises(NotNowError):
        auth.services.tokens.issue(of_opaque)


@pytest.mark.parametrize("is_opaque", [False, True])
def test_without_a_refresh_token_a_person_s_token_ends_with_the_account_too(
    auth: InProcessAuth, client: Client, is_opaque: bool
) -> None:
    record, _ = made_client(client, "web", opaque=is_opaque)
    family = new_family()
    body = auth.services.tokens.issue(granted(record, family=family))
    assert "refresh_token" not in body
    assert auth.services.families.sids_of("alice") == (sid_of(family),)
    assert auth.services.families.revoke_all("alice") == 1
    assert auth.services.reader.read(body["access_token"]) is None


# Reading back


@pytest.mark.parametrize("is_opaque", [False, True])
def test_a_token_is_read_as_it_was_made(auth: InProcessAuth, client: Client, is_opaque: bool) -> None:
    record, _ = made_client(client, "web", scopes=("read",), opaque=is_opaque, access_s=60)
    family, before = new_family(), now_s()
    act = {"sub": "other"}
    body = auth.services.tokens.issue(
        granted(record, family=family, act=act, audiences=("https://a", "https://b"))
    )
    assert {name: body[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 60,
        "scope": "read",
    }
    token = auth.services.reader.read(body["access_token"])
    assert token is not None
    assert (token.client, token.subject, token.scopes) == ("web", "alice", ("read",))
    assert (token.audiences, token.sid, token.act) == (("https://a", "https://b"), sid_of(family), act)
    assert before <= token.issued_s <= now_s()
    assert token.ends_s == token.issued_s + 60


def test_a_refresh_token_is_read_and_an_earlier_one_is_not(auth: InProcessAuth, client: Client) -> None:
    record, _ = made_client(client, "web", auth="none", grants=("refresh_token",))
    text = auth.refreshable(record)["refresh_token"]
    token = auth.services.reader.read(text)
    assert token is not None
    assert (token.kind, token.client, token.subject) == ("refresh", "web", "alice")
    assert auth.services.reader.read_access(text) is None


def good(auth: InProcessAuth, text: str) -> bool:
    return auth.services.reader.read(text) is not None


def changed(auth: InProcessAuth, **fields: Any) -> None:
    """The client "web", by the operator."""
    kept = auth.services.clients.get("web")
    assert kept is not None
    auth.services.clients.replace(msgspec.structs.replace(kept.record, **fields), kept.etag)


@pytest.mark.parametrize("is_opaque", [False, True])
def test_a_token_that_is_asked_for_right_after_all_were_revoked_is_good(
    auth: InProcessAuth, client: Client, is_opaque: bool
) -> None:
    """Its time is told in seconds; that of the revocation is not."""
    web = made_client(client, "web", opaque=is_opaque, grants=("client_credentials",))
    before = auth.token(web).json["access_token"]
    changed(auth, not_before_ms=now_s() * 1000 + 500)
    assert [good(auth, text) for text in (before, auth.token(web).json["access_token"])] == [False, True]
    auth.services.clients.remove("web")


@pytest.mark.parametrize("is_opaque", [False, True])
def test_tokens_end_with_their_client_and_its_consumer(
    auth: InProcessAuth, client: Client, is_opaque: bool
) -> None:
    consumers = auth.services.consumers
    consumers.create(Consumer(name="acme", created_ms=1))
    record, _ = made_client(client, "web", consumer="acme", opaque=is_opaque)
    body = auth.refreshable(record)
    texts = (body["access_token"], body["refresh_token"])
    assert [good(auth, text) for text in texts] == [True, True]
    changed(auth, disabled=True)
    assert [good(auth, text) for text in texts] == [False, False]
    changed(auth, disabled=False, not_before_ms=(now_s() + 60) * 1000)
    assert [good(auth, text) for text in texts] == [False, False]
    changed(auth, not_before_ms=0)
    kept = consumers.get("acme")
    assert kept is not None
    consumers.replace(msgspec.structs.replace(kept.record, disabled=True), kept.etag)
    assert [good(auth, text) for text in texts] == [False, False]
    consumers.remove("acme")
    assert [good(auth, text) for text in texts] == [False, False]
    changed(auth, disabled=False)
    assert [good(auth, text) for text in texts] == [True, True]
    auth.services.clients.remove("web")
    assert [good(auth, text) for text in texts] == [False, False]


def test_a_token_that_has_ended_is_none(auth: InProcessAuth, client: Client) -> None:
    record, _ = made_client(client, "web")
    text = auth.services.signing.sign(claims_of(granted(record), ISSUER, now_s() - 700, 600), "at+jwt")
    assert not good(auth, text)


def test_attack_an_opaque_token_with_the_id_of_another_is_none(auth: InProcessAuth, client: Client) -> None:
    record, _ = made_client(client, "web", opaque=True)
    text = auth.services.tokens.issue(granted(record))["access_token"]
    forged = new_secret("weiro")._replace(id=text.split("_")[1]).text()
    assert good(auth, text)
    assert not good(auth, forged)
    for nonsense in ("", "weiro_", "weirr_", "weiro_x_y", text[:-1], "weir_" + text[6:]):
        assert not good(auth, nonsense)


def test_no_token_stands_in_the_store_in_clear(auth: InProcessAuth, client: Client, store: Any) -> None:
    record, secret = made_client(client, "web", opaque=True)
    body = auth.refreshable(record)
    texts = [secret, body["access_token"], body["refresh_token"]]
    admin = store.admin()
    dump = b"".join(admin.dump(key) or b"" for key in admin.scan_iter())
    for text in texts:
        assert text.split("_")[2][:43].encode() not in dump
    assert hash_of(texts[1]).encode() in b"".join(admin.hvals(Keys("test").opaque_tokens()))
