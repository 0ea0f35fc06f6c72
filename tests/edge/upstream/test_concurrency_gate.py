"""Limits of what is in flight, with a real edge; how long one waits, and what is learned."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import gevent
import pytest

from edge.answers import Refusal
from edge.retry.pause import Pause
from edge.transport import NEVER
from edge.upstream import concurrency_gate
from edge.upstream.concurrency import INTERVAL_S
from edge.upstream.concurrency_adaptive import Gradient
from edge.upstream.concurrency_gate import Gate, split
from edge.upstream.errors import Cause, ClientGone, Sent, Side, Stage, UpstreamError
from tests.support.edge_process import EdgeProcess
from tests.support.raw_client import RawClient
from tests.support.upstream import Peer, Upstream, ok
from tests.support.wait import wait_until
from weir.models.upstream_clauses import Concurrency


@pytest.fixture(scope="module")
def own_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    edge = EdgeProcess(tmp_path_factory.mktemp("gate"), 'rule none { when any; respond 404 "" }')
    yield edge
    edge.stop()


class Held:
    """An upstream that answers when it is told."""

    def __init__(self) -> None:
        self.free = threading.Semaphore(0)
        self.came = 0
        self.upstream = Upstream(script=self._script).start()

    def _script(self, peer: Peer) -> None:
        while True:
            peer.read_request()
            self.came += 1
            assert self.free.acquire(timeout=20)
            peer.send(ok())

    def at_work(self, count: int) -> None:
        wait_until(lambda: self.came == count, what=f"{count} requests are at the upstream")


@pytest.fixture
def held() -> Iterator[Held]:
    made = Held()
    yield made
    made.free.release(100)
    made.upstream.stop()


def asking(edge: EdgeProcess, path: str = "/") -> RawClient:
    return edge.client().send(f"GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())


def rules(held: Held, clause: str, *more: str) -> str:
    every = "; ".join([*more, "proxy u"])
    return f"upstream u {{ target {held.upstream.url}; {clause} }}\nrule a {{ when any; {every} }}"


def outcomes(edge: EdgeProcess) -> dict[str, int]:
    found: dict[str, int] = {}
    for message in list(edge.agent.of_kind("counters")):
        for family, labels, count in message["counters"]:
            if family == "weir_concurrency_total":
                found[labels[1]] = found.get(labels[1], 0) + count
    return found


def test_one_more_than_the_limit_gets_503_at_once(own_edge: EdgeProcess, held: Held) -> None:
    own_edge.publish(rules(held, "concurrency 2"))
    first = [asking(own_edge) for _ in range(2)]
    held.at_work(2)
    refused = asking(own_edge, "/refused").response()
    assert (refused.status, refused.header("retry-after")) == (503, "1")
    assert b'"code":"overloaded"' in refused.body
    held.free.release(2)
    assert [client.response().status for client in first] == [200, 200]
    held.free.release(1)
    assert asking(own_edge).response().status == 200
    wait_until(lambda: any(line["path"] == "/refused" for line in own_edge.log()), what="the log")
    line = next(line for line in own_edge.log() if line["path"] == "/refused")
    assert (line["status"], line["code"], line["attempts"]) == (503, "overloaded", [])


def test_who_has_room_to_wait_gets_the_next_place(own_edge: EdgeProcess, held: Held) -> None:
    own_edge.publish(rules(held, "concurrency 1 queue 1"))
    one = asking(own_edge)
    held.at_work(1)
    two = asking(own_edge)
    held.free.release(2)
    assert [one.response().status, two.response().status] == [200, 200]


def test_nobody_waits_for_long(own_edge: EdgeProcess, held: Held) -> None:
    own_edge.publish(rules(held, "concurrency 1 queue 5"))
    one = asking(own_edge)
    held.at_work(1)
    assert [asking(own_edge).response().status for _ in range(3)] == [503] * 3
    assert held.came == 1
    held.free.release(1)
    assert one.response().status == 200


def test_a_client_that_leaves_the_queue_takes_no_place(own_edge: EdgeProcess, held: Held) -> None:
    own_edge.publish(rules(held, "concurrency 1 queue 5"))
    one = asking(own_edge)
    held.at_work(1)
    asking(own_edge, "/left").sock.close()
    wait_until(lambda: any(line["path"] == "/left" for line in own_edge.log()), what="the log")
    line = next(line for line in own_edge.log() if line["path"] == "/left")
    assert line["status"] in (499, 503), "503 if it was noticed after the longest wait"
    held.free.release(10)
    assert one.response().status == 200
    assert asking(own_edge).response().status == 200


def test_clients_that_leave_the_upstream_give_their_places_back(own_edge: EdgeProcess, held: Held) -> None:
    own_edge.publish(rules(held, "concurrency 1"))
    leaving = asking(own_edge)
    held.at_work(1)
    leaving.sock.close()
    held.free.release(10)
    wait_until(lambda: asking(own_edge).response().status == 200, what="the place is free again")


def test_a_publish_changes_the_limit_and_forgets_nobody(own_edge: EdgeProcess, held: Held) -> None:
    own_edge.publish(rules(held, "concurrency 1"))
    one = asking(own_edge)
    held.at_work(1)
    own_edge.publish(rules(held, "concurrency 2"))
    two = asking(own_edge)
    held.at_work(2)
    assert asking(own_edge).response().status == 503
    own_edge.publish(rules(held, "concurrency 1"))
    held.free.release(1)
    wait_until(
        lambda: len([line for line in own_edge.log() if line["status"] == 200]) > 0, what="one is done"
    )
    assert asking(own_edge).response().status == 503
    held.free.release(1)
    assert [one.response().status, two.response().status] == [200, 200]


def test_a_retry_takes_a_place_as_well_and_gives_up_its_own_before(own_edge: EdgeProcess, held: Held) -> None:
    failing = Upstream(answer=lambda _: b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n").start()
    own_edge.publish(
        f"upstream u {{ target {failing.url}; concurrency 1 }}\nrule a {{ when any; retry 2 on 502; proxy u }}"
    )
    assert asking(own_edge).response().status == 502
    assert len(failing.requests) == 3
    failing.stop()


def test_an_adaptive_limit_begins_with_twenty(own_edge: EdgeProcess, held: Held) -> None:
    own_edge.publish(rules(held, "concurrency adaptive"))
    first = [asking(own_edge) for _ in range(20)]
    held.at_work(20)
    assert asking(own_edge).response().status == 503
    held.free.release(20)
    assert [client.response().status for client in first] == [200] * 20


def test_what_happens_is_counted(own_edge: EdgeProcess, held: Held) -> None:
    before = outcomes(own_edge)
    own_edge.publish(rules(held, "concurrency 1 queue 1"))
    one = asking(own_edge)
    held.at_work(1)
    assert asking(own_edge).response().status == 503
    waiting = asking(own_edge, "/waiting")
    held.free.release(10)
    assert [one.response().status, waiting.response().status] == [200, 200]

    def more(outcome: str) -> bool:
        return outcomes(own_edge).get(outcome, 0) > before.get(outcome, 0)

    wait_until(lambda: more("too-long"), what="the counter")


class FakeExchange:
    """Waits for nobody but whoever interrupts it."""

    served: Any = None
    awaited_s = 0.0

    def __init__(self) -> None:
        self.downstream: Any = self
        self.transport: Any = self
        self.awaiting: Any = None

    def arm(self) -> None: ...


class TestWaiting:
    def gate(self, counted: list[str]) -> Gate:
        clause = Concurrency(limit=1, queue=1)
        gate = Gate("u", clause, 1, lambda _name, outcome: counted.append(outcome))
        assert gate.slots.try_enter()
        return gate

    def test_an_interrupt_ends_the_wait_and_the_place_in_the_queue(self) -> None:
        counted: list[str] = []
        gate, exchange = self.gate(counted), FakeExchange()
        gevent.spawn(lambda: exchange.awaiting.interrupt(ClientGone("gone")))
        with pytest.raises(ClientGone):
            gate.enter(exchange, NEVER)  # type: ignore[arg-type]
        assert counted == ["left"]
        assert (gate.slots.in_flight, gate.slots.waiting, exchange.awaiting) == (1, 0, None)

    def test_a_place_that_was_given_in_the_same_moment_is_given_back(self) -> None:
        gate, exchange = self.gate([]), FakeExchange()

        def both() -> None:
            gate.slots.leave(0.0)
            exchange.awaiting.interrupt(ClientGone("gone"))

        gevent.spawn(both)
        with pytest.raises(ClientGone):
            gate.enter(exchange, NEVER)  # type: ignore[arg-type]
        assert (gate.slots.in_flight, gate.slots.waiting) == (0, 0)

    def test_the_end_of_all_attempts_ends_the_wait_too(self) -> None:
        gate = self.gate([])
        with pytest.raises(Refusal) as refused:
            gate.enter(FakeExchange(), time.monotonic())  # type: ignore[arg-type]
        assert refused.value.code == "overloaded"
        assert gate.slots.waiting == 0

    def test_whatever_an_attempt_raises_its_place_is_free_when_it_leaves(self) -> None:
        gate = Gate("u", Concurrency(limit=1), 1, lambda _name, _outcome: None)
        for error in (ClientGone("gone"), ValueError(), KeyboardInterrupt()):

            def fails(error: BaseException = error) -> None:
                raise error

            gate.enter(FakeExchange(), NEVER)  # type: ignore[arg-type]
            assert gate.slots.in_flight == 1
            with pytest.raises(type(error)):
                gate.run(FakeExchange(), fails)  # type: ignore[arg-type]
            assert gate.slots.in_flight == 1
            gate.leave()
            assert gate.slots.in_flight == 0

    def test_whoever_finds_no_place_is_told_when_to_come_back(self) -> None:
        """In a full queue, after the longest wait, and where a smaller queue pushes it out."""
        counted: list[str] = []
        gate = self.gate(counted)

        def refused(until: float) -> Refusal:
            with pytest.raises(Refusal) as refusal:
                gate.enter(FakeExchange(), until)  # type: ignore[arg-type]
            return refusal.value

        told = [refused(time.monotonic())]
        gevent.spawn(gate.change, Concurrency(limit=1, queue=0), 1)
        told.append(refused(NEVER))
        told.append(refused(NEVER))
        assert counted == ["too-long", "pushed-out", "full"]
        assert [one.headers for one in told] == [((b"Retry-After", b"1"),)] * 3

    @pytest.mark.parametrize(("left_s", "at_most"), [(1000.0, INTERVAL_S), (0.05, 0.05)])
    def test_nobody_is_asked_to_wait_longer_than_the_queue_allows_or_the_request_has(
        self, monkeypatch: pytest.MonkeyPatch, left_s: float, at_most: float
    ) -> None:
        waited: list[float] = []

        class Patient(Pause):
            def wait(self, seconds: float) -> None:
                waited.append(seconds)

        monkeypatch.setattr(concurrency_gate, "Pause", Patient)
        with pytest.raises(Refusal):
            self.gate([]).enter(FakeExchange(), time.monotonic() + left_s)  # type: ignore[arg-type]
        assert len(waited) == 1
        assert waited[0] <= at_most + 1e-6

    @pytest.mark.parametrize(
        ("error", "counts"),
        [(ClientGone("gone"), ["left"]), (Refusal("stopping"), []), (KeyboardInterrupt(), [])],
    )
    def test_only_a_client_that_closes_has_left(self, error: BaseException, counts: list[str]) -> None:
        counted: list[str] = []
        gate, exchange = self.gate(counted), FakeExchange()
        gevent.spawn(lambda: exchange.awaiting.interrupt(error))
        with pytest.raises(type(error)):
            gate.enter(exchange, NEVER)  # type: ignore[arg-type]
        assert counted == counts
        assert (gate.slots.in_flight, gate.slots.waiting) == (1, 0)


class Noting(Gradient):
    """Notes what it is told, and always has another limit."""

    def __init__(self) -> None:
        super().__init__(1, 200)
        self.told: list[tuple[str, float, int]] = []

    def answered(self, seconds: float, in_flight: int, now: float) -> bool:
        self.told.append(("answered", seconds, in_flight))
        self.limit += 1
        return True

    def timed_out(self, seconds: float, in_flight: int, now: float) -> bool:
        self.told.append(("timed out", seconds, in_flight))
        self.limit -= 1
        return True


class TestLearning:
    def ran(
        self, status: int = 200, error: UpstreamError | None = None, awaited_s: float = 0.0
    ) -> tuple[Gate, Noting]:
        """An attempt of a quarter of a second, as the second in flight."""
        gate = Gate("u", Concurrency(), 1, lambda _name, _outcome: None)
        gate._gradient = noting = Noting()
        noting.limit = 10
        assert gate.slots.try_enter()
        exchange = FakeExchange()

        def attempt() -> None:
            exchange.awaited_s = awaited_s
            if error is not None:
                raise error
            exchange.served = ("u", status, 100.0, 100.25, "http://t", False)

        gate.enter(exchange, NEVER)  # type: ignore[arg-type]
        with contextlib.suppress(UpstreamError):
            gate.run(exchange, attempt)  # type: ignore[arg-type]
        gate.leave()
        assert gate.slots.in_flight == 1
        return gate, noting

    @pytest.mark.parametrize("status", [200, 304, 404])
    def test_an_answer_counts_with_its_time_and_who_was_in_flight(self, status: int) -> None:
        gate, noting = self.ran(status)
        assert noting.told == [("answered", 0.25, 2)]
        assert gate.slots.limit == 11, "what was learned holds"

    def test_what_was_awaited_of_the_client_is_no_time_of_the_service(self) -> None:
        assert self.ran(awaited_s=0.2)[1].told == [("answered", pytest.approx(0.05), 2)]
        noting = self.ran(error=failure(Cause.TIMEOUT, Stage.HEAD), awaited_s=100.0)[1]
        assert noting.told[0][1] < 0

    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    def test_what_comes_fast_because_it_is_refused_counts_for_nothing(self, status: int) -> None:
        assert self.ran(status)[1].told == []

    def test_a_timeout_counts(self) -> None:
        gate, noting = self.ran(error=failure(Cause.TIMEOUT, Stage.HEAD))
        ((what, seconds, in_flight),) = noting.told
        assert (what, in_flight, gate.slots.limit) == ("timed out", 2, 9)
        assert seconds >= 0

    @pytest.mark.parametrize(
        ("cause", "stage"),
        [
            (Cause.TIMEOUT, Stage.CONNECT),
            (Cause.CONNECT_TIMEOUT, Stage.CONNECT),
            (Cause.UNREACHABLE, Stage.CONNECT),
            (Cause.BROKEN, Stage.HEAD),
        ],
    )
    def test_a_request_whose_time_was_over_before_it_was_sent_counts_for_nothing(
        self, cause: Cause, stage: Stage
    ) -> None:
        assert self.ran(error=failure(cause, stage))[1].told == []

    def test_nor_does_one_whose_client_was_awaited_at_its_end(self) -> None:
        error = failure(Cause.TIMEOUT, Stage.HEAD)
        error.side = Side.DOWNSTREAM
        assert self.ran(error=error)[1].told == []

    def test_with_a_fixed_limit_nothing_is_learned(self) -> None:
        gate = Gate("u", Concurrency(limit=3), 1, lambda _name, _outcome: None)
        gate.answered(200, 0.25, 1)
        gate.failed(failure(Cause.TIMEOUT, Stage.HEAD), 0.25, 1)
        assert gate.slots.limit == 3


def failure(cause: Cause, stage: Stage) -> UpstreamError:
    return UpstreamError(cause, "no", stage=stage, sent=Sent.NOTHING)


@pytest.mark.parametrize(
    ("number", "workers", "part"), [(200, 1, 200), (200, 8, 25), (10, 8, 1), (3, 8, 1), (15, 8, 1)]
)
def test_parts_are_never_more_than_the_whole_but_at_least_one(number: int, workers: int, part: int) -> None:
    assert split(number, workers) == part
