"""What an upstream gets: the same whether a head is written anew or taken from what was prepared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.in_process import InProcess
from tests.support.upstream import Request, Upstream

TIMES = 6
OWN = {b"x-request-id", b"traceparent"}
"""Of one request only."""


@pytest.fixture
def upstreams() -> Iterator[list[Upstream]]:
    both = [Upstream().start(), Upstream().start()]
    yield both
    for upstream in both:
        upstream.stop()


def get(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: a.test:81", *lines, "", ""]).encode()


def said(request: Request) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    return request.line, sorted(
        (name.lower(), value) for name, value in request.headers if name.lower() not in OWN
    )


@pytest.mark.parametrize(
    ("clauses", "host"),
    [
        ("", b"a.test:81"),
        ('host "fixed.test";', b"fixed.test"),
        ("host upstream;", None),
        ('set request header "X-A" = "b"; remove request header "User-Agent";', b"a.test:81"),
        ('add request header "X-A" = "{ip}{request_id}";', b"a.test:81"),
        ('set request header "X-Real-IP" = "none";', b"a.test:81"),
        ('replace prefix "/v" with "/w";', b"a.test:81"),
        ('rewrite path "/x{path}";', b"a.test:81"),
    ],
)
def test_it_is_the_same_however_often_it_comes(
    tmp_path: Path, upstreams: list[Upstream], clauses: str, host: bytes | None
) -> None:
    first, second = upstreams
    edge = InProcess(
        tmp_path,
        f"upstream u {{ target {first.url}; target {second.url} }}\nrule a {{ when any; {clauses} proxy u }}",
    )
    data = get("/v/c?d", "User-Agent: e", "Cookie: f=g")
    for _ in range(2 * TIMES):
        assert edge.status(data) == 200
    assert data in edge.engine.requests.known
    for upstream in upstreams:
        assert len(upstream.requests) == TIMES
        expected = host or upstream.url.removeprefix("http://").encode()
        assert {request.header("host") for request in upstream.requests} == {expected}
        each = [said(request) for request in upstream.requests]
        if "request_id" not in clauses:
            assert all(one == each[0] for one in each)
        assert [name for name, _ in each[-1][1]] == [name for name, _ in each[0][1]]


def test_two_rules_for_the_same_head_do_not_mix(tmp_path: Path, upstreams: list[Upstream]) -> None:
    first, second = upstreams
    edge = InProcess(
        tmp_path,
        f'rule a {{ when path == "/a"; set request header "X-Rule" = "a"; proxy {first.url} }}\n'
        f'rule b {{ when path == "/b"; set request header "X-Rule" = "b"; host "b.test"; proxy {second.url} }}',
    )
    for _ in range(TIMES):
        edge.ask(get("/a"))
        edge.ask(get("/b"))
    assert {(request.header("x-rule"), request.header("host")) for request in first.requests} == {
        (b"a", b"a.test:81")
    }
    assert {(request.header("x-rule"), request.header("host")) for request in second.requests} == {
        (b"b", b"b.test")
    }


def test_every_client_is_told_of_by_its_own_address(tmp_path: Path, upstreams: list[Upstream]) -> None:
    edge = InProcess(tmp_path, f"rule a {{ when any; proxy {upstreams[0].url} }}")
    peers = ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3", "192.0.2.2", "192.0.2.3"]
    for peer in peers:
        edge.ask(get("/"), peer)
    told = [
        (request.header("x-forwarded-for"), request.header("x-real-ip")) for request in upstreams[0].requests
    ]
    assert told == [(peer.encode(), peer.encode()) for peer in peers]


def test_every_request_has_a_trace_and_an_id_of_its_own(tmp_path: Path, upstreams: list[Upstream]) -> None:
    edge = InProcess(tmp_path, f"rule a {{ when any; proxy {upstreams[0].url} }}")
    for _ in range(TIMES):
        edge.ask(get("/"))
    for name in ("x-request-id", "traceparent"):
        assert len({request.header(name) for request in upstreams[0].requests}) == TIMES
