"""Whose fault the end of a wait is, alone and with a real edge."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from edge.forwarding.blame import had_its_time, judge_connecting, judge_wait
from edge.transport import NEVER
from edge.upstream.errors import Cause, Sent, Side, Stage, UpstreamError
from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Peer, Request, Upstream, ok
from tests.support.wait import wait_until

Make = Callable[..., Upstream]
POST = b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n123456789"


def failure(cause: Cause = Cause.TIMEOUT, stage: Stage = Stage.HEAD) -> UpstreamError:
    return UpstreamError(cause, "no", stage=stage, sent=Sent.ALL)


@pytest.mark.parametrize(
    ("had_s", "allowed_s", "total_s", "whole"),
    [
        (10.0, 10.0, None, True),
        (8.9, 10.0, None, False),
        (0.9, 10.0, 1.0, True),
        (0.89, 10.0, 1.0, False),
        (0.3, 0.3, 1.0, True),
        (0.1, 0.3, 1.0, False),
    ],
)
def test_an_attempt_had_its_time_if_little_is_missing_of_what_it_may_take_or_of_all_there_is(
    had_s: float, allowed_s: float, total_s: float | None, whole: bool
) -> None:
    assert had_its_time(had_s, allowed_s, total_s) is whole


def judged(
    had_s: float,
    *,
    awaited_s: float = 0.0,
    awaits: bool = False,
    left_s: float = 0.0,
    error: UpstreamError | None = None,
) -> Side:
    """Of an attempt of a rule that says ``timeout try 2s, total 3s``."""

    def excuse(error: UpstreamError) -> None:
        if awaits:
            error.side = Side.DOWNSTREAM

    now, error = time.monotonic(), error or failure()
    exchange = SimpleNamespace(served=None, awaited_s=0.0)
    share = SimpleNamespace(try_s=2.0, total_s=3.0)
    upload = SimpleNamespace(excuse=excuse, awaited_s=awaited_s)
    judge_wait(exchange, share, upload, (now - had_s, now + left_s), error)  # type: ignore[arg-type]
    return error.side


def test_a_target_that_is_silent_for_its_time_is_to_blame() -> None:
    assert judged(2.0) is Side.UPSTREAM
    assert judged(2.9, awaited_s=0.5) is Side.UPSTREAM


def test_when_the_upload_took_the_time_nobody_is() -> None:
    assert judged(2.95, awaited_s=2.0) is Side.NOBODY


def test_nor_when_others_took_it_before() -> None:
    assert judged(0.5) is Side.NOBODY


def test_a_client_that_is_awaited_is_to_blame() -> None:
    assert judged(2.95, awaits=True) is Side.DOWNSTREAM


def test_a_target_that_breaks_off_is_to_blame_whenever_it_does() -> None:
    assert judged(0.5, error=failure(Cause.BROKEN)) is Side.UPSTREAM


@pytest.mark.parametrize("left_s", [60.0, NEVER])
def test_the_end_of_a_try_is_judged_by_nothing_else(left_s: float) -> None:
    assert judged(0.5, left_s=left_s) is Side.UPSTREAM


@pytest.mark.parametrize(
    ("connect_s", "total_s", "cause", "side"),
    [
        (1.0, None, Cause.CONNECT_TIMEOUT, Side.UPSTREAM),
        (0.004, 3.0, Cause.CONNECT_TIMEOUT, Side.NOBODY),
        (0.004, 3.0, Cause.UNREACHABLE, Side.UPSTREAM),
        (0.5, 0.5, Cause.CONNECT_TIMEOUT, Side.UPSTREAM),
    ],
)
def test_a_connection_too_has_its_time(
    connect_s: float, total_s: float | None, cause: Cause, side: Side
) -> None:
    error = failure(cause, Stage.CONNECT)
    judge_connecting(SimpleNamespace(connect_s=1.0, total_s=total_s), connect_s, error)  # type: ignore[arg-type]
    assert error.side is side


def test_slow_uploads_eject_nobody(edge: EdgeProcess, upstreams: Make) -> None:
    """What is left of the time of everything when their last byte comes is too little for an answer."""

    def slow(peer: Peer) -> None:
        while True:
            if not peer.read_request().line.startswith(b"POST"):
                peer.send(ok(b"slow"))

    targets = upstreams(script=slow).url, upstreams(answer=lambda _: ok(b"quick")).url
    edge.publish(
        f"upstream u {{ target {targets[0]}; target {targets[1]}; eject after 2 for 1m; timeout total 800ms }}\n"
        "rule a { when any; proxy u }"
    )
    clients = [edge.client().send(POST) for _ in range(6)]
    time.sleep(0.5)  # the clients'
    for client in clients:
        client.send(b"0")
    assert [client.response().status for client in clients].count(504) >= 3
    with edge.client() as client:
        assert {client.get("/").body for _ in range(20)} == {b"slow", b"quick"}


def test_a_slow_upload_is_no_slow_target(edge: EdgeProcess, upstreams: Make) -> None:
    """The one that got it answers at once; the other one takes its time, and so gets no more."""
    uploaded: list[str] = []

    def answer(name: str) -> Callable[[Request], bytes]:
        def answered(request: Request) -> bytes:
            if request.line.startswith(b"POST"):
                uploaded.append(name)
            elif name not in uploaded:
                time.sleep(0.15)
            return ok(name.encode())

        return answered

    targets = [upstreams(answer=answer(name)).url for name in ("one", "two")]
    edge.publish(
        f"upstream u {{ target {targets[0]}; target {targets[1]}; balance p2c }}\n"
        "rule a { when any; proxy u }"
    )
    with edge.client() as client:
        client.send(POST)
        time.sleep(0.6)  # the client's
        assert client.send(b"0").response().status == 200
        bodies = [client.get("/").body for _ in range(6)]
    assert set(bodies[2:]) == {uploaded[0].encode()}


def test_the_log_tells_the_whole_time_of_an_attempt(edge: EdgeProcess, upstreams: Make) -> None:
    edge.publish(f"rule a {{ when any; proxy {upstreams().url} }}")
    with edge.client() as client:
        client.send(POST.replace(b"/ ", b"/whole-time ", 1))
        time.sleep(0.2)  # the client's
        assert client.send(b"0").response().status == 200

    def lines() -> list[dict[str, list[dict[str, float]]]]:
        return [line for line in edge.log() if line["path"] == "/whole-time"]

    wait_until(lines, what="the line in the log")
    assert lines()[0]["attempts"][0]["ms"] >= 200
