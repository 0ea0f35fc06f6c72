"""A verdict is remembered with its head: it costs nothing the next time, and ends when anything says so."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge.auth import passed
from edge.auth.requirement import Requirements
from edge.versions.loader import Loader
from tests.support.credentials import Credentials, name_of, request
from tests.support.in_process import InProcess
from tests.support.versions import write_version
from weir.models.auth.caller import Caller

RULES = """
rule a { when path under "/a"; require key; respond 200 "in" }
rule b { when path under "/b"; require key(tag: "gold"); respond 200 "in" }
rule q { when path under "/q"; require key(query: "k"); respond 200 "in" }
rule n { when path under "/n"; require key or anonymous; respond 200 "in" }
"""


class Judged:
    """How often a rule's credential was looked at."""

    def __init__(self, edge: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        judge = Requirements.judge

        def counted(requirements: Requirements, exchange: object) -> Caller | None:
            self.count += 1
            return judge(requirements, exchange)  # type: ignore[arg-type]

        monkeypatch.setattr(Requirements, "judge", counted)


@pytest.fixture
def edge(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path, RULES)


@pytest.fixture
def credentials(edge: InProcess) -> Credentials:
    return Credentials().serve(edge.engine)


@pytest.fixture
def judged(edge: InProcess, monkeypatch: pytest.MonkeyPatch) -> Judged:
    """Nothing ends by itself, however slow the machine is."""
    monkeypatch.setattr(passed, "LONGEST_S", 1000.0)
    return Judged(edge, monkeypatch)


def warm(edge: InProcess, data: bytes, status: int = 200) -> None:
    """As often as it takes until head and request are known."""
    for _ in range(5):
        assert edge.status(data) == status


def test_a_head_that_came_before_is_judged_once(
    edge: InProcess, credentials: Credentials, judged: Judged
) -> None:
    key = credentials.key()
    warm(edge, request("/a", f"X-API-Key: {key}"))
    before = judged.count
    for path in ("/a", "/a/1", "/a/2?x=1"):
        assert edge.status(request(path, f"X-API-Key: {key}")) == 200
    assert judged.count == before
    assert {entry.consumer for entry in edge.log.kept} == {"acme"}


def test_it_says_the_same_of_who_called_as_before(edge: InProcess, credentials: Credentials) -> None:
    warm(edge, request("/a", f"X-API-Key: {credentials.key()}"))
    entries = {(each.consumer, each.auth, each.credential, each.code) for each in edge.log.kept}
    assert len(entries) == 1


def test_another_rule_judges_for_itself(edge: InProcess, credentials: Credentials) -> None:
    key = credentials.key(tags=("silver",))
    warm(edge, request("/a", f"X-API-Key: {key}"))
    warm(edge, request("/b", f"X-API-Key: {key}"), 403)
    warm(edge, request("/a", f"X-API-Key: {key}"))


def test_a_refusal_is_never_remembered(edge: InProcess, credentials: Credentials) -> None:
    key = credentials.key(enabled=False)
    warm(edge, request("/a", f"X-API-Key: {key}"), 401)
    credentials.change(name_of(key), enabled=True)
    credentials.drop(name_of(key))
    assert edge.status(request("/a", f"X-API-Key: {key}")) == 200


def test_a_drop_ends_it_at_once(edge: InProcess, credentials: Credentials) -> None:
    key = credentials.key()
    warm(edge, request("/a", f"X-API-Key: {key}"))
    del credentials.known[name_of(key)]
    credentials.drop("consumer:acme")
    assert edge.status(request("/a", f"X-API-Key: {key}")) == 401


def test_a_version_ends_it(edge: InProcess, credentials: Credentials) -> None:
    key = credentials.key()
    warm(edge, request("/a", f"X-API-Key: {key}"))
    write_version(edge.files, RULES.replace("require key;", 'require key(scope: "s");'), 2)
    Loader(edge.engine, edge.reader, edge.upstreams).load()
    assert edge.status(request("/a", f"X-API-Key: {key}")) == 403


def test_it_does_not_outlive_what_was_shown(
    edge: InProcess, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passed, "LONGEST_S", 1000.0)
    key = credentials.key(expires_ms=int(time.time() * 1000) + 300)
    deadline = time.monotonic() + 20
    while edge.status(request("/a", f"X-API-Key: {key}")) == 200:
        assert time.monotonic() < deadline
    assert time.time() * 1000 >= credentials.known[name_of(key)].expires_ms
    assert edge.log.kept[-1].code == "credential-expired"


def test_it_is_looked_at_again_after_a_while(
    edge: InProcess, credentials: Credentials, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passed, "LONGEST_S", 0.0)
    warm(edge, request("/a", f"X-API-Key: {credentials.key()}"))
    assert judged.count == 5


def test_a_key_in_the_query_is_told_from_another_one(edge: InProcess, credentials: Credentials) -> None:
    good, other = credentials.key("acme"), credentials.key("other")
    for _ in range(4):
        for key in (good, other):
            assert edge.status(request(f"/q?k={key}")) == 200
            assert edge.log.kept[-1].credential == key.split("_")[1]
        assert edge.status(request(f"/q?k={good[:-1]}")) == 401
        assert edge.status(request("/q")) == 401


def test_a_key_in_the_query_is_taken_out_every_time(edge: InProcess, credentials: Credentials) -> None:
    edge.publish('rule q { when any; require key(query: "k"); redirect 302 "/to?{query}" }')
    key = credentials.key()
    for _ in range(5):
        answer = edge.ask(request(f"/q?a=1&k={key}"))
        assert b"\r\nLocation: /to?a=1\r\n" in answer


def test_nobody_may_be_remembered_too(edge: InProcess, credentials: Credentials) -> None:
    warm(edge, request("/n"))
    warm(edge, request("/n", f"X-API-Key: {credentials.key()}"))
    warm(edge, request("/n", "X-API-Key: wrong"), 401)
    warm(edge, request("/n"))
    assert {entry.consumer for entry in edge.log.kept} == {"", "acme"}


def test_what_came_over_a_trusted_proxy_is_judged_as_it_is(edge: InProcess, credentials: Credentials) -> None:
    edge.publish('defaults { trusted_proxies ["192.0.2.7"] }\n' + RULES)
    key = credentials.key()
    for address in ("198.51.100.1", "198.51.100.2", "198.51.100.1"):
        fields = (f"X-Forwarded-For: {address}", f"X-API-Key: {key}")
        assert edge.status(request("/a", *fields)) == 200
    assert [entry.consumer for entry in edge.log.kept] == ["acme"] * 3
