"""Health in a real edge: who fails gets no requests, with real targets and real workers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from edge.link import frames
from edge.upstream.drains import PARTS, part_of
from tests.support.edge_process import EdgeProcess
from tests.support.raw_client import RawClient
from tests.support.upstream import Peer, Request, Upstream, ok
from tests.support.wait import wait_until

Make = Callable[..., Upstream]
NUMBERS = count(1)


@pytest.fixture
def refusing() -> Iterator[str]:
    """The address of a target that refuses connections."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{nobody.getsockname()[1]}"


def rules(*targets: str, upstream: str = "", rule: str = "") -> str:
    lines = "; ".join(f"target {target}" for target in targets)
    return f"upstream u {{ {lines}; {upstream} }}\nrule a {{ when any; {rule} proxy u }}"


def ask(client: RawClient, count: int, path: str = "/") -> list[int]:
    """Statuses of so many requests."""
    return [client.get(path).status for _ in range(count)]


def logged(edge: EdgeProcess, client: RawClient, count: int) -> list[dict[str, Any]]:
    """The lines in the access log of so many requests."""
    path = f"/health-{next(NUMBERS)}"
    ask(client, count, path)

    def lines() -> list[dict[str, Any]]:
        return [line for line in edge.log() if line["path"] == path]

    wait_until(lambda: len(lines()) >= count, what=f"{count} lines in the log")
    assert len(lines()) == count
    return lines()


def test_one_of_three_that_refuses_is_out_after_five_failures(
    edge: EdgeProcess, upstreams: Make, refusing: str
) -> None:
    edge.publish(rules(upstreams().url, upstreams().url, refusing))
    with edge.client() as client:
        statuses = ask(client, 300)
    assert statuses.count(502) == 5
    assert 502 not in statuses[20:]


def test_with_a_retry_nobody_notices(edge: EdgeProcess, upstreams: Make, refusing: str) -> None:
    edge.publish(rules(upstreams().url, upstreams().url, refusing, rule="retry 1 on connect;"))
    with edge.client() as client:
        lines = logged(edge, client, 1000)
    assert {line["status"] for line in lines} == {200}
    assert sum(len(line["attempts"]) for line in lines) == 1005
    assert {len(line["attempts"]) for line in lines[30:]} == {1}


def test_who_comes_back_is_asked_again(edge: EdgeProcess, upstreams: Make) -> None:
    failing = [True]

    def answer(_request: object) -> bytes:
        return b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" if failing[0] else ok(b"late")

    late = upstreams(answer=answer)
    edge.publish(rules(upstreams().url, late.url, upstream="eject after 2 for 300ms"))
    with edge.client() as client:
        assert ask(client, 20).count(503) == 2
        failing[0] = False
        wait_until(lambda: len(late.requests) > 2 or not ask(client, 2), what="the target is asked again")
        assert set(ask(client, 20)) == {200}


def test_a_503_with_a_time_is_left_alone_at_once(edge: EdgeProcess, upstreams: Make) -> None:
    busy = upstreams(answer=lambda _: b"HTTP/1.1 503 No\r\nRetry-After: 20\r\nContent-Length: 0\r\n\r\n")
    edge.publish(rules(upstreams().url, busy.url))
    with edge.client() as client:
        assert ask(client, 50).count(503) == 1


def test_off_is_off(edge: EdgeProcess, upstreams: Make, refusing: str) -> None:
    edge.publish(rules(upstreams().url, refusing, upstream="eject off"))
    with edge.client() as client:
        assert ask(client, 60).count(502) == 30


def test_who_is_out_finishes_what_it_has(edge: EdgeProcess, upstreams: Make) -> None:
    """A slow answer of a target that is ejected meanwhile arrives whole."""
    began = []

    def script(peer: Peer) -> None:
        while True:
            request = peer.read_request()
            if b"/slow" in request.line:
                peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsl")
                began.append(time.monotonic())
                wait_until(lambda: len(began) > 1, what="the ejection")
                peer.send(b"ow")
            else:
                peer.send(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")

    target = upstreams(script=script)
    edge.publish(
        rules(upstreams().url, target.url, upstream="eject after 1 for 1m")
        + f'\nupstream s {{ target {target.url} }} rule s {{ when path == "/slow"; proxy s }}'
    )
    with edge.client() as slow, edge.client() as client:
        slow.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: began, what="the slow answer begins")
        assert ask(client, 10).count(503) == 1
        began.append(time.monotonic())
        assert slow.response().body == b"slow"


def test_when_most_are_ill_the_refusal_says_so(edge: EdgeProcess, refusing: str, upstreams: Make) -> None:
    edge.publish(
        rules(
            refusing,
            refusing.replace("127.0.0.1", "127.0.0.2"),
            upstreams().url,
            upstream="eject after 2 max 100%",
        )
    )
    with edge.client() as client:
        failed = [line["detail"] for line in logged(edge, client, 40) if line["status"] == 502]
    assert len(failed) > 10
    assert failed[-1].endswith("; 2 of 3 targets are unhealthy")


def test_a_publish_keeps_who_is_out(edge: EdgeProcess, upstreams: Make, refusing: str) -> None:
    targets = (upstreams().url, upstreams().url, refusing)
    edge.publish(rules(*targets))
    with edge.client() as client:
        ask(client, 30)
        edge.publish(rules(*targets, upstream="timeout connect 2s"))
        assert set(ask(client, 30)) == {200}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("left", ["nothing", "one target"])
def test_a_request_under_way_gets_the_service_s_503_after_a_publish_without_its_upstream(
    edge: EdgeProcess, upstreams: Make, method: str, left: str
) -> None:
    go_on = threading.Event()

    def answer(request: Request) -> bytes:
        if b"/held" not in request.line:
            return ok()
        assert go_on.wait(20)
        return b"HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nours"

    target, other = upstreams(answer=answer), upstreams(answer=answer)
    edge.publish(rules(target.url, other.url))
    with edge.client() as client:
        ask(client, 8)
        client.send(f"{method} /held HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
        wait_until(lambda: any(b"/held" in one.received for one in (target, other)), what="it is there")
        edge.publish(rules(target.url) if left == "one target" else 'rule a { when any; respond 404 "" }')
        go_on.set()
        answered = client.response()
        assert (answered.status, answered.body) == (503, b"ours")


def test_the_agent_is_told_and_its_news_are_heard(edge: EdgeProcess, upstreams: Make, refusing: str) -> None:
    alive = [upstreams().url for _ in range(3)]
    check = "check GET /healthz every 5s"
    edge.publish(rules(*alive, refusing, upstream=check))

    def said(topic: str) -> list[dict[str, object]]:
        items = [item for message in edge.agent.of_kind("asks") for item in message["items"]]
        return [body for _, name, body in items if name == topic]

    wait_until(
        lambda: any(check[2] == refusing for body in said("health") for check in body.get("checks", ())),
        what="the checks are told",
    )
    with edge.client() as client:
        ask(client, 30)
        wait_until(
            lambda: any(
                one[:4] == ["file", "u", refusing, "consecutive"]
                for body in said("health")
                for one in body.get("out", ())
            ),
            what="who is out is told",
        )
        until = time.monotonic() + 30
        news = {"ejected": [], "failing": [["file", "u", alive[0], until]]}
        for connection in edge.agent._connections:
            frames.send(connection, {"kind": "news", "topic": "health", "body": news})

        def targets() -> set[str]:
            return {line["attempts"][-1]["target"] for line in logged(edge, client, 6)}

        wait_until(lambda: targets() == {alive[1], alive[2]}, what="the news are heard")


def test_counts_are_reported(edge: EdgeProcess, upstreams: Make, refusing: str) -> None:
    edge.publish(rules(upstreams().url, upstreams().url, refusing))
    with edge.client() as client:
        ask(client, 30)

    def counted() -> bool:
        counters = [each for message in edge.agent.of_kind("counters") for each in message["counters"]]
        gauges = [each for message in edge.agent.of_kind("counters") for each in message["gauges"]]
        ejections = ["weir_target_ejections_total", ["u", refusing, "consecutive"], 1]
        return ejections in counters and ["weir_target_out", ["u", refusing], 1.0] in gauges

    wait_until(counted, what="the ejection is counted")


def test_a_client_that_sticks_moves_on_with_a_new_cookie(edge: EdgeProcess, upstreams: Make) -> None:
    ill = [False]

    def answer(_request: object) -> bytes:
        return b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" if ill[0] else ok()

    both = [upstreams(answer=answer), upstreams(answer=answer)]
    edge.publish(rules(*(each.url for each in both), upstream='eject after 1; sticky cookie "s"'))
    with edge.client() as client:
        cookie = (client.get().header("Set-Cookie") or "").partition(";")[0]
        ill[0] = True
        assert client.get("/", "a.test", f"Cookie: {cookie}").status == 503
        ill[0] = False
        answered = client.get("/", "a.test", f"Cookie: {cookie}")
        assert answered.status == 200
        assert answered.header("Set-Cookie") is not None


def test_a_drained_target_ends_what_it_has_and_gets_nothing_new(edge: EdgeProcess, upstreams: Make) -> None:
    go_on = threading.Event()

    def slow(request: Request) -> bytes:
        if b"/slow" in request.line:
            assert go_on.wait(20)
        return ok(b"one")

    one, other = upstreams(answer=slow), upstreams(answer=lambda _request: ok(b"other"))

    def drain(*urls: str) -> None:
        parts: dict[int, list[Any]] = {part: [] for part in range(PARTS)}
        for url in urls:
            parts[part_of("file", "u", url)].append(["file", "u", url, time.monotonic() + 60])
        for connection in edge.agent._connections:
            for part, rows in parts.items():
                news = {"kind": "news", "topic": "drain", "body": {"part": part, "drains": rows}}
                frames.send(connection, news)

    def in_flight() -> list[Any]:
        items = [item for message in edge.agent.of_kind("asks") for item in message["items"]]
        told = [body["in_flight"] for _, topic, body in items if topic == "drain"]
        return told[-1] if told else []

    edge.publish(rules(one.url))
    with edge.client() as streaming, edge.client() as client:
        streaming.send(b"GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n")
        wait_until(lambda: b"/slow" in one.received, what="the long request")
        edge.publish(rules(one.url, other.url))
        drain(one.url)
        wait_until(lambda: in_flight() == [["file", "u", one.url, 1]], what="what is in flight is told")
        assert {client.get().body for _ in range(8)} == {b"other"}
        go_on.set()
        assert streaming.response().body == b"one"
        drain(one.url, other.url)
        wait_until(lambda: client.get().status == 503, what="nobody is left")
        assert b"drained" in client.get().body
        drain()
        wait_until(lambda: {client.get().body for _ in range(8)} == {b"one", b"other"}, what="both are back")
