"""Probes of real targets."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator

import pytest

from edge.agent.health.check import Check
from edge.agent.health.probe import Outcome, probe, request, status_of
from tests.support.upstream import Peer, Upstream

CHECK = Check("file/u", "http://127.0.0.1:1", "GET", "/healthz", 5000, 2000, (), "")


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], Check]]:
    """A check of a target that reads one request and sends these bytes."""
    made: list[Upstream] = []

    def make(answer: bytes, then: Callable[[Peer], None] = lambda _: None) -> Check:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(answer)
            then(peer)

        made.append(Upstream(script=script).start())
        return CHECK._replace(url=f"http://127.0.0.1:{made[-1].port}")

    yield make
    for upstream in made:
        upstream.stop()


def asked(check: Check) -> Outcome:
    return probe(check, ssl.create_default_context())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Outcome(True, "passed")),
        (b"HTTP/1.0 204\r\n\r\n", Outcome(True, "passed")),
        (b"HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", Outcome(True, "passed")),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            Outcome(True, "passed"),
        ),
        (b"HTTP/1.1 503 No\r\n\r\n", Outcome(False, "status", "503")),
        (b"HTTP/1.1 101 Switching\r\n\r\n", Outcome(False, "status", "101")),
        (b"HTTP/2 200 OK\r\n\r\n", Outcome(False, "malformed", "the answer is no HTTP/1.1")),
        (b"220 smtp\r\n\r\n", Outcome(False, "malformed", "the answer is no HTTP/1.1")),
        (b"HTTP/1.1 200 OK\r\n", Outcome(False, "malformed", "the answer is no HTTP/1.1")),
        (b"", Outcome(False, "malformed", "the answer is no HTTP/1.1")),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000, Outcome(False, "malformed", "the answer is no HTTP/1.1")),
    ],
)
def test_the_status_decides(answering: Callable[[bytes], Check], answer: bytes, expected: Outcome) -> None:
    assert asked(answering(answer)) == expected


def test_the_expected_status_may_be_another(answering: Callable[[bytes], Check]) -> None:
    check = answering(b"HTTP/1.1 418 I am\r\n\r\n")
    assert asked(check._replace(expect=(418,))).passed


def test_who_refuses_is_not_reached() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        found = asked(CHECK._replace(url=f"http://127.0.0.1:{nobody.getsockname()[1]}"))
    assert (found.passed, found.word) == (False, "connect")


def test_silence_ends_with_the_time_of_the_check() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        check = CHECK._replace(url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_ms=50)
        assert asked(check) == Outcome(False, "timeout", "no answer within 50 ms")


def test_a_name_that_is_none_is_not_reached() -> None:
    assert asked(CHECK._replace(url="http://no-such-name.invalid:80")).word in ("connect", "timeout")


def test_a_certificate_that_nobody_vouches_for_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        check = CHECK._replace(url=f"https://127.0.0.1:{plain.getsockname()[1]}", timeout_ms=100)
        assert not asked(check).passed


def test_what_is_sent() -> None:
    check = CHECK._replace(url="http://orders:8080", path="/health z?a=b&c=%20")
    assert request(check) == (
        b"GET /health%20z?a=b&c=%20 HTTP/1.1\r\nHost: orders:8080\r\nUser-Agent: weir-check\r\n"
        b"Accept: */*\r\nConnection: close\r\n\r\n"
    )
    posted = request(check._replace(method="POST", host="api.example"))
    assert b"Host: api.example\r\n" in posted
    assert b"Content-Length: 0\r\n" in posted


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"HTTP/1.1 200 OK", 200),
        (b"HTTP/1.1 200", 200),
        (b"HTTP/1.1 2000", 0),
        (b"HTTP/1.1 20", 0),
        (b"HTTP/1.1 +20", 0),
        (b"HTTP/1.1  200", 0),
        (b"", 0),
    ],
)
def test_status_lines(line: bytes, status: int) -> None:
    assert status_of(line) == status
