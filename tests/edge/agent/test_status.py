"""The status listener: three pages, one request per connection, bounded."""

from __future__ import annotations

import contextlib
import json
import socket

import pytest

from edge.agent import status


def raw(agent, request: bytes) -> bytes:
    """Everything that is answered until the listener closes."""
    with socket.create_connection(agent.listener.getsockname(), timeout=20) as sock:
        sock.sendall(request)
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
        return answer


def test_an_agent_that_lives_is_healthy_before_it_is_ready(agent):
    assert agent.get("/healthz") == (200, "ok\n")
    assert agent.get("/readyz")[0] == 503


def test_readiness_is_json_with_its_reasons(agent):
    worker = agent.worker()
    agent.wait_ok()
    code, body = agent.get("/readyz?verbose")
    assert code == 200
    assert json.loads(body) == {"status": "ok", "reasons": [], "version": None, "workers": 1, "settled": True}
    worker.stop()
    agent.wait_for(lambda ready: ready["workers"] == 0)


def test_metrics_are_in_the_text_format(agent):
    answer = raw(agent, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Type: text/plain" in head
    assert b"# TYPE weir_store_up gauge" in body


@pytest.mark.parametrize(
    ("request_line", "code"),
    [
        (b"GET /nothing HTTP/1.1", 404),
        (b"POST /healthz HTTP/1.1", 405),
        (b"GET healthz HTTP/1.1", 400),
        (b"GET /healthz HTTP/2.0", 400),
        (b"rubbish", 400),
    ],
)
def test_other_requests_get_an_error(agent, request_line, code):
    assert raw(agent, request_line + b"\r\nHost: x\r\n\r\n").split()[1] == str(code).encode()


def test_head_has_no_body(agent):
    head, _, body = raw(agent, b"HEAD /healthz HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")
    assert b"Content-Length: 3" in head
    assert body == b""


def test_a_head_over_the_bound_is_not_answered(agent):
    line = b"GET /healthz HTTP/1.1\r\nX: "
    fits = line + b"x" * (status.MAX_HEAD - len(line) - 4) + b"\r\n\r\n"
    assert b"200 OK" in raw(agent, fits)
    with socket.create_connection(agent.listener.getsockname(), timeout=20) as sock:
        sock.sendall(line + b"x" * (3 * status.MAX_HEAD))
        with contextlib.suppress(ConnectionResetError):
            assert sock.recv(1) == b""


def test_a_slow_asker_is_closed_and_others_are_answered_meanwhile(agent):
    with socket.create_connection(agent.listener.getsockname(), timeout=60) as slow:
        slow.sendall(b"GET /healthz")
        assert agent.get("/healthz")[0] == 200
        assert slow.recv(1) == b""


def test_who_is_out_is_a_page_of_json(agent):
    assert agent.get("/targets") == (200, '{"targets": []}\n')
    assert "/targets" in agent.get("/nothing")[1]
