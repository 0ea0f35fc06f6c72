"""``require token``, whole requests through a whole edge. Who tries to cheat is in ``test_token_attacks.py``."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.tokens import AUDIENCE, FOREIGN, OWN, Signer, TokenEdge
from weir.models.auth.secret_text import new_secret
from weir.models.auth.verifier import Verifier

RULES = f"""
rule own {{ when path == "/"; require token; respond 200 "in" }}
rule scope {{ when path == "/scope"; require token(scope: "write read"); respond 200 "in" }}
rule admin {{ when path == "/admin"; require token(scope: "admin write"); respond 200 "in" }}
rule tag {{ when path == "/tag"; require token(tag: "internal partner"); respond 200 "in" }}
rule staff {{ when path == "/staff"; require token(tag: "staff"); respond 200 "in" }}
rule api {{ when path == "/api"; require token(audience: "billing {AUDIENCE}"); respond 200 "in" }}
rule explicit {{ when path == "/explicit"; require token(issuer: "{OWN}", audience: "{OWN}"); respond 200 "in" }}
rule foreign {{
    when path == "/foreign"
    require token(issuer: "{FOREIGN}", audience: "{AUDIENCE}")
    respond 200 "in"
}}
rule either {{ when path == "/either"; require key or token or anonymous; respond 200 "in" }}
"""


@pytest.fixture(scope="module")
def own() -> Signer:
    return Signer(OWN)


@pytest.fixture(scope="module")
def foreign() -> Signer:
    return Signer(FOREIGN, algorithm="RS256")


@pytest.fixture
def edge(tmp_path: Path, own: Signer, foreign: Signer) -> TokenEdge:
    return TokenEdge(tmp_path, RULES, own.word(), foreign.word())


def challenge(answer: bytes) -> str:
    lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return next(line.partition(": ")[2] for line in lines if line.lower().startswith("www-authenticate:"))


def test_a_token_tells_who_calls(edge: TokenEdge, own: Signer) -> None:
    assert edge.code(own.token()) == "200"
    entry = edge.log.kept[-1]
    assert (entry.consumer, entry.credential, entry.auth) == ("shop", "t1", "token")


def test_without_a_token_the_challenge_says_no_error(edge: TokenEdge) -> None:
    answer = edge.ask("/")
    assert b" 401 " in answer.split(b"\r\n")[0]
    assert b"credential-missing" in answer
    assert challenge(answer) == 'Bearer realm="weir"'


def test_a_bad_token_is_told_so(edge: TokenEdge, own: Signer) -> None:
    said = challenge(edge.show(own.token(own.claims(aud="other"))))
    assert (
        said
        == 'Bearer realm="weir", error="invalid_token", error_description="the token is for somebody else"'
    )
    expired = edge.show(own.token(own.claims(exp=1)))
    assert 'error="invalid_token"' in challenge(expired)
    assert b"credential-expired" in expired


def test_all_scopes_of_the_rule_are_needed(edge: TokenEdge, own: Signer) -> None:
    assert edge.code(own.token(), "/scope") == "200"
    assert edge.code(own.token(own.claims(scope="read write admin")), "/admin") == "200"
    answer = edge.show(own.token(), "/admin")
    assert b" 403 " in answer.split(b"\r\n")[0]
    assert b"insufficient-scope" in answer
    assert 'error="insufficient_scope", scope="admin write"' in challenge(answer)
    assert edge.code(own.token(own.claims(scope=None)), "/scope") == "403 insufficient-scope"


def test_one_of_the_tags_of_the_rule_is_needed(edge: TokenEdge, own: Signer) -> None:
    assert edge.code(own.token(), "/tag") == "200"
    assert edge.code(own.token(), "/staff") == "403 forbidden"


def test_one_of_the_audiences_of_the_rule_is_needed(edge: TokenEdge, own: Signer) -> None:
    for audience in (AUDIENCE, "billing", ["x", "billing"]):
        assert edge.code(own.token(own.claims(aud=audience)), "/api") == "200"
    assert edge.code(own.token(), "/api") == "401 credential-invalid"


def test_a_rule_may_name_the_own_issuer(edge: TokenEdge, own: Signer) -> None:
    assert edge.code(own.token(), "/explicit") == "200"
    edge.revoke("t1")
    assert edge.code(own.token(), "/explicit") == "401 credential-invalid"


def test_the_scheme_may_be_written_in_any_case(edge: TokenEdge, own: Signer) -> None:
    for scheme in ("bearer", "BEARER", "BeArEr"):
        request = f"GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: {scheme}  {own.token()} \r\n\r\n"
        assert edge.status(request.encode()) == 200


def test_what_is_no_bearer_is_no_token(edge: TokenEdge, own: Signer) -> None:
    for value in (f"Basic {own.token()}", f"Token {own.token()}", own.token()):
        request = f"GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: {value}\r\n\r\n"
        assert edge.status(request.encode()) == 401


def test_a_key_where_a_token_is_asked_for_is_no_token(edge: TokenEdge) -> None:
    assert edge.code(new_secret("weir").text()) == "401 credential-missing"


def test_a_bad_token_is_no_anonymous_caller(edge: TokenEdge, own: Signer) -> None:
    assert edge.status("/either") == 200
    assert edge.code(own.token(), "/either") == "200"
    assert edge.code("x", "/either") == "401 credential-invalid"
    assert edge.code(own.token(own.claims(exp=1)), "/either") == "401 credential-expired"


@pytest.mark.parametrize("value", ["t1", "family1"])
def test_a_revoked_token_or_sign_in_is_refused_at_once(edge: TokenEdge, own: Signer, value: str) -> None:
    token = own.token()
    assert edge.code(token) == "200"
    edge.revoke("another")
    assert edge.code(token) == "200"
    edge.revoke(value)
    assert edge.code(token) == "401 credential-invalid"


@pytest.mark.parametrize(
    "change",
    [{"enabled": False}, {"not_before_ms": 1 << 52}, None],
    ids=["disabled", "all of its tokens revoked", "removed"],
)
def test_a_token_ends_with_its_client(edge: TokenEdge, own: Signer, change: dict[str, Any] | None) -> None:
    token = own.token()
    assert edge.code(token) == "200"
    if change is None:
        del edge.verifiers["client", "app"]
    else:
        edge.verifiers["client", "app"] = Verifier(kind="client", id="app", consumer="shop", **change)
    edge.news("credentials", {"drop": ["client:app"], "all": False, "seq": 2})
    assert edge.code(token) == "401 credential-invalid"


def test_a_token_that_was_issued_after_a_revocation_counts(edge: TokenEdge, own: Signer) -> None:
    now = int(time.time())
    edge.add(Verifier(kind="client", id="app", consumer="shop", not_before_ms=(now - 5) * 1000))
    edge.news("credentials", {"drop": ["client:app"], "all": False, "seq": 2})
    assert edge.code(own.token(own.claims(iat=now - 6, jti="old"))) == "401 credential-invalid"
    assert edge.code(own.token(own.claims(iat=now - 5, jti="new"))) == "200"


def test_a_token_of_a_client_that_belongs_to_nobody_is_nobodys(edge: TokenEdge, own: Signer) -> None:
    edge.add(Verifier(kind="client", id="free"))
    assert edge.code(own.token(own.claims(client_id="free", jti="t9"))) == "200"
    assert edge.log.kept[-1].consumer == "client free"


def test_a_token_of_a_foreign_issuer_needs_no_store(edge: TokenEdge, foreign: Signer) -> None:
    edge.away = True
    assert edge.code(foreign.token(), "/foreign") == "200"
    assert (
        edge.code(foreign.token(foreign.claims(client_id=None, azp="x", typ="Bearer")), "/foreign") == "200"
    )
    assert edge.asked == []


def test_a_token_of_the_own_issuer_is_503_while_nobody_knows_its_client(edge: TokenEdge, own: Signer) -> None:
    edge.away = True
    assert edge.code(own.token()) == "503 credentials-unavailable"
    edge.away = False
    assert edge.code(own.token()) == "200"
    edge.away = True
    assert edge.code(own.token()) == "200"


def test_the_scopes_of_a_foreign_issuer_stand_where_it_has_them(tmp_path: Path, foreign: Signer) -> None:
    rules = f"""rule r {{
        when any
        require token(issuer: "{FOREIGN}", audience: "{AUDIENCE}", scope: "admin")
        respond 200 "in"
    }}"""
    edge = TokenEdge(tmp_path, rules, foreign.word(scope_claim="realm_access.roles"))
    claims = foreign.claims(realm_access={"roles": ["user", "admin"]}, scope="x")
    assert edge.code(foreign.token(claims)) == "200"
    assert edge.code(foreign.token(foreign.claims(scope="admin"))) == "403 insufficient-scope"


def test_the_consumer_of_a_foreign_token_is_named_by_a_claim(edge: TokenEdge, foreign: Signer) -> None:
    edge.news("issuer", foreign.word(consumer_claim="azp"))
    edge.add(Verifier(kind="consumer", id="shop", consumer="shop", tags=("partner",)))
    edge.add(Verifier(kind="consumer", id="off", consumer="off", enabled=False))
    assert edge.code(foreign.token(foreign.claims(azp="shop")), "/foreign") == "200"
    assert edge.log.kept[-1].consumer == "shop"
    for name in ("off", "ghost"):
        assert edge.code(foreign.token(foreign.claims(azp=name)), "/foreign") == "403 forbidden"
    assert edge.code(foreign.token(), "/foreign") == "401 credential-invalid"


def test_an_issuer_that_nobody_has_reached_is_503_and_not_401(
    tmp_path: Path, own: Signer, foreign: Signer
) -> None:
    edge = TokenEdge(tmp_path, RULES)
    assert edge.code(own.token()) == "503 credentials-unavailable"
    assert edge.code(foreign.token(), "/foreign") == "503 credentials-unavailable"
    edge.news("issuer", foreign.word(jwks=None, problem="away"))
    assert edge.code(foreign.token(), "/foreign") == "503 credentials-unavailable"
    edge.news("issuer", foreign.word())
    assert edge.code(foreign.token(), "/foreign") == "200"


def test_tokens_of_an_issuer_that_was_disabled_are_refused(edge: TokenEdge, foreign: Signer) -> None:
    assert edge.code(foreign.token(), "/foreign") == "200"
    edge.news("issuer", foreign.word(enabled=False, jwks=None))
    assert edge.code(foreign.token(), "/foreign") == "401 credential-invalid"


def test_a_token_whose_key_is_gone_is_refused(edge: TokenEdge, own: Signer) -> None:
    token = own.token()
    assert edge.code(token) == "200"
    edge.news("issuer", Signer(OWN, kid="k2").word())
    assert edge.code(token) == "401 credential-invalid"


def test_a_new_key_is_asked_for_and_the_request_passes(edge: TokenEdge, own: Signer) -> None:
    new = Signer(OWN, kid="k2")
    edge.newer = own.word(new)
    assert edge.code(new.token()) == "200"
    assert ("issuer-key", {"issuer": OWN}) in edge.asked


def test_a_token_with_a_key_that_may_be_new_is_503_while_nobody_can_say(edge: TokenEdge, own: Signer) -> None:
    assert edge.code(own.token()) == "200"
    edge.away = True
    assert edge.code(Signer(OWN, kid="k2").token()) == "503 credentials-unavailable"
    assert edge.code(Signer(OWN).token()) == "401 credential-invalid"


def opaque(edge: TokenEdge, **changes: Any) -> str:
    secret = new_secret("weiro")
    values: dict[str, Any] = {
        "secret": secret.hash(),
        "scopes": ("read",),
        "client": "app",
        "subject": "alice",
        "audiences": (OWN,),
        "expires_ms": int(time.time() * 1000) + 60_000,
    }
    edge.add(Verifier(kind="opaque", id=secret.id, **{**values, **changes}))
    return secret.text()


def test_an_opaque_token_is_looked_up(edge: TokenEdge) -> None:
    assert edge.code(opaque(edge)) == "200"
    assert edge.log.kept[-1].consumer == "shop"
    assert edge.code(opaque(edge, audiences=())) == "200"
    assert edge.code(opaque(edge), "/scope") == "403 insufficient-scope"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"audiences": ("other",)}, "401 credential-invalid"),
        ({"expires_ms": 1}, "401 credential-expired"),
        ({"enabled": False}, "401 credential-invalid"),
        ({"client": "ghost"}, "401 credential-invalid"),
        ({"secret": "0" * 64}, "401 credential-invalid"),
    ],
)
def test_an_opaque_token_has_to_be_good(edge: TokenEdge, changes: dict[str, Any], code: str) -> None:
    assert edge.code(opaque(edge, **changes)) == code


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text[:-10],
        lambda text: new_secret("weiro").text(),
        lambda text: text.replace("weiro_", "weirr_"),
        lambda text: text + "A",
    ],
)
def test_another_text_is_no_opaque_token(edge: TokenEdge, spoil: Callable[[str], str]) -> None:
    assert edge.code(spoil(opaque(edge))) == "401 credential-invalid"


def test_an_opaque_token_is_of_the_own_issuer_only(edge: TokenEdge) -> None:
    assert edge.code(opaque(edge, audiences=(AUDIENCE,)), "/foreign") == "401 credential-invalid"


def test_an_opaque_token_that_was_revoked_is_refused_at_once(edge: TokenEdge) -> None:
    text = opaque(edge)
    assert edge.code(text) == "200"
    edge.revoke(text.split("_")[1])
    assert edge.code(text) == "401 credential-invalid"


def test_guesses_from_one_address_are_stopped_and_known_tokens_are_not(edge: TokenEdge, own: Signer) -> None:
    good, mallory = own.token(), Signer(OWN)
    assert edge.code(good) == "200"
    codes = [edge.code(mallory.token(mallory.claims(jti=f"j{number}"))) for number in range(25)]
    assert codes[:20] == ["401 credential-invalid"] * 20
    assert codes[-1] == "429 too-many-failures"
    assert edge.code(good) == "200"


def test_expired_tokens_are_no_guesses(edge: TokenEdge, own: Signer) -> None:
    for number in range(30):
        assert edge.code(own.token(own.claims(exp=1, jti=f"j{number}"))) == "401 credential-expired"
    assert edge.code(own.token()) == "200"


def test_a_signature_is_checked_once(edge: TokenEdge, own: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    token, checks = own.token(), 0
    issuer = edge.engine.auth.issuers.of("")
    assert issuer is not None
    check = issuer.keys.check

    def counted(parts: Any) -> None:
        nonlocal checks
        checks += 1
        check(parts)

    monkeypatch.setattr(issuer.keys, "check", counted)
    forged = Signer(OWN).token()
    for _ in range(5):
        edge.engine.auth.changed()
        assert edge.code(token) == "200"
        assert edge.code(forged) == "401 credential-invalid"
    assert checks == 2
