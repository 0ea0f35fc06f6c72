"""Further attempts and what they cost: the attempt loop and a budget that does as it is told."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import gevent
import pytest

from edge.retry import tries as tries_module
from edge.retry.pause import Pause
from edge.retry.tries import Tries
from edge.upstream.decide import Situation
from edge.upstream.target import Target
from edge.upstream.upstreams import Upstream as Pool
from tests.support.fake_budget import FakeBudget, Verdict, give, retries
from tests.support.in_process import FakeTransport, InProcess
from tests.support.misbehaving import resets, rules, says
from tests.support.ports import free_port
from tests.support.upstream import Peer, Upstream, ok

Make = Callable[..., Upstream]


def closes_after_one(peer: Peer) -> None:
    peer.read_request()
    peer.send(ok())
    peer.read_request()
    peer.sock.shutdown(socket.SHUT_RDWR)


def closes_from_then_on() -> Callable[[Peer], None]:
    """The first connection after one answer, each other one without any."""
    met: list[Peer] = []

    def script(peer: Peer) -> None:
        met.append(peer)
        if len(met) == 1:
            closes_after_one(peer)
        else:
            peer.read_request()
            peer.sock.shutdown(socket.SHUT_RDWR)

    return script


class TestBudget:
    def edge(self, tmp_path: Path, text: str, budget: FakeBudget) -> InProcess:
        edge = InProcess(tmp_path, text)
        give(edge, budget)
        return edge

    def test_every_attempt_and_success_is_noted_and_every_retry_paid(
        self, tmp_path: Path, upstreams: Make
    ) -> None:
        budget = FakeBudget()
        edge = self.edge(
            tmp_path, rules(upstreams(answer=lambda _: says(504)).url, upstreams(), "retry 1 on 504"), budget
        )
        assert edge.status("/") == 200
        assert budget.noted == ["attempted", 2, "retry succeeded"]
        assert edge.log.kept[-1].attempts[0].decided_at == 12.5
        assert retries(edge) == {"granted": 1}

    @pytest.mark.parametrize(
        ("status", "noted"), [(200, True), (404, True), (429, False), (500, False), (503, False)]
    )
    def test_only_good_answers_earn_credit(
        self, tmp_path: Path, upstreams: Make, status: int, noted: bool
    ) -> None:
        budget = FakeBudget()
        upstream = upstreams(answer=lambda _: says(status))
        edge = self.edge(tmp_path, f"rule a {{ when any; retry 1 on 502; proxy {upstream.url} }}", budget)
        assert edge.status("/") == status
        assert budget.noted == ["attempted", *(["succeeded"] if noted else [])]

    def test_an_answer_that_another_attempt_replaces_earns_nothing(
        self, tmp_path: Path, upstreams: Make
    ) -> None:
        budget, upstream = FakeBudget(), upstreams()
        upstream.answer = lambda _: says(421) if len(upstream.requests) == 1 else ok()
        edge = self.edge(tmp_path, f"rule a {{ when any; retry 1 on connect; proxy {upstream.url} }}", budget)
        assert edge.status("/") == 200
        assert budget.noted == ["attempted", 1, "retry succeeded"]

    @pytest.mark.parametrize("why", ["cap", "ratio", "quarantine", "reserve", "away", "busy"])
    def test_who_is_refused_gets_the_upstream_s_own_answer(
        self, tmp_path: Path, upstreams: Make, why: str
    ) -> None:
        budget, good = FakeBudget(why), upstreams()
        bad = upstreams(answer=lambda _: says(503, b"X-Mine: 1", body=b"busy"))
        edge = self.edge(tmp_path, rules(bad.url, good, "retry 3 on 503"), budget)
        answer = edge.ask("/")
        assert answer.startswith(b"HTTP/1.1 503 No\r\n")
        assert answer.endswith(b"\r\n\r\nbusy")
        assert b"X-Mine: 1" in answer
        assert budget.noted == ["attempted", 1]
        assert not good.requests
        assert retries(edge) == {why: 1}
        assert edge.log.kept[-1].detail == f"not retried: {why}"

    def test_nothing_is_spent_for_a_client_that_is_gone(
        self, tmp_path: Path, upstreams: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(FakeTransport, "peek", lambda _: b"")
        budget = FakeBudget()
        edge = self.edge(
            tmp_path, rules(upstreams(answer=lambda _: says(504)).url, upstreams(), "retry 1 on 504"), budget
        )
        edge.ask("/")
        assert budget.noted == ["attempted"]
        assert edge.log.kept[-1].status == 499
        assert retries(edge) == {"client-gone": 1}

    def test_who_is_refused_gets_the_original_failure(self, tmp_path: Path, upstreams: Make) -> None:
        budget = FakeBudget("cap")
        edge = self.edge(
            tmp_path, rules(f"http://127.0.0.1:{free_port()}", upstreams(), "retry 3 on connect"), budget
        )
        assert edge.status("/") == 502
        (attempt,) = edge.log.kept[-1].attempts
        assert (attempt.retry, attempt.error) == ("cap", "connect: Connection refused")
        assert edge.log.kept[-1].code == "upstream-unreachable"

    def test_the_time_of_asking_is_a_part_of_the_pause(
        self, tmp_path: Path, upstreams: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Slow(FakeBudget):
            def take(self, cost: int, wait_s: float) -> Verdict:
                gevent.sleep(0.03)
                return super().take(cost, wait_s)

        waited: list[float] = []
        monkeypatch.setattr(Pause, "wait", lambda _, seconds: waited.append(seconds))
        monkeypatch.setattr(tries_module, "random", lambda: 1.0)
        first = upstreams(answer=lambda _: says(502))
        edge = self.edge(tmp_path, f"rule a {{ when any; retry 2 on 502; proxy {first.url} }}", Slow())
        assert edge.status("/") == 502
        noted = [attempt.wait_ms for attempt in edge.log.kept[-1].attempts[:2]]
        assert noted == [25, 50]
        assert waited[0] == 0, "25 ms of pause, 30 ms of asking"
        assert waited[1] <= 0.02

    def test_what_the_table_forbids_costs_nothing(self, tmp_path: Path, upstreams: Make) -> None:
        budget = FakeBudget()
        edge = self.edge(
            tmp_path, rules(upstreams(script=resets).url, upstreams(), "retry 3 on reset"), budget
        )
        assert edge.status(b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n") == 502
        assert budget.noted == ["attempted"]
        assert retries(edge) == {"method": 1}

    def test_a_body_that_outgrew_its_bound_while_the_budget_was_asked_is_not_repeated(
        self, tmp_path: Path, upstreams: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        budget, good = FakeBudget(), upstreams()
        edge = self.edge(
            tmp_path, rules(upstreams(answer=lambda _: says(502)).url, good, "retry 1 on 502"), budget
        )

        def outgrown(tries: Tries, event: str, pushback: object) -> Situation:
            found = situation(tries, event, pushback)  # type: ignore[arg-type]
            tries._exchange.replayable = False
            return found

        situation = Tries._situation
        monkeypatch.setattr(Tries, "_situation", outgrown)
        assert edge.status("/") == 502
        assert not good.requests
        assert retries(edge) == {"body": 1}

    def test_a_replaced_connection_costs_nothing_where_no_rule_asks_for_retries(
        self, tmp_path: Path, upstreams: Make
    ) -> None:
        budget = FakeBudget("cap")
        upstream = upstreams(script=closes_after_one)
        edge = self.edge(tmp_path, f"rule a {{ when any; proxy {upstream.url} }}", budget)
        assert [edge.status("/") for _ in range(2)] == [200, 200]
        assert budget.noted == []
        assert retries(edge) == {"replaced": 1}

    def test_a_replaced_connection_is_paid_where_one_does(self, tmp_path: Path, upstreams: Make) -> None:
        budget = FakeBudget()
        upstream = upstreams(script=closes_after_one)
        edge = self.edge(tmp_path, f"rule a {{ when any; retry 1 on 503; proxy {upstream.url} }}", budget)
        assert [edge.status("/") for _ in range(2)] == [200, 200]
        assert budget.noted == ["attempted", "succeeded", "attempted", 1, "retry succeeded"]
        assert retries(edge) == {"replaced": 1}

    @pytest.mark.parametrize("why", ["cap", "quarantine", "away", "busy"])
    def test_a_closed_connection_is_replaced_even_where_the_budget_has_nothing_left(
        self, tmp_path: Path, upstreams: Make, why: str
    ) -> None:
        budget = FakeBudget(why)
        upstream = upstreams(script=closes_after_one)
        edge = self.edge(tmp_path, f"rule a {{ when any; retry 1 on connect; proxy {upstream.url} }}", budget)
        assert [edge.status("/") for _ in range(2)] == [200, 200]
        assert budget.noted == ["attempted", "succeeded", "attempted", 1, "succeeded"], "no refund"
        assert retries(edge) == {"replaced": 1}
        assert edge.log.kept[-1].attempts[0].retry == "replaced"

    def test_but_only_once_in_a_request(self, tmp_path: Path, upstreams: Make) -> None:
        """The second time it is a failure like any other, which must be paid."""
        budget, upstream = FakeBudget("cap"), upstreams(script=closes_from_then_on())
        edge = self.edge(tmp_path, f"rule a {{ when any; retry 3 on reset; proxy {upstream.url} }}", budget)
        assert [edge.status("/") for _ in range(2)] == [200, 502]
        assert retries(edge) == {"replaced": 1, "cap": 1}

    @pytest.mark.parametrize("status", [421, 408])
    def test_what_an_answer_asks_for_is_not_free(self, tmp_path: Path, upstreams: Make, status: int) -> None:
        budget, upstream = FakeBudget("cap"), upstreams()
        upstream.answer = lambda _: says(status) if len(upstream.requests) == 2 else ok()
        edge = self.edge(tmp_path, f"rule a {{ when any; retry 1 on connect; proxy {upstream.url} }}", budget)
        assert [edge.status("/") for _ in range(2)] == [200, status]
        assert retries(edge) == {"cap": 1}

    def test_the_budget_is_asked_no_longer_than_there_is_time(
        self, tmp_path: Path, upstreams: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked_s: list[float] = []

        class Noting(FakeBudget):
            def take(self, cost: int, wait_s: float) -> Verdict:
                asked_s.append(wait_s)
                return super().take(cost, wait_s)

        upstream = upstreams(answer=lambda _: says(502))
        edge = self.edge(
            tmp_path, f"rule a {{ when any; retry 1 on 502; proxy {upstream.url} }}", Noting("cap")
        )
        for left_s in (0.02, 2.0):
            monkeypatch.setattr(Tries, "_left_s", lambda _, left_s=left_s: left_s)
            assert edge.status("/") == 502
        assert asked_s == [0.02, 0.05]


def test_the_last_target_is_never_asked_for_even_when_all_were_tried(
    tmp_path: Path, upstreams: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (upstreams(answer=lambda _: says(502)) for _ in range(2))
    edge = InProcess(
        tmp_path,
        f"upstream u {{ target {one.url} weight 1000; target {two.url} }}\n"
        "rule a { when any; retry 3 on 502; proxy u }",
    )
    asked: list[set[str]] = []
    choose = Pool.choose

    def noting(pool: Pool, key: str, tried: frozenset[Target]) -> Target | None:
        asked.append({target.url for target in tried})
        return choose(pool, key, tried)

    monkeypatch.setattr(Pool, "choose", noting)
    assert edge.status("/") == 502
    a, b = one.url, two.url
    assert asked == [set(), {a}, {a, b}, {b}, {a, b}, {a}]
