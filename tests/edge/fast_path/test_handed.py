"""Where anything is not as usual, the pipeline goes on, and nobody can tell from what comes of it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import gevent
import msgspec
import pytest

from edge.downstream.connection import Downstream
from edge.fast_path.fast_path import FastPath
from edge.transport import MAX_POSTED
from tests.support.served import (
    KNOWN,
    Client,
    Served,
    get,
    known,
    proxy,
    reset,
    settled,
    slow,
    until,
    without_ids,
)
from tests.support.upstream import Peer, Request, Upstream, ok

Serve = Callable[..., Served]
Upstreams = Callable[..., Upstream]


def of_kind(kind: str) -> bytes:
    """Answers that the fast path leaves to the pipeline."""
    return {
        "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "interim": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok(),
        "until close": b"HTTP/1.1 200 OK\r\n\r\nok",
        "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
        "large": ok(b"x" * (MAX_POSTED + 1)),
        "nearly large": ok(b"x" * (MAX_POSTED - 60), b"X-A: b"),
        "empty": ok(b""),
        "error": b"HTTP/1.1 500 Oh\r\nContent-Length: 1\r\n\r\nx",
        "connection": ok(b"ok", b"Connection: x-a", b"X-A: b"),
        "malformed": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        "more than it said": ok(b"a") + b"HTTP/1.1 200 OK",
        "nothing": b"",
    }[kind]


KINDS = (
    "chunked", "interim", "until close", "no content", "large", "nearly large", "empty", "error", "connection",
    "malformed", "more than it said", "nothing",
)  # fmt: skip


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_comes_back_reaches_the_client_as_by_the_pipeline(
    serve: Serve, upstreams: Upstreams, kind: str, pieces: int
) -> None:
    unusual: list[bool] = []
    answer = of_kind(kind)

    def script(peer: Peer) -> None:
        while True:
            peer.read_request()
            if not unusual:
                peer.send(ok())
                continue
            step = max(1, len(answer) // pieces)
            for start in range(0, len(answer), step):
                peer.send(answer[start : start + step])
                time.sleep(0.002 if pieces > 1 else 0)
            if kind in ("until close", "nothing"):
                return

    upstream = upstreams(script=script)
    edge = serve(proxy(upstream))
    quick, data = edge.client(), get()
    known(quick, data)
    unusual.append(True)
    by_fast_path = quick.send(data).answer()
    by_pipeline = slow(edge.client()).send(data).answer()
    assert without_ids(by_fast_path) == without_ids(by_pipeline)
    entries = [(line.status, line.code) for line in edge.log.kept]
    assert entries[-1] == entries[-2]
    edge.stop()
    assert settled(edge)


def test_a_connection_that_was_closed_meanwhile_is_replaced(serve: Serve, upstreams: Upstreams) -> None:
    asked: list[int] = []

    def script(peer: Peer) -> None:
        for number in range(KNOWN + 1):
            peer.read_request()
            asked.append(number)
            if number == KNOWN:
                return  # without a word
            peer.send(ok())

    edge = serve(proxy(upstreams(script=script)))
    client, data = edge.client(), get()
    known(client, data)
    assert b" 200 " in client.ask(data)
    assert asked == [*range(KNOWN + 1), 0]
    assert [attempt.retry for attempt in edge.log.kept[-1].attempts] == ["replaced", ""]


def test_a_failure_is_retried_as_the_rule_says(serve: Serve, upstreams: Upstreams) -> None:
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    answers: list[bytes] = [ok()] * KNOWN + [busy, ok(b"again")]
    upstream = upstreams(answer=lambda _: answers.pop(0))
    client, data = serve(proxy(upstream, "retry 2 on 503")).client(), get()
    known(client, data)
    assert client.ask(data).endswith(b"again")
    assert [request.header("x-weir-attempt") for request in upstream.requests[-2:]] == [None, b"2"]


def test_silence_is_a_timeout(serve: Serve, upstreams: Upstreams) -> None:
    silent: list[bool] = []

    def script(peer: Peer) -> None:
        while True:
            peer.read_request()
            if silent:
                peer.read_to_end()
                return
            peer.send(ok())

    edge = serve(proxy(upstreams(script=script), "timeout try 300ms"))
    client, data = edge.client(), get()
    known(client, data)
    silent.append(True)
    assert client.ask(data).startswith(b"HTTP/1.1 504 ")
    assert edge.log.kept[-1].code == "upstream-timeout"


@pytest.mark.parametrize("how", [lambda sock: sock.close(), reset], ids=["closes", "resets"])
def test_a_client_that_leaves_ends_its_request(
    serve: Serve, upstreams: Upstreams, how: Callable[[Any], None]
) -> None:
    holds: list[bool] = []
    ended: list[bool] = []

    def script(peer: Peer) -> None:
        while True:
            peer.read_request()
            if holds:
                assert peer.read_to_end() == b""
                ended.append(True)
                return
            peer.send(ok())

    edge = serve(proxy(upstreams(script=script)))
    client, data = edge.client(), get()
    known(client, data)
    holds.append(True)
    client.send(data)
    until(lambda: edge.engine.telemetry.in_flight == 1)
    how(client.sock)
    until(lambda: len(edge.log.kept) == KNOWN + 1 and bool(ended))
    assert edge.log.kept[-1].status == 499
    assert settled(edge)


def test_requests_that_come_early_are_answered_in_their_order(serve: Serve, upstreams: Upstreams) -> None:
    def answer(request: Request) -> bytes:
        time.sleep(0.02)
        return ok(request.line)

    client = serve(proxy(upstreams(answer=answer))).client()
    first, second = get("/1"), get("/2")
    known(client, first)
    known(client, second)
    client.send(first)
    gevent.sleep(0.005)
    client.send(second)
    gevent.sleep(0.005)
    client.send(first + second)
    data = b""
    while data.count(b"GET /") < 4:
        data += client.sock.recv(65536)
    assert [part[:6] for part in data.split(b"\r\n\r\n")[1:]] == [b"GET /1", b"GET /2", b"GET /1", b"GET /2"]


def under_way(serve: Serve, upstreams: Upstreams) -> tuple[Served, Client, list[bool]]:
    """A client whose request is; its answer comes once the list is empty."""
    holds: list[bool] = []

    def answer(_: Request) -> bytes:
        while holds:
            time.sleep(0.001)
        return ok()

    edge = serve(proxy(upstreams(answer=answer)))
    client = edge.client()
    known(client, get())
    holds.append(True)
    client.send(get())
    until(lambda: edge.engine.telemetry.in_flight == 1)
    return edge, client, holds


def test_an_answer_under_way_is_of_the_version_that_it_began_with(serve: Serve, upstreams: Upstreams) -> None:
    edge, client, holds = under_way(serve, upstreams)
    old = edge.engine.snapshot
    assert old.users == 1
    edge.publish('rule all { when any; respond 404 "" }')
    edge.engine.requests.forget()
    holds.clear()
    assert b" 200 " in client.answer()
    assert old.users == 0
    assert b" 404 " in client.ask(get())


def test_a_worker_that_drains_closes_behind_the_answer(serve: Serve, upstreams: Upstreams) -> None:
    edge, client, holds = under_way(serve, upstreams)
    edge.engine.drain()
    holds.clear()
    assert b"Connection: close" in client.answer()
    assert client.over.wait(20)


def test_a_worker_that_ends_says_so_to_who_waits(serve: Serve, upstreams: Upstreams) -> None:
    edge, client, holds = under_way(serve, upstreams)
    edge.engine.end_connections()
    assert client.answer().startswith(b"HTTP/1.1 503 ")
    assert edge.log.kept[-1].code == "stopping"
    assert settled(edge)
    holds.clear()


def test_a_client_that_reads_slowly_and_sends_early_loses_nothing(serve: Serve, upstreams: Upstreams) -> None:
    """The answer before is not out when the next requests come."""
    body = b"x" * 200_000
    edge = serve(
        proxy(upstreams(answer=lambda request: ok(body if b"/large" in request.line else request.line)))
    )
    client = edge.client()
    known(client, get("/1"))
    for _ in range(KNOWN):
        client.send(get("/large"))
        gevent.sleep(0.01)
        for _ in range(3):
            client.send(get("/1"))
            gevent.sleep(0.002)
        data = b""
        while data.count(b"GET /1") < 3:
            data += client.sock.recv(65536)
        assert data.count(b"HTTP/1.1 200 OK") == 4
        assert data.endswith(b"GET /1 HTTP/1.1")


def test_the_head_of_the_next_request_has_the_time_of_a_head(serve: Serve, upstreams: Upstreams) -> None:
    """Not that of an idle connection, however the last request was served."""
    edge = serve(proxy(upstreams()))
    known(edge.client(), get())
    edge.engine.limits = msgspec.structs.replace(edge.engine.limits, head_s=0.3)
    client = edge.client()
    assert b" 200 " in client.ask(get())
    began = time.monotonic()
    assert client.send(b"GET / HT").answer().startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began >= 0.3


def test_the_bound_of_heads_is_that_of_the_version_in_service(serve: Serve, upstreams: Upstreams) -> None:
    url = upstreams().url
    edge = serve(f"rule all {{ proxy {url} }}")
    client, data = edge.client(), get("/", "X-A: " + "a" * 2000)
    known(client, data)
    assert b" 200 " in client.ask(data)
    edge.publish(f"defaults {{ max head 1KiB }}\nrule all {{ proxy {url} }}")
    edge.engine.requests.forget()
    edge.engine.names.heads.forget()
    assert client.ask(data).startswith(b"HTTP/1.1 431 ")


def test_nothing_is_left_of_a_connection_for_the_collector(serve: Serve, upstreams: Upstreams) -> None:
    """A publish puts all that lives out of its sight, so a cycle would stay for ever."""
    edge = serve(proxy(upstreams()))
    gc.collect()
    gc.disable()
    try:
        before = alive()
        client = edge.client()
        for number in range(KNOWN + 3):
            client.ask(get(f"/{number % 4}"))
        assert alive() == before + 2
        client.close()
        edge.clients.clear()
        del client
        gevent.sleep(0)
        assert alive() == before
    finally:
        gc.enable()


def alive() -> int:
    """Connections of clients, and their fast paths."""
    return sum(isinstance(each, (Downstream, FastPath)) for each in gc.get_objects())


def test_an_answer_that_cannot_be_counted_in_the_hub_is_the_pipelines(
    serve: Serve, upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch, piped: list[Any]
) -> None:
    edge = serve(proxy(upstreams(answer=lambda _: ok(b"all the same"))))
    client = edge.client()
    known(client, get("/"))

    def fails(*_: object) -> None:
        raise KeyError("nobody foresaw this")

    monkeypatch.setattr("edge.fast_path.fast_path.note_answer", fails)
    piped.clear()
    assert client.ask(get("/")).endswith(b"all the same")
    assert len(piped) == 1
    assert settled(edge)
