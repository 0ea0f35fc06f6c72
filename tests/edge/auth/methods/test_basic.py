"""``require basic``: user name and password."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import msgspec
import pytest

from edge.auth.denied import Denied
from edge.auth.methods.basic import MAX_NAME, read_basic
from edge.auth.passwords import MAX_WAITING, THREADS, Passwords
from tests.support.in_process import InProcess
from tests.support.shared_secrets import SharedSecrets
from weir.secrets.passwords import hash_password

RULES = 'rule a { when any; require basic; respond 200 "{}" }'
SEEN = """rule a {
    when any
    require OPTIONS
    set response header "X-Who" = "{consumer}"
    respond 200 ""
}"""


def _encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def _request(authorization: str, *more: str) -> bytes:
    lines = [
        "GET /x HTTP/1.1",
        "Host: a.test",
        *([f"Authorization: {authorization}"] if authorization else []),
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _basic(username: str, password: str) -> bytes:
    return _request("Basic " + _encoded(f"{username}:{password}"))


def _problem(answer: bytes) -> dict[str, str]:
    body: dict[str, str] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return body


@pytest.fixture
def credentials() -> SharedSecrets:
    return SharedSecrets()


def _edge(path: Path, credentials: SharedSecrets, asked: str = "basic") -> InProcess:
    edge = InProcess(path, SEEN.replace("OPTIONS", asked))
    credentials.serve(edge.engine)
    return edge


class TestReading:
    @pytest.mark.parametrize(
        ("text", "username", "password"),
        [
            ("Aladdin:open sesame", "Aladdin", "open sesame"),
            ("test:123£", "test", "123£"),
            ("a:b:c:", "a", "b:c:"),
            ("a::", "a", ":"),
            ("caf\u00e9:p\u0065\u0301 \U0001f40e", "caf\u00e9", "p\u0065\u0301 \U0001f40e"),
            (" a : b ", " a ", " b "),
        ],
    )
    def test_name_and_password(self, text: str, username: str, password: str) -> None:
        """The first two are examples of RFC 7617."""
        assert read_basic(_encoded(text)) == (username, password)

    @pytest.mark.parametrize(
        "shown",
        [
            "",
            "====",
            "QWxhZGRpbjpvcGVuIHNlc2FtZQ",
            "QWxhZGRpbjpvcGVuIHNlc2FtZQ== ",
            "QWxhZGRpbjpvcGVuIHNlc2FtZQ==QQ==",
            "QWxhZGRpbjpvcGVu*IHNlc2FtZQ==",
            "QWxhZGRpbjpv cGVuIHNlc2FtZQ==",
            "Aladdin:open sesame",
            "caf\xe9",
            _encoded(b"caf\xe9:pass"),
            _encoded("no colon"),
            _encoded(":password"),
            _encoded("user:"),
            _encoded(":"),
            _encoded("user\0:password"),
            _encoded("user:pass\nword"),
            _encoded("user:pass\x7fword"),
            _encoded("user:pass\x85word"),
        ],
    )
    def test_everything_else_is_refused(self, shown: str) -> None:
        with pytest.raises(Denied) as caught:
            read_basic(shown)
        assert caught.value.code == "credential-invalid"


class TestVerdicts:
    def test_who_has_the_password_passes(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        credentials.login()
        edge = _edge(tmp_path, credentials)
        assert b"X-Who: alice\r\n" in edge.ask(_basic("alice", "correct horse"))
        assert edge.status(_request("bASIC  " + _encoded("alice:correct horse"))) == 200

    def test_nothing_shown(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        edge = _edge(tmp_path, credentials)
        answer = edge.ask("/x")
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert b'WWW-Authenticate: Basic realm="weir", charset="UTF-8"\r\n' in answer
        assert _problem(answer)["code"] == "credential-missing"

    def test_wrong_password_and_unknown_user_are_answered_alike(
        self, tmp_path: Path, credentials: SharedSecrets
    ) -> None:
        credentials.login()
        edge = _edge(tmp_path, credentials)
        wrong, unknown = edge.ask(_basic("alice", "wrong")), edge.ask(_basic("nobody", "wrong"))
        assert _problem(wrong)["detail"] == _problem(unknown)["detail"]
        assert _problem(wrong)["code"] == _problem(unknown)["code"] == "credential-invalid"
        assert b"WWW-Authenticate: Basic " in wrong
        assert b"WWW-Authenticate: Basic " in unknown

    def test_an_unknown_user_costs_a_hash_too(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        credentials.put(msgspec.structs.replace(credentials.login(), secret=hash_password("correct horse")))
        edge = _edge(tmp_path, credentials)
        hashed: list[str] = []

        def is_right(password: str, stored: str) -> bool:
            hashed.append(stored)
            return False

        edge.engine.auth.passwords = Passwords(is_right=is_right)
        for username in ("alice", "nobody"):
            edge.ask(_basic(username, "wrong"))
        assert len(hashed) == 2
        assert hashed[0].split("$")[:4] == hashed[1].split("$")[:4], "with the same parameters"

    @pytest.mark.parametrize(
        ("more", "code"),
        [({"enabled": False}, "credential-invalid"), ({"expires_ms": 1}, "credential-expired")],
    )
    def test_a_login_that_is_no_more(
        self, tmp_path: Path, credentials: SharedSecrets, more: dict[str, object], code: str
    ) -> None:
        credentials.login(**more)
        edge = _edge(tmp_path, credentials)
        assert _problem(edge.ask(_basic("alice", "correct horse")))["code"] == code
        assert _problem(edge.ask(_basic("alice", "wrong horse")))["code"] == "credential-invalid"

    def test_scope_and_tag(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        credentials.login(scopes=("read",), tags=("partner",))
        edge = _edge(tmp_path, credentials, 'basic(scope: "read", tag: "partner internal")')
        assert edge.status(_basic("alice", "correct horse")) == 200
        edge.publish(SEEN.replace("OPTIONS", 'basic(scope: "read write")'))
        answer = edge.ask(_basic("alice", "correct horse"))
        assert _problem(answer)["code"] == "insufficient-scope"
        assert b"WWW-Authenticate" not in answer, "a browser would ask for another password"
        edge.publish(SEEN.replace("OPTIONS", 'basic(tag: "internal")'))
        assert _problem(edge.ask(_basic("alice", "correct horse")))["code"] == "forbidden"

    def test_the_realm_of_the_rule(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        edge = _edge(tmp_path, credentials, 'basic(realm: "the office")')
        assert b'Basic realm="the office", charset="UTF-8"' in edge.ask("/x")

    def test_two_of_them_are_none(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        credentials.login()
        edge = _edge(tmp_path, credentials)
        value = "Basic " + _encoded("alice:correct horse")
        assert edge.status(_request(value, f"Authorization: {value}")) == 401
        assert edge.status(_request(f"{value}, {value}")) == 401

    def test_another_scheme_is_not_this(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        edge = _edge(tmp_path, credentials)
        assert _problem(edge.ask(_request("Digest " + _encoded("a:b"))))["code"] == "credential-missing"
        assert _problem(edge.ask(_request("Basic")))["code"] == "credential-invalid"


class TestWhatItCosts:
    def test_a_password_is_hashed_once(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        credentials.login()
        edge = _edge(tmp_path, credentials)
        hashed = _counted(edge)
        for _ in range(5):
            assert edge.status(_basic("alice", "correct horse")) == 200
            assert edge.status(_basic("alice", "wrong horse")) == 401
        assert hashed == ["correct horse", "wrong horse"]
        assert credentials.asked == ["basic:alice"]

    def test_a_changed_password_counts_at_once(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        credentials.login()
        edge = _edge(tmp_path, credentials)
        assert edge.status(_basic("alice", "correct horse")) == 200
        credentials.login(password="battery staple")
        assert edge.status(_basic("alice", "correct horse")) == 401
        assert edge.status(_basic("alice", "battery staple")) == 200

    def test_a_revoked_login_is_refused_although_its_password_is_known(
        self, tmp_path: Path, credentials: SharedSecrets
    ) -> None:
        verifier = credentials.login()
        edge = _edge(tmp_path, credentials)
        request = _basic("alice", "correct horse")
        for _ in range(4):  # by then the head is remembered with its verdict
            assert edge.status(request) == 200
        del credentials.known[verifier.name]
        credentials.drop(verifier.name)
        assert edge.status(request) == 401

    def test_too_many_at_once(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        credentials.login()
        edge = _edge(tmp_path, credentials)
        passwords = Passwords()
        passwords._asked = {bytes([number]): None for number in range(THREADS + MAX_WAITING)}  # type: ignore[misc]
        edge.engine.auth.passwords = passwords
        answer = edge.ask(_basic("alice", "correct horse"))
        assert _problem(answer)["code"] == "credentials-unavailable"
        assert b"Retry-After: 1\r\n" in answer

    def test_guesses_are_held_up_and_who_is_known_is_not(
        self, tmp_path: Path, credentials: SharedSecrets
    ) -> None:
        credentials.login()
        edge = _edge(tmp_path, credentials)
        edge.engine.auth.passwords = Passwords(is_right=lambda password, _stored: password == "right")
        assert edge.status(_basic("alice", "right")) == 200
        statuses = [edge.status(_basic("alice", f"guess {number}")) for number in range(40)]
        assert statuses[:20] == [401] * 20
        assert statuses[-1] == 429
        assert edge.status(_basic("alice", "right")) == 200
        assert edge.status(_basic("alice", "guess 0")) == 401, "known to be wrong: nothing is hashed"

    def test_a_name_that_nobody_can_have_is_not_asked_for(
        self, tmp_path: Path, credentials: SharedSecrets
    ) -> None:
        edge = _edge(tmp_path, credentials)
        hashed = _counted(edge)
        assert edge.status(_basic("a" * MAX_NAME, "correct horse")) == 401
        assert edge.status(_basic("a" * (MAX_NAME + 1), "correct horse")) == 401
        assert credentials.asked == ["basic:" + "a" * MAX_NAME]
        assert len(hashed) == 2

    def test_while_the_store_is_away(self, tmp_path: Path, credentials: SharedSecrets) -> None:
        credentials.login()
        edge = _edge(tmp_path, credentials)
        assert edge.status(_basic("alice", "correct horse")) == 200
        credentials.away = True
        assert edge.status(_basic("alice", "correct horse")) == 200
        assert _problem(edge.ask(_basic("bob", "correct horse")))["code"] == "credentials-unavailable"


def _counted(edge: InProcess) -> list[str]:
    hashed: list[str] = []
    edge.engine.auth.passwords = Passwords(
        is_right=lambda password, _stored: hashed.append(password) or password == "correct horse"  # type: ignore[func-returns-value]
    )
    return hashed
