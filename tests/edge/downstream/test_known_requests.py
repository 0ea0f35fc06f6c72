"""A request that came before begins behind ``match``, and nothing about it is different."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.downstream.known_requests import MAX_CANDIDATES, MAX_REQUESTS, MAX_SEEN
from tests.support.in_process import InProcess
from tests.support.upstream import Upstream

TIMES = 5
"""The fourth time a request is recognised by all its bytes."""

RULES = """
rule text   { when path == "/text"; respond 200 "{method}" }
rule like   { when path like "/like/{name}"; redirect 302 "https://b.test/{name}{path}" }
rule header { when path == "/header" and header("X-A") == "1"; respond 201 "a" }
rule other  { when path == "/header"; respond 202 "b" }
rule cookie { when path == "/cookie" and cookie("a") == "1"; respond 203 "a" }
rule query  { when path == "/query" and query("a") == "1"; respond 206 "a" }
rule post   { when path == "/post" and method == "POST"; respond 200 "a" }
rule ip     { when path == "/ip" and ip in ["192.0.2.0/28"]; respond 200 "near" }
rule far    { when path == "/ip"; respond 200 "far" }
rule denied { when path == "/denied"; deny ip ["192.0.2.9"]; respond 200 "in" }
rule host   { when host == "c.test"; respond 204 }
"""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream().start()
    yield upstream
    upstream.stop()


def get(path: str, *lines: str, method: str = "GET", host: str = "a.test") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode()


def knows(edge: InProcess, data: bytes) -> bool:
    return data in edge.engine.requests.known


PATHS = (
    "/text", "/like/x", "/like/y%20z", "/header", "/cookie", "/query?a=1", "/query?b", "/post", "/ip", "/denied",
    "/none", "//text", "/a/../text", "/%74ext", "/like/", "/bad%zz",
)  # fmt: skip
LINES = ("X-A: 1", "X-A: 2", "Cookie: a=1", "X-B: c", "X-Forwarded-For: 9.9.9.9", "Connection: close")
requests = st.builds(
    get,
    st.sampled_from(PATHS),
    st.sampled_from(LINES),
    method=st.sampled_from(["GET", "POST", "DELETE", "HEAD"]),
    host=st.sampled_from(["a.test", "c.test", "A.TEST:80"]),
)
peers = st.sampled_from(["192.0.2.7", "192.0.2.9", "198.51.100.1"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(requests, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 2), peers), min_size=12, max_size=30),
)
def test_every_answer_is_as_if_it_came_for_the_first_time(
    tmp_path: Path, several: list[bytes], order: list[tuple[int, str]]
) -> None:
    edge = InProcess(tmp_path, RULES)
    for choice, peer in order:
        data = several[choice % len(several)]
        assert without_ids(edge.ask(data, peer)) == without_ids(fresh(edge, data, peer))


def fresh(edge: InProcess, data: bytes, peer: str) -> bytes:
    """By the same edge without a memory."""
    requests, heads = edge.engine.requests.known, edge.engine.names.heads.known
    kept = dict(requests), dict(heads)
    requests.clear()
    heads.clear()
    answer = edge.ask(data, peer)
    requests.clear()
    heads.clear()
    requests.update(kept[0])
    heads.update(kept[1])
    return answer


def without_ids(answer: bytes) -> list[bytes]:
    ours = (b"x-request-id:", b"date:")
    lines = [line for line in answer.split(b"\r\n") if not line.lower().startswith(ours)]
    return [b"" if b"request_id" in line else line for line in lines]


def test_what_an_upstream_gets_and_what_is_logged_is_the_same(tmp_path: Path, upstream: Upstream) -> None:
    edge = InProcess(
        tmp_path,
        f'rule a {{ when any; set request header "X-A" = "b"; strip prefix "/v1"; proxy {upstream.url} }}',
    )
    data = get("/v1/c?d=e", "Cookie: f=g")
    for _ in range(TIMES):
        assert b"200" in edge.ask(data).split(b"\r\n")[0]
    assert knows(edge, data)
    seen = [
        (
            request.line,
            sorted((name, value) for name, value in request.headers if name.lower() not in CHANGING),
        )
        for request in upstream.requests
    ]
    assert len(seen) == TIMES
    assert all(each == seen[0] for each in seen)
    identities = {
        value for request in upstream.requests for name, value in request.headers if name.lower() in CHANGING
    }
    assert len(identities) == 2 * TIMES
    lines = [
        (entry.method, entry.host, entry.path, entry.rule, entry.status, entry.ip) for entry in edge.log.kept
    ]
    assert lines == [("GET", "a.test", "/v1/c", "a", 200, "192.0.2.7")] * TIMES


CHANGING = (b"x-request-id", b"traceparent")


def test_another_version_is_looked_at_anew(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, 'rule a { when any; respond 200 "a" }')
    data = get("/")
    for _ in range(TIMES):
        edge.ask(data)
    assert knows(edge, data)
    edge.publish('rule a { when any; respond 200 "b" }')
    edge.engine.requests.forget()
    assert edge.ask(data).endswith(b"b")


def test_a_rule_that_asks_who_is_connected_is_asked_every_time(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    data = get("/ip")
    for _ in range(TIMES):
        assert edge.ask(data, "192.0.2.7").endswith(b"near")
        assert edge.ask(data, "198.51.100.1").endswith(b"far")
    assert not knows(edge, data)


def test_too_many_candidates_are_not_looked_through(tmp_path: Path) -> None:
    rules = [
        f'rule r{number} {{ when header("X-A") == "{number}"; respond 200 }}'
        for number in range(MAX_CANDIDATES + 1)
    ]
    edge = InProcess(tmp_path, "\n".join(rules))
    data = get("/", "X-A: 3")
    for _ in range(TIMES):
        assert edge.status(data) == 200
    assert not knows(edge, data)


def test_what_is_remembered_is_bounded(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, "rule a { when any; respond 204 }")
    for _ in range(TIMES):
        edge.ask(get("/"))
    for number in range(MAX_REQUESTS + 5):
        for _ in range(2):
            edge.ask(get(f"/{number}"))
        assert len(edge.engine.requests.known) <= MAX_REQUESTS
    for number in range(MAX_SEEN + 5):
        edge.ask(get(f"/x{number}"))
    assert len(edge.engine.requests._seen) <= MAX_SEEN
