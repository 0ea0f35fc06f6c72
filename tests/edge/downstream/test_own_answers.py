"""Answers and refusals of the edge's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.answers import Answer, Refusal
from edge.downstream.connection import Downstream
from edge.downstream.own_answers import give, refuse
from edge.exchange import Exchange
from edge.http.head import RequestHead
from edge.http.request_reader import whole
from tests.support.in_process import FakeTransport, InProcess


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    edge = InProcess(tmp_path, "rule a { when any; respond 200 }")
    head = RequestHead()
    head.method, head.version, head.keep_alive, head.fields = b"GET", "1.1", True, []
    downstream = Downstream(edge.engine, FakeTransport(b""), "192.0.2.7", 80, "http")  # type: ignore[arg-type]
    exchange = Exchange(downstream, whole(head), edge.engine.snapshot, 0.0)
    exchange.request_id = "id-1"
    return exchange


def sent(exchange: Exchange) -> bytes:
    transport = exchange.downstream.transport
    assert isinstance(transport, FakeTransport)
    return transport.sent


def test_an_answer_is_written_with_its_length_its_date_and_the_request_s_id(exchange: Exchange) -> None:
    give(exchange, Answer(200, ((b"X-A", b"b"),), b"abc"))
    head, _, body = sent(exchange).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert body == b"abc"
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert {b"X-A: b", b"Content-Length: 3", b"X-Request-Id: id-1"} <= set(lines)
    assert any(line.startswith(b"Date: ") for line in lines)
    assert (exchange.status, exchange.answering, exchange.bytes_out) == (200, True, len(sent(exchange)))


def test_to_head_it_is_the_same_without_the_body(exchange: Exchange) -> None:
    exchange.head.method = b"HEAD"
    give(exchange, Answer(200, (), b"abc"))
    assert sent(exchange).endswith(b"\r\n\r\n")
    assert b"Content-Length: 3\r\n" in sent(exchange)


def test_it_says_so_if_the_connection_closes_behind_it(exchange: Exchange) -> None:
    exchange.keep_alive = False
    give(exchange, Answer(204, ()))
    assert b"Connection: close\r\n" in sent(exchange)
    assert b"Content-Length" not in sent(exchange)


@pytest.mark.parametrize(("code", "stays"), [("no-rule", True), ("body-too-large", False)])
def test_a_refusal_closes_where_what_follows_cannot_be_understood(
    exchange: Exchange, code: str, stays: bool
) -> None:
    refuse(exchange, Refusal(code, "why"))
    assert (exchange.code, exchange.detail, exchange.keep_alive) == (code, "why", stays)
    assert code.encode() in sent(exchange)


def test_an_answer_that_is_under_way_can_only_break_off(exchange: Exchange) -> None:
    exchange.answering = True
    refuse(exchange, Refusal("upstream-broken", "why"))
    assert sent(exchange) == b""
    assert not exchange.keep_alive
