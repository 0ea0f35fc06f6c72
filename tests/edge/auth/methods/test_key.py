"""``require key``: where a key may stand, what is wrong with one, and what the upstream sees of it."""

from __future__ import annotations

import time
from hmac import compare_digest
from pathlib import Path

import pytest

from edge.auth import throttle
from edge.auth.methods import key as key_method
from tests.support.credentials import Credentials, name_of, request
from tests.support.in_process import InProcess
from weir.models.auth.secret_text import new_secret

RULES = """
rule plain { when path == "/plain"; require key; respond 200 "in" }
rule named { when path == "/named"; require key(header: "X-Token"); respond 200 "in" }
rule query { when path == "/query"; require key(query: "api_key"); respond 200 "in" }
rule scope { when path == "/scope"; require key(scope: "a b"); respond 200 "in" }
rule tag { when path == "/tag"; require key(tag: "gold eu"); respond 200 "in" }
"""


@pytest.fixture
def edge(tmp_path: Path) -> InProcess:
    """Its throttle's clock stands still."""
    made = InProcess(tmp_path, RULES)
    made.engine.auth.throttle = throttle.FailureThrottle(clock=lambda: 1000.0)
    return made


@pytest.fixture
def credentials(edge: InProcess) -> Credentials:
    return Credentials().serve(edge.engine)


def problem(answer: bytes) -> tuple[int, str]:
    """Status and code."""
    _, _, after = answer.partition(b'"code":"')
    return int(answer.split(b" ")[1]), after.partition(b'"')[0].decode()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/plain", "Authorization: Bearer {}"),
        ("/plain", "authorization: bearer {}"),
        ("/plain", "X-API-Key: {}"),
        ("/plain", "x-api-key:   {}  "),
        ("/named", "X-Token: {}"),
        ("/named", "Authorization: Bearer {}"),
        ("/query", "X-API-Key: {}"),
    ],
)
def test_a_key_may_stand_in_these_fields(
    edge: InProcess, credentials: Credentials, path: str, field: str
) -> None:
    assert edge.status(request(path, field.format(credentials.key()))) == 200


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/plain", "Authorization: {}"),
        ("/plain", "Authorization: Basic {}"),
        ("/plain", "Cookie: X-API-Key={}"),
        ("/plain", "X_API_Key: {}"),
        ("/named", "X-API-Key: {}"),
        ("/plain?api_key={}", ""),
        ("/query?API_KEY={}", ""),
        ("/plain", "Proxy-Authorization: Bearer {}"),
    ],
)
def test_elsewhere_it_is_none(edge: InProcess, credentials: Credentials, path: str, field: str) -> None:
    key = credentials.key()
    fields = [field.format(key)] if field else []
    assert problem(edge.ask(request(path.format(key), *fields))) == (401, "credential-missing")
    assert credentials.asked == []


@pytest.mark.parametrize("query", ["?api_key={}", "?x=1&api_key={}&y", "?%61pi_key={}"])
def test_a_query_parameter_may_carry_it_where_the_rule_says_so(
    edge: InProcess, credentials: Credentials, query: str
) -> None:
    assert edge.status(request("/query" + query.format(credentials.key()))) == 200


def test_what_has_another_form_is_refused_without_looking(edge: InProcess, credentials: Credentials) -> None:
    key = credentials.key()
    mistyped = key[:-1] + ("a" if key[-1] != "a" else "b")
    for wrong in (
        mistyped,
        key[:-1],
        key + "x",
        key.upper(),
        "hello",
        "",
        new_secret("weirt").text(),
        "é" * 20,
    ):
        answer = edge.ask(request("/plain", f"X-API-Key: {wrong}"))
        assert problem(answer) == (401, "credential-invalid"), wrong
    assert credentials.asked == []


def test_a_key_of_nobody_and_a_wrong_secret_read_the_same(edge: InProcess, credentials: Credentials) -> None:
    key = credentials.key()
    credentials.change(name_of(key), secret="0" * 64)
    wrong, unknown = (
        edge.ask(request("/plain", f"X-API-Key: {text}")) for text in (key, new_secret("weir").text())
    )
    assert problem(wrong) == problem(unknown) == (401, "credential-invalid")
    details = [answer.partition(b'"detail":')[2] for answer in (wrong, unknown)]
    assert details[0] == details[1]


def test_a_wrong_secret_is_compared_in_one_time_whether_there_is_such_a_key_or_not(
    edge: InProcess, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []

    def compare(shown: str, stored: str) -> bool:
        compared.append((len(shown), len(stored)))
        return compare_digest(shown, stored)

    monkeypatch.setattr(key_method, "compare_digest", compare)
    key = credentials.key()
    credentials.change(name_of(key), secret="0" * 64)
    for text in (key, new_secret("weir").text()):
        assert edge.status(request("/plain", f"X-API-Key: {text}")) == 401
    assert compared == [(64, 64), (64, 64)]


@pytest.mark.parametrize(
    "fields",
    [
        ("X-API-Key: {a}", "X-API-Key: {a}"),
        ("X-API-Key: {a}", "X-API-Key: {b}"),
        ("X-API-Key: {a}", "Authorization: Bearer {b}"),
        ("Authorization: Bearer {a}", "Authorization: Bearer {a}"),
        ("Authorization: Bearer {a}", "Authorization: Basic eDp5"),
        ("X-API-Key: {a}, {b}",),
    ],
)
def test_more_than_one_key_is_none(
    edge: InProcess, credentials: Credentials, fields: tuple[str, ...]
) -> None:
    a, b = credentials.key(), credentials.key("other")
    answer = edge.ask(request("/plain", *(field.format(a=a, b=b) for field in fields)))
    assert problem(answer) == (401, "credential-invalid")
    assert credentials.asked == []


def test_two_parameters_or_a_parameter_beside_another_key_are_none(
    edge: InProcess, credentials: Credentials
) -> None:
    a, b = credentials.key(), credentials.key()
    for path, *fields in (
        (f"/query?api_key={a}&api_key={a}",),
        (f"/query?api_key={a}&%61pi_key={b}",),
        (f"/query?api_key={a}", f"X-API-Key: {b}"),
    ):
        assert problem(edge.ask(request(path, *fields))) == (401, "credential-invalid")


def test_the_same_key_in_two_places_is_one(edge: InProcess, credentials: Credentials) -> None:
    key = credentials.key()
    assert edge.status(request("/plain", f"X-API-Key: {key}", f"Authorization: Bearer {key}")) == 200


def test_a_disabled_key_says_so_to_who_has_it(edge: InProcess, credentials: Credentials) -> None:
    key = credentials.key(enabled=False)
    answer = edge.ask(request("/plain", f"X-API-Key: {key}"))
    assert problem(answer) == (401, "credential-invalid")
    assert b"disabled" in answer
    assert [(entry.consumer, entry.credential) for entry in edge.log.kept] == [("acme", key.split("_")[1])]


def test_a_key_is_good_until_the_moment_that_it_ends(edge: InProcess, credentials: Credentials) -> None:
    later = credentials.key(expires_ms=int(time.time() * 1000) + 60_000)
    over = credentials.key(expires_ms=int(time.time() * 1000))
    assert edge.status(request("/plain", f"X-API-Key: {later}")) == 200
    answer = edge.ask(request("/plain", f"X-API-Key: {over}"))
    assert problem(answer) == (401, "credential-expired")
    assert b'error="invalid_token"' in answer


def test_all_scopes_are_needed(edge: InProcess, credentials: Credentials) -> None:
    has, lacks = credentials.key(scopes=("b", "c", "a")), credentials.key(scopes=("a",))
    assert edge.status(request("/scope", f"X-API-Key: {has}")) == 200
    answer = edge.ask(request("/scope", f"X-API-Key: {lacks}"))
    assert problem(answer) == (403, "insufficient-scope")
    assert b'\r\nWWW-Authenticate: Bearer realm="weir", error="insufficient_scope", scope="a b"\r\n' in answer


def test_one_of_the_tags_is_needed(edge: InProcess, credentials: Credentials) -> None:
    has, lacks = credentials.key(tags=("x", "eu")), credentials.key(tags=("silver",))
    assert edge.status(request("/tag", f"X-API-Key: {has}")) == 200
    answer = edge.ask(request("/tag", f"X-API-Key: {lacks}"))
    assert problem(answer) == (403, "forbidden")
    assert b"WWW-Authenticate" not in answer


def test_an_unknown_key_is_503_while_nobody_can_be_asked_and_a_known_one_goes_on(
    edge: InProcess, credentials: Credentials
) -> None:
    known, unknown = credentials.key(), credentials.key()
    assert edge.status(request("/plain", f"X-API-Key: {known}")) == 200
    credentials.away = True
    assert edge.status(request("/plain", f"X-API-Key: {known}")) == 200
    answer = edge.ask(request("/plain", f"X-API-Key: {unknown}"))
    assert problem(answer) == (503, "credentials-unavailable")
    assert b"\r\nRetry-After: " in answer
    assert b"WWW-Authenticate" not in answer


def test_guesses_are_held_up_and_a_known_key_is_not(edge: InProcess, credentials: Credentials) -> None:
    known, new = credentials.key(), credentials.key()
    assert edge.status(request("/plain", f"X-API-Key: {known}")) == 200
    for _ in range(throttle.PER_MINUTE):
        assert edge.status(request("/plain", f"X-API-Key: {new_secret('weir').text()}")) == 401
    asked = len(credentials.asked)
    answer = edge.ask(request("/plain", f"X-API-Key: {new_secret('weir').text()}"))
    assert problem(answer) == (429, "too-many-failures")
    assert b"\r\nRetry-After: " in answer
    assert problem(edge.ask(request("/plain", f"X-API-Key: {new}"))) == (429, "too-many-failures")
    assert len(credentials.asked) == asked
    assert edge.status(request("/plain", f"X-API-Key: {known}")) == 200
    assert edge.status(request("/plain", f"X-API-Key: {new}"), peer="192.0.2.8") == 200


def test_who_goes_on_with_a_revoked_key_does_not_hold_up_others(
    edge: InProcess, credentials: Credentials
) -> None:
    """Behind one address there may be many."""
    revoked, new = credentials.key(), credentials.key()
    del credentials.known[name_of(revoked)]
    for _ in range(3 * throttle.PER_MINUTE):
        assert edge.status(request("/plain", f"X-API-Key: {revoked}")) == 401
    assert credentials.asked == [name_of(revoked)]
    assert edge.status(request("/plain", f"X-API-Key: {new}")) == 200


def test_guesses_at_the_secret_of_a_key_count(edge: InProcess, credentials: Credentials) -> None:
    key, new = credentials.key(), credentials.key()
    credentials.change(name_of(key), secret="0" * 64)
    for _ in range(throttle.PER_MINUTE):
        assert edge.status(request("/plain", f"X-API-Key: {key}")) == 401
    assert problem(edge.ask(request("/plain", f"X-API-Key: {new}"))) == (429, "too-many-failures")


def test_known_keys_end_when_the_store_has_not_confirmed_them_for_as_long_as_defaults_say(
    edge: InProcess, credentials: Credentials
) -> None:
    edge.publish("defaults { credentials max_stale 1h }\n" + RULES)
    data = request("/plain", f"X-API-Key: {credentials.key()}", method="POST", body=b"x")
    credentials.confirmed(time.monotonic() - 3500)
    assert edge.status(data) == 200
    credentials.confirmed(time.monotonic() - 3601)
    assert problem(edge.ask(data)) == (503, "credentials-unavailable")
    credentials.confirmed(time.monotonic())
    assert edge.status(data) == 200
