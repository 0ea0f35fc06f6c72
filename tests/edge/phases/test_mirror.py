"""Copies of requests, through a real edge."""

from __future__ import annotations

import socket
import threading

import pytest

from edge.forwarding.mirror import MAX_BODY, MAX_IN_FLIGHT
from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Peer, Request, Upstream, ok
from tests.support.wait import wait_until

POST = b"POST /a HTTP/1.1\r\nHost: a.test\r\n"


def mirrored(edge: EdgeProcess, upstream: str) -> dict[str, int]:
    """What was counted for this upstream, by outcome."""
    counted: dict[str, int] = {}
    for message in list(edge.agent.of_kind("counters")):
        for family, labels, count in message["counters"]:
            if family == "weir_mirrored_total" and labels[0] == upstream:
                counted[labels[1]] = counted.get(labels[1], 0) + count
    return counted


def wait_for(upstream: Upstream, count: int) -> list[Request]:
    wait_until(lambda: len(upstream.requests) >= count, what=f"{count} copies")
    return upstream.requests


def test_a_copy_is_what_was_forwarded(edge: EdgeProcess, upstreams) -> None:
    real, copy = upstreams(), upstreams()
    edge.publish(
        f'rule a {{ when any; strip prefix "/a"; set request header "X-A" = "1"; '
        f"proxy {real.url}; mirror {copy.url} }}"
    )
    with edge.client() as client:
        assert client.get("/a/b?c=d", "a.test", "X-B: 2", "X-Weir-Mirror: 0").status == 200
    (got,) = wait_for(copy, 1)
    (sent,) = real.requests
    assert got.line == sent.line == b"GET /b?c=d HTTP/1.1"
    assert got.header("x-weir-mirror") == b"1"
    assert sent.header("x-weir-mirror") is None
    assert sorted(got.headers) == sorted([*sent.headers, (b"X-Weir-Mirror", b"1")])
    wait_until(lambda: mirrored(edge, copy.url) == {"answered": 1}, what="the count")


@pytest.mark.parametrize("framing", ["length", "chunked", "late"])
def test_a_body_is_copied_whole(edge: EdgeProcess, upstreams, framing: str) -> None:
    real, copy = upstreams(), upstreams()
    edge.publish(f"rule a {{ when any; proxy {real.url}; mirror {copy.url} }}")
    with edge.client() as client:
        if framing == "length":
            client.send(POST + b"Content-Length: 4\r\n\r\nbody")
        elif framing == "chunked":
            client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n")
        else:
            client.send(POST + b"Content-Length: 4\r\n\r\n")
            wait_until(lambda: real.received.endswith(b"\r\n\r\n"), what="the head")
            assert copy.requests == []
            client.send(b"body")
        assert client.response().status == 200
    (got,) = wait_for(copy, 1)
    assert (got.body, got.header("content-length"), got.header("transfer-encoding")) == (b"body", b"4", None)
    assert real.requests[0].body == b"body"


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("more", [0, 1])
def test_bodies_are_copied_up_to_a_bound(edge: EdgeProcess, upstreams, chunked: bool, more: int) -> None:
    real, copy = upstreams(), upstreams()
    edge.publish(f"rule a {{ when any; proxy {real.url}; mirror {copy.url} }}")
    body = b"x" * (MAX_BODY + more)
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    line = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    with edge.client() as client:
        assert client.send(POST + line + b"\r\n\r\n" + framed).response().status == 200
    outcome = "body-too-large" if more else "answered"
    wait_until(lambda: mirrored(edge, copy.url) == {outcome: 1}, what="the count")
    assert [len(request.body) for request in copy.requests] == ([] if more else [MAX_BODY])
    assert real.requests[0].body == body


def test_a_body_that_never_comes_is_no_copy_and_keeps_no_place(edge: EdgeProcess, upstreams) -> None:
    real, copy = upstreams(), upstreams()
    edge.publish(f"rule a {{ when any; proxy {real.url}; mirror {copy.url} }}")
    with edge.client() as client:
        client.send(POST + b"Content-Length: 4\r\n\r\nbo")
        wait_until(lambda: real.received.endswith(b"bo"), what="the beginning")
    wait_until(lambda: mirrored(edge, copy.url) == {"incomplete": 1}, what="the count")
    assert copy.received == b""


def test_a_mirror_that_is_not_there_harms_nobody(edge: EdgeProcess, upstreams) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    edge.publish(f"rule a {{ when any; proxy {upstreams().url}; mirror {url} }}")
    with edge.client() as client:
        assert [client.get("/").status for _ in range(3)] == [200] * 3
    wait_until(lambda: mirrored(edge, url) == {"failed": 3}, what="the count")


def test_a_mirror_that_is_silent_delays_nobody_and_so_many_copies_wait_at_most(
    edge: EdgeProcess, upstreams
) -> None:
    let_go = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_request()
        let_go.wait(20)
        peer.send(ok())

    silent = upstreams(script=script)
    edge.publish(f"rule a {{ when any; proxy {upstreams().url}; mirror {silent.url} }}")
    with edge.client() as client:
        for _ in range(MAX_IN_FLIGHT + 2):
            assert client.get("/").status == 200
    wait_until(lambda: mirrored(edge, silent.url) == {"too-many": 2}, what="the count")
    let_go.set()
    wait_until(lambda: mirrored(edge, silent.url).get("answered") == MAX_IN_FLIGHT, what="the answers")


def test_copies_keep_to_the_concurrency_of_their_upstream_and_wait_for_no_place(
    edge: EdgeProcess, upstreams
) -> None:
    let_go = threading.Event()

    def script(peer: Peer) -> None:
        while True:
            peer.read_request()
            let_go.wait(20)
            peer.send(ok())

    shadow = upstreams(script=script)
    edge.publish(
        f"upstream full {{ target {shadow.url}; concurrency 2 queue 10 }}\n"
        f"rule a {{ when any; proxy {upstreams().url}; mirror full }}"
    )
    with edge.client() as client:
        assert [client.get("/").status for _ in range(5)] == [200] * 5
        wait_until(lambda: mirrored(edge, "full") == {"overloaded": 3}, what="the count")
        let_go.set()
        wait_until(lambda: mirrored(edge, "full").get("answered") == 2, what="the answers")
        assert client.get("/").status == 200
    wait_until(lambda: mirrored(edge, "full").get("answered") == 3, what="a place is free again")


def test_an_upgrade_is_not_copied(edge: EdgeProcess, upstreams) -> None:
    def script(peer: Peer) -> None:
        peer.read_until(b"\r\n\r\n")
        peer.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        peer.read_to_end()

    copy = upstreams()
    edge.publish(f"rule a {{ when any; proxy {upstreams(script=script).url}; mirror {copy.url} }}")
    with edge.client() as client:
        assert client.get("/", "a.test", "Connection: upgrade", "Upgrade: echo").status == 101
    wait_until(lambda: mirrored(edge, copy.url) == {"upgrade": 1}, what="the count")


def test_connections_to_a_mirror_are_kept(edge: EdgeProcess, upstreams) -> None:
    copy = upstreams()
    edge.publish(f"rule a {{ when any; proxy {upstreams().url}; mirror {copy.url} }}")
    with edge.client() as client:
        for number in range(3):
            client.get("/")
            wait_for(copy, number + 1)
            wait_until(lambda n=number: mirrored(edge, copy.url) == {"answered": n + 1}, what="the answer")
    assert len(copy.peers) == 1
