"""Connections that never get a greenlet: their first request goes fast, also where it is the last one."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import gevent
import msgspec
import pytest

from edge.exchange import Exchange
from tests.support.served import (
    KNOWN,
    Client,
    Served,
    get,
    known,
    proxy,
    sent,
    settled,
    slow,
    until,
    without_ids,
)
from tests.support.upstream import Request, Upstream, ok

Serve = Callable[..., Served]
Upstreams = Callable[..., Upstream]
pytestmark = pytest.mark.parametrize("serve", [True], ids=[""], indirect=True)
LAST = get("/", "Connection: close")


def last_known(edge: Served) -> None:
    """Each of them on a connection of its own."""
    for _ in range(KNOWN):
        assert b" 200 " in edge.client().ask(LAST)


def test_the_last_request_of_a_connection_goes_the_same_way(
    serve: Serve, upstreams: Upstreams, piped: list[Exchange]
) -> None:
    upstream = upstreams(answer=lambda _: ok(b"body", b"X-Of: upstream"))
    edge = serve(proxy(upstream))
    last_known(edge)
    quick, patient = edge.client(), slow(edge.client())
    answers = [client.ask(LAST) for client in (quick, patient)]
    assert len(piped) == KNOWN + 1
    assert b"\r\nConnection: close\r\n" in answers[0]
    assert without_ids(answers[0]) == without_ids(answers[1])
    assert sent(upstream.requests[-1]) == sent(upstream.requests[-2])
    for client in (quick, patient):
        assert client.sock.recv(1) == b""
        assert client.over.wait(20)
    assert [client.downstream.has_greenlet for client in (quick, patient)] == [False, True]
    lines = [(line.method, line.status, line.bytes_out, line.upstream) for line in edge.log.kept]
    assert len(lines) == KNOWN + 2
    assert len(set(lines)) == 1
    assert not edge.engine.connections
    assert settled(edge)


def test_behind_a_request_that_was_for_the_pipeline_it_is_too(
    serve: Serve, upstreams: Upstreams, piped: list[Exchange]
) -> None:
    edge = serve(proxy(upstreams()))
    last_known(edge)
    client = edge.client()
    assert b" 200 " in client.ask(get("/", "X-New: 1"))
    assert b"Connection: close" in client.ask(LAST)
    assert len(piped) == KNOWN + 2
    assert client.over.wait(20)


def test_a_connection_that_is_kept_needs_no_greenlet_either(serve: Serve, upstreams: Upstreams) -> None:
    edge = serve(proxy(upstreams()))
    known(Client(edge), get())
    client = edge.client()
    for _ in range(3):
        assert b" 200 " in client.ask(get())
    client.close()
    assert client.over.is_set()
    assert not client.downstream.has_greenlet
    assert settled(edge)


@pytest.mark.parametrize("end", ["closes", "says nothing"])
def test_nor_does_one_on_which_nothing_comes(serve: Serve, upstreams: Upstreams, end: str) -> None:
    edge = serve(proxy(upstreams()))
    edge.engine.limits = msgspec.structs.replace(edge.engine.limits, head_s=0.2)
    client = edge.client()
    began = time.monotonic()
    if end == "closes":
        client.sock.shutdown(socket.SHUT_WR)
    assert client.over.wait(20)
    assert end == "closes" or time.monotonic() - began >= 0.2
    assert client.answer() == b""
    assert not client.downstream.has_greenlet
    assert not edge.engine.connections


def test_a_head_in_pieces_has_the_time_that_began_with_the_connection(
    serve: Serve, upstreams: Upstreams
) -> None:
    edge = serve(proxy(upstreams()))
    edge.engine.limits = msgspec.structs.replace(edge.engine.limits, head_s=0.6)
    client = edge.client()
    gevent.sleep(0.01)
    until_when = client.downstream.transport.read_deadline
    gevent.sleep(0.3)
    client.send(b"GET / HT")
    until(lambda: client.downstream.has_greenlet)
    assert client.downstream.transport.read_deadline == until_when
    assert client.answer().startswith(b"HTTP/1.1 408 ")


def test_what_comes_behind_the_last_request_is_not_answered(serve: Serve, upstreams: Upstreams) -> None:
    holds: list[bool] = []

    def answer(_: Request) -> bytes:
        while holds:
            time.sleep(0.001)
        return ok()

    edge = serve(proxy(upstreams(answer=answer)))
    last_known(edge)
    holds.append(True)
    client = edge.client().send(LAST)
    until(lambda: edge.engine.telemetry.in_flight == 1)
    client.send(LAST)
    until(lambda: client.downstream.has_greenlet)
    holds.clear()
    assert client.answer().count(b"HTTP/1.1 ") == 1
    client.sock.shutdown(socket.SHUT_WR)
    assert client.answer() == b""
    assert client.over.wait(20)
    assert len(edge.log.kept) == KNOWN + 1
    assert settled(edge)


@pytest.mark.parametrize("reads", [True, False])
def test_the_last_answer_is_waited_for_until_it_is_out(
    serve: Serve, upstreams: Upstreams, reads: bool
) -> None:
    body = b"x" * 14_000
    edge = serve(proxy(upstreams(answer=lambda _: ok(body))))
    last_known(edge)
    edge.engine.limits = msgspec.structs.replace(edge.engine.limits, write_s=0.3)
    client = edge.client()
    client.downstream.transport.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    client.send(LAST)
    until(lambda: client.downstream.transport._writer is not None)
    if reads:
        assert client.answer().endswith(body)
    assert client.over.wait(20)
    line = edge.log.kept[-1]
    assert (line.status, line.code) == ((200, "") if reads else (499, "client-gone"))
    assert settled(edge)
