"""authenticate stands before everything that costs or tells something, and its refusals are answered and recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.access_log.log import AccessLog
from edge.telemetry.telemetry import Telemetry
from tests.support.credentials import Credentials, request
from tests.support.in_process import InProcess

RULES = """
rule a { when path == "/a"; require key; cors { origins ["https://app.test"] }; respond 200 "in" }
rule t { when path == "/t"; require key; redirect 302 "/{consumer}" }
rule n { when path == "/n"; require key or anonymous; respond 200 "" }
rule d { when path == "/d"; require key; deny ip "192.0.2.7"; respond 200 "" }
"""


@pytest.fixture
def edge(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path, RULES)


@pytest.fixture
def credentials(edge: InProcess) -> Credentials:
    return Credentials().serve(edge.engine)


def auth_counts(edge: InProcess) -> dict[tuple[str, ...], int]:
    """What ``weir_auth_total`` is told."""
    telemetry: Telemetry = edge.engine.telemetry
    frame = next(telemetry.take())
    return {
        tuple(labels): count for family, labels, count in frame["counters"] if family == "weir_auth_total"
    }


def test_a_rule_without_require_has_no_such_phase(tmp_path: Path) -> None:
    edge = InProcess(
        tmp_path,
        'rule a { when any; respond 200 "" }\nrule b { when path == "/b"; require none; respond 200 }',
    )
    for plans in edge.engine.snapshot.plans.values():
        for plan in plans:
            assert plan.requirements is None
            assert "authenticate" not in [phase.__module__.rpartition(".")[2] for phase in plan.phases]


def test_a_preflight_needs_no_credential_and_a_refusal_may_be_read_by_scripts(edge: InProcess) -> None:
    preflight = ("Origin: https://app.test", "Access-Control-Request-Method: GET")
    assert edge.status(request("/a", *preflight, method="OPTIONS")) == 204
    answer = edge.ask(request("/a", "Origin: https://app.test"))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"\r\nAccess-Control-Allow-Origin: https://app.test\r\n" in answer


def test_an_address_that_is_denied_is_not_asked_who_it_is(edge: InProcess, credentials: Credentials) -> None:
    assert edge.status(request("/d", f"X-API-Key: {credentials.key()}")) == 403
    assert credentials.asked == []


def test_templates_know_who_calls(edge: InProcess, credentials: Credentials) -> None:
    for _ in range(4):
        answer = edge.ask(request("/t", f"X-API-Key: {credentials.key()}"))
        assert b"\r\nLocation: /acme\r\n" in answer


def test_a_refusal_is_for_nobody_to_keep(edge: InProcess) -> None:
    assert b"\r\nCache-Control: no-store\r\n" in edge.ask(request("/a"))


def test_every_verdict_is_counted_by_method(edge: InProcess, credentials: Credentials) -> None:
    key, disabled = credentials.key(), credentials.key(enabled=False)
    for fields in ((), ("X-API-Key: x",), (f"X-API-Key: {disabled}",), *((f"X-API-Key: {key}",),) * 7):
        edge.ask(request("/a", *fields))
    for _ in range(7):
        edge.ask(request("/n"))
    edge.ask(request("/n", f"X-API-Key: {key}"))
    assert auth_counts(edge) == {
        ("none", "credential-missing"): 1,
        ("key", "credential-invalid"): 2,
        ("key", "accepted"): 8,
        ("anonymous", "accepted"): 7,
    }
    assert auth_counts(edge) == {}


def test_the_log_knows_who_called_and_never_with_what(edge: InProcess, credentials: Credentials) -> None:
    key = credentials.key()
    for _ in range(4):
        edge.ask(request("/a", f"X-API-Key: {key}"))
    edge.ask(request("/a"))
    entries = edge.log.kept
    assert [(each.consumer, each.auth) for each in entries] == [("acme", "key")] * 4 + [("", "")]
    assert {each.credential for each in entries[:4]} == {key.split("_")[1]}
    assert key.split("_")[2] not in repr(entries)
    assert isinstance(edge.log, AccessLog)


def test_uses_of_credentials_are_put_aside(edge: InProcess, credentials: Credentials) -> None:
    key = credentials.key()
    edge.ask(request("/a", f"X-API-Key: {key}"))
    telemetry = edge.engine.telemetry
    telemetry.used.hurry()
    told = [frame["items"] for frame in telemetry.take() if frame["kind"] == "asks"]
    (names,) = [items[0][2]["names"] for items in told if items[0][1] == "used"]
    assert list(names) == [f"key:{key.split('_')[1]}"]


@pytest.mark.parametrize("path", ["/a", "/n"])
def test_a_failure_of_the_lookup_is_not_a_refusal_of_the_key(
    edge: InProcess, credentials: Credentials, path: str
) -> None:
    credentials.away = True
    answer = edge.ask(request(path, f"X-API-Key: {credentials.key()}"))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"WWW-Authenticate" not in answer
