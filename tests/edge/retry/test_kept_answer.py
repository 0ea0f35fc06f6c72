"""A retry that was granted and never goes out: the client gets what there was, and nothing is paid for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest

from edge.retry.pause import Pause
from edge.upstream.errors import ClientGone
from edge.upstream.upstreams import Upstream as Pool
from tests.support.fake_budget import FakeBudget, give, retries
from tests.support.misbehaving import says
from tests.support.ports import free_port
from tests.support.served import Served, get, settled, until
from tests.support.upstream import Peer, Upstream, ok

Make = Callable[..., Upstream]
OWN = says(503, b"X-Mine: 1", b"Retry-After: 1", body=b"own words")


class Edge(Served):
    """``in_the_pause`` happens in place of every wait between two attempts."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, rules: str) -> None:
        super().__init__(directory, rules)
        self.budget = FakeBudget()
        give(self, self.budget)
        self.in_the_pause: Callable[[], object] = self.gate.slots.try_enter
        monkeypatch.setattr(Pause, "wait", lambda _, _seconds: self.in_the_pause())

    @property
    def pool(self) -> Pool:
        (plan,) = (plan for plans in self.engine.snapshot.plans.values() for plan in plans)
        (pool,) = plan.upstreams()
        return pool

    @property
    def gate(self):
        assert self.pool.gate is not None
        return self.pool.gate


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Edge]]:
    """One place, which somebody takes in the pause before a retry; the first target has the first turn."""
    made: list[Edge] = []

    def make(*urls: str, more: str = "concurrency 1", count: int = 1) -> Edge:
        targets = "; ".join(f"target {url} weight {1000 - 999 * turn}" for turn, url in enumerate(urls))
        rules = f"upstream u {{ {targets}; {more} }}\nrule a {{ when any; retry {count} on connect, 503; proxy u }}"
        made.append(Edge(tmp_path, monkeypatch, rules))
        return made[-1]

    yield make
    for edge in made:
        edge.stop()


Serve = Callable[..., Edge]


def test_who_gets_no_place_gets_the_upstream_s_own_answer_and_pays_nothing(
    serve: Serve, upstreams: Make
) -> None:
    upstream = upstreams(answer=lambda _: OWN)
    edge = serve(upstream.url)
    answer = edge.client().ask(get())
    assert answer.startswith(b"HTTP/1.1 503 No\r\n")
    assert b"X-Mine: 1\r\n" in answer
    assert answer.endswith(b"\r\n\r\nown words")
    assert edge.budget.noted == ["attempted", 1, (1, 7)]
    assert retries(edge) == {"concurrency": 1}
    line = edge.log.kept[-1]
    assert (line.status, line.code, line.detail) == (503, "", "not retried: concurrency")
    assert [(each.status, each.retry) for each in line.attempts] == [(503, "")]
    assert len(upstream.requests) == 1
    assert edge.gate.slots.in_flight == 1, "that is the one who took the place"
    assert settled(edge)


def test_a_retry_that_finds_a_place_goes_out_and_is_counted_then(serve: Serve, upstreams: Make) -> None:
    upstream = upstreams()
    upstream.answer = lambda _: OWN if len(upstream.requests) == 1 else ok()
    edge = serve(upstream.url)
    seen: list[dict[str, int]] = []
    edge.in_the_pause = lambda: seen.append(retries(edge))
    assert b" 200 " in edge.client().ask(get())
    assert seen == [{}]
    assert retries(edge) == {"granted": 1}
    assert edge.budget.noted == ["attempted", 1, "retry succeeded"]
    assert edge.gate.slots.in_flight == 0


def test_the_connection_of_a_whole_answer_serves_others_meanwhile(serve: Serve, upstreams: Make) -> None:
    upstream = upstreams(answer=lambda _: OWN)
    edge = serve(upstream.url)
    idle: list[int] = []

    def look() -> None:
        idle.extend(target.idle for target in edge.pool.targets)
        edge.gate.slots.try_enter()

    edge.in_the_pause = look
    client = edge.client()
    assert client.ask(get()).endswith(b"own words")
    edge.gate.slots.leave()
    assert client.ask(get()).endswith(b"own words")
    assert idle == [1, 1]
    assert len(upstream.peers) == 1


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"Content-Length: 9\r\n\r\nown", b" words"),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"9\r\nown words\r\n0\r\n\r\n"),
    ],
)
def test_an_answer_that_was_not_all_there_yet_is_read_after_all(
    serve: Serve, upstreams: Make, begins: bytes, goes_on: bytes
) -> None:
    asked = threading.Event()

    def slow(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 503 No\r\n" + begins)
        assert asked.wait(20)
        peer.send(goes_on)
        peer.read_to_end()

    edge = serve(upstreams(script=slow).url)
    edge.in_the_pause = lambda: (edge.gate.slots.try_enter(), asked.set())
    answer = edge.client().ask(get())
    assert answer.startswith(b"HTTP/1.1 503 No\r\n")
    assert b"own words" in answer
    assert retries(edge) == {"concurrency": 1}
    assert settled(edge)


def test_an_answer_that_breaks_off_then_breaks_off_at_the_client(serve: Serve, upstreams: Make) -> None:
    asked = threading.Event()

    def breaks_off(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\nown")
        assert asked.wait(20)

    edge = serve(upstreams(script=breaks_off).url)
    edge.in_the_pause = lambda: (edge.gate.slots.try_enter(), asked.set())
    client = edge.client()
    answer = client.ask(get())
    assert answer.endswith(b"\r\n\r\nown")
    assert client.over.wait(20)
    line = edge.log.kept[-1]
    assert (line.status, line.code) == (503, "upstream-broken")
    assert [target.connections for target in edge.pool.targets] == [0]


def test_a_body_that_was_still_coming_is_not_waited_for(serve: Serve, upstreams: Make) -> None:
    def early(peer: Peer) -> None:
        peer.read_until(b"\r\n\r\n")
        peer.read_exactly(5)
        peer.send(OWN)
        peer.read_to_end()

    edge = serve(upstreams(script=early).url)
    client = edge.client()
    answer = client.ask(get("/", "Content-Length: 10", method="PUT") + b"abcde")
    assert answer.endswith(b"own words")
    assert b"Connection: close\r\n" in answer
    assert [target.connections for target in edge.pool.targets] == [0]


def test_who_gets_no_place_after_a_failure_gets_the_failure(serve: Serve) -> None:
    edge = serve(f"http://127.0.0.1:{free_port()}")
    answer = edge.client().ask(get())
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b'"code":"upstream-unreachable"' in answer
    (attempt,) = edge.log.kept[-1].attempts
    assert (attempt.retry, attempt.wait_ms, attempt.decided_at) == ("concurrency", 0.0, 0.0)
    assert edge.budget.noted == ["attempted", 1, (1, 7)]
    assert retries(edge) == {"concurrency": 1}


def test_where_no_target_is_left_there_is_still_the_answer(
    serve: Serve, upstreams: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = serve(upstreams(answer=lambda _: OWN).url)
    edge.in_the_pause = lambda: monkeypatch.setattr(Pool, "choose", lambda *_: None)
    assert edge.client().ask(get()).endswith(b"own words")
    assert edge.budget.noted == ["attempted", 1, (1, 7)]
    assert retries(edge) == {"no-target": 1}
    assert edge.gate.slots.in_flight == 0


def test_a_worker_that_ends_in_the_pause_gives_what_there_is(
    serve: Serve, upstreams: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = Pause.wait
    edge = serve(upstreams(answer=lambda _: OWN).url)

    def ends(pause: Pause, seconds: float) -> None:
        edge.engine.end_connections()
        wait(pause, seconds)

    monkeypatch.setattr(Pause, "wait", ends)
    assert edge.client().ask(get()).endswith(b"own words")
    assert edge.budget.noted == ["attempted", 1, (1, 7)]
    assert retries(edge) == {"stopping": 1}
    assert edge.log.kept[-1].detail == "not retried: stopping"


@pytest.mark.parametrize("whole", [True, False])
def test_a_client_that_leaves_in_the_pause_pays_nothing(serve: Serve, upstreams: Make, whole: bool) -> None:
    def script(peer: Peer) -> None:
        while True:
            peer.read_request()
            peer.send(OWN if whole else OWN[:-1])

    def leaves() -> None:
        raise ClientGone("it left")

    edge = serve(upstreams(script=script).url)
    edge.in_the_pause = leaves
    client = edge.client().send(get())
    until(lambda: len(edge.log.kept) == 1)
    assert edge.budget.noted == ["attempted", 1, (1, 7)]
    assert retries(edge) == {"client-gone": 1}
    assert edge.log.kept[-1].status == 499
    assert [target.connections for target in edge.pool.targets] == [int(whole)]
    client.close()


def test_what_ends_the_worker_s_greenlet_leaves_no_connection_behind(serve: Serve, upstreams: Make) -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(OWN[:-1])
        peer.read_to_end()

    def ends() -> None:
        raise gevent.GreenletExit

    edge = serve(upstreams(script=script).url)
    edge.in_the_pause = ends
    client = edge.client().send(get())
    until(lambda: [target.connections for target in edge.pool.targets] == [0] and bool(edge.budget.noted))
    client.close()


def test_the_last_answer_counts_whatever_failed_before(serve: Serve, upstreams: Make) -> None:
    edge = serve(f"http://127.0.0.1:{free_port()}", upstreams(answer=lambda _: OWN).url, count=2)
    pauses: list[bool] = []

    def second() -> None:
        pauses.append(len(pauses) == 1 and edge.gate.slots.try_enter())

    edge.in_the_pause = second
    assert edge.client().ask(get()).endswith(b"own words")
    assert pauses == [False, True]
    assert edge.budget.noted == ["attempted", 1, 1, (1, 7)]
    assert retries(edge) == {"granted": 1, "concurrency": 1}
    assert [(each.status, each.retry) for each in edge.log.kept[-1].attempts] == [(0, "granted"), (503, "")]


def test_a_client_that_sticks_is_told_of_the_target_that_answered(serve: Serve, upstreams: Make) -> None:
    edge = serve(
        *(upstreams(answer=lambda _: OWN).url for _ in range(2)), more='concurrency 1; sticky cookie "c"'
    )
    assert edge.pool.sticky is not None
    first, second = (edge.pool.sticky.line(target, "http") for target in edge.pool.targets)
    assert first != second
    answer = edge.client().ask(get())
    assert answer.endswith(b"own words")
    assert first in answer
    assert second not in answer


def test_the_connection_of_an_answer_that_is_replaced_before_it_was_whole_is_closed(
    serve: Serve, upstreams: Make
) -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(OWN[:-1])
        peer.read_to_end()

    edge = serve(upstreams(script=script).url, upstreams().url)
    edge.in_the_pause = lambda: None
    assert b" 200 " in edge.client().ask(get())
    assert [target.connections for target in edge.pool.targets] == [0, 1]


def test_a_connection_that_its_answer_ends_serves_nobody_else(serve: Serve, upstreams: Make) -> None:
    answer = says(503, b"Connection: close", body=b"own words")
    edge = serve(upstreams(answer=lambda _: answer).url)
    assert edge.client().ask(get()).endswith(b"own words")
    assert [target.connections for target in edge.pool.targets] == [0]
