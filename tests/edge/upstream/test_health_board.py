"""What a worker tells the agent of health, and what it hears."""

from __future__ import annotations

from typing import Any, NamedTuple

import gevent
import pytest

from edge.upstream import health_board
from edge.upstream.balance.turn import Turn
from edge.upstream.health import Health
from edge.upstream.health_board import CHECKS_AT_ONCE, MAX_CHECKS, MAX_REPORTED, HealthBoard
from weir.models.document import Owner
from weir.models.effective import Pool
from weir.models.rule_clauses import Host
from weir.models.upstream_clauses import Check, Eject, SlowStart, Target


class Named(NamedTuple):
    url: str


def pool(name: str = "u", count: int = 3, **clauses: Any) -> Pool:
    return Pool(name=name, targets=tuple(Target(url=f"http://t{place}") for place in range(count)), **clauses)


class Worker:
    """A board with a clock of the test's."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.counted: list[tuple[str, str, str]] = []
        self.board = HealthBoard(lambda *labels: self.counted.append(labels), lambda: self.now)
        self.pools: dict[tuple[Owner, str], Pool] = {}

    def serve(self, served: Pool, before: Health[Any] | None = None) -> Health[Any] | None:
        items = [Named(target.url) for target in served.targets]
        identity: tuple[Owner, str] = ("file", served.name)
        health = self.board.made(identity, served, items, Turn([(item, 1) for item in items]))
        used = self.pools.get(identity)
        self.board.take(
            identity, health, before, None if used is None else [Named(each.url) for each in used.targets]
        )
        self.pools[identity] = served
        self.retain()
        return health

    def retain(self) -> None:
        checked = {identity: served for identity, served in self.pools.items() if served.check}
        self.board.retain(self.pools, checked)

    def watched(self, served: Pool | None = None) -> Health[Any]:
        health = self.serve(served or pool())
        assert health is not None
        return health

    def fail(self, health: Health[Any], url: str = "http://t0", times: int = 5) -> None:
        for _ in range(times):
            health.failed(Named(url), self.now)

    def hear(self, ejected: list[Any] | None = None, failing: list[Any] | None = None) -> None:
        self.board.hear({"ejected": ejected or [], "failing": failing or []})


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_a_single_target_has_no_health(worker: Worker) -> None:
    assert worker.serve(pool(count=1)) is None
    assert worker.serve(pool(eject=Eject(after=0))) is None


def test_who_goes_out_is_counted_with_its_reason(worker: Worker) -> None:
    worker.fail(worker.watched())
    worker.hear(failing=[["file", "u", "http://t1", 1015.0]])
    assert worker.counted == [("u", "http://t0", "consecutive"), ("u", "http://t1", "check")]


def test_a_tick_ends_what_is_over(worker: Worker) -> None:
    health = worker.watched()
    worker.fail(health)
    worker.now += 20.0
    worker.board.tick()
    assert health.out
    worker.now += 14.0
    worker.board.tick()
    assert not health.out
    assert not worker.board._pending


def test_all_is_well_is_nothing_to_tell(worker: Worker) -> None:
    worker.watched().succeeded(Named("http://t0"))
    assert worker.board.report() == {"revision": 0, "evidence": [], "gone": [], "out": []}


def test_evidence_begins_with_the_first_failure_and_is_told_once(worker: Worker) -> None:
    health = worker.watched()
    for _ in range(1000):
        health.succeeded(Named("http://t0"))
    worker.fail(health, times=1)
    health.succeeded(Named("http://t1"))
    said = [3, 10.0, 5, 30_000]
    assert worker.board.report()["evidence"] == [
        ["file", "u", "http://t0", *said, 0, 1, 1],
        ["file", "u", "http://t1", *said, 1, 0, 0],
    ]
    assert worker.board.report()["evidence"] == []


def test_ten_seconds_after_the_last_failure_nothing_is_told_any_more(worker: Worker) -> None:
    health = worker.watched()
    worker.fail(health, times=1)
    worker.board.report()
    worker.now += 10.0
    health.succeeded(Named("http://t0"))
    assert len(worker.board.report()["evidence"]) == 1
    worker.now += 0.1
    health.succeeded(Named("http://t0"))
    assert worker.board.report()["evidence"] == []


def test_whom_the_agent_names_is_told_of_too(worker: Worker) -> None:
    health = worker.watched()
    health.succeeded(Named("http://t0"))
    worker.board.answered({"revision": 1, "suspects": [["file", "u"], ["file", "other"]]})
    health.succeeded(Named("http://t0"))
    assert [each[7:] for each in worker.board.report()["evidence"]] == [[1, 0, 0]]


def test_with_eject_off_there_is_no_evidence(worker: Worker) -> None:
    worker.fail(worker.watched(pool(eject=Eject(after=0), slow_start=SlowStart(for_ms=1000))))
    assert worker.board.report()["evidence"] == []


def test_a_report_is_bounded(worker: Worker) -> None:
    for number in range(MAX_REPORTED // 2 + 10):
        health = worker.watched(pool(f"u{number}"))
        worker.fail(health)
        worker.fail(health, "http://t1", 1)
    report = worker.board.report()
    assert len(report["evidence"]) == MAX_REPORTED
    assert len(report["out"]) == MAX_REPORTED // 2 + 10
    assert len(list(worker.board.gauges())) <= MAX_REPORTED


def test_who_is_out_is_told_with_why_and_until_when(worker: Worker) -> None:
    worker.fail(worker.watched())
    ((owner, name, url, why, until, panic),) = worker.board.report()["out"]
    assert (owner, name, url, why, panic) == ("file", "u", "http://t0", "consecutive", False)
    assert 1030.0 <= until <= 1033.0


def test_checks_are_told_until_the_agent_has_them(worker: Worker) -> None:
    check = Check(method="GET", path="/healthz", every_ms=5000, expect=(200,))
    worker.serve(pool(check=check, host=Host(mode="fixed", name="api.example")))
    ((body),) = worker.board.checks()
    assert body["checks"][0] == [
        "file",
        "u",
        "http://t0",
        "GET",
        "/healthz",
        5000,
        1000,
        [200],
        "api.example",
    ]
    assert (len(body["checks"]), body["first"], body["last"], body["watched"]) == (3, True, True, True)
    worker.board.answered(None)
    worker.board.answered({"revision": 0, "suspects": []})
    assert len(list(worker.board.checks())) == 1
    worker.board.answered({"revision": 1, "suspects": []})
    assert list(worker.board.checks()) == []


def test_a_publish_that_leaves_the_checks_as_they_were_tells_nothing_anew(worker: Worker) -> None:
    check = Check(method="GET", path="/healthz", every_ms=5000)
    before = worker.serve(pool(check=check))
    assert [part["revision"] for part in worker.board.checks()] == [1]
    worker.board.answered({"revision": 1, "suspects": []})
    after = worker.serve(pool(check=check, slow_start=SlowStart(for_ms=1000)), before)
    worker.serve(pool("other"))
    assert list(worker.board.checks()) == []
    worker.serve(pool(check=check, count=2), after)
    assert [part["revision"] for part in worker.board.checks()] == [2]
    assert worker.board.report()["revision"] == 2


def test_a_publish_is_told_while_the_answer_to_the_report_before_it_is_under_way(worker: Worker) -> None:
    worker.serve(pool(check=Check(method="GET", path="/healthz", every_ms=5000)))
    list(worker.board.checks())
    worker.serve(pool(check=Check(method="GET", path="/readyz", every_ms=5000)))
    worker.board.answered({"revision": 1, "suspects": []})
    assert [part["revision"] for part in worker.board.checks()] == [2]


def test_the_first_upstream_that_is_watched_is_told_though_it_has_no_checks(worker: Worker) -> None:
    worker.serve(pool(count=1))
    assert [part["watched"] for part in worker.board.checks()] == [False]
    worker.board.answered({"revision": 1, "suspects": []})
    worker.serve(pool("other"))
    assert [part["watched"] for part in worker.board.checks()] == [True]


def test_a_target_that_was_taken_out_and_put_back_begins_from_nothing(worker: Worker) -> None:
    health = worker.watched()
    worker.fail(health, times=1)
    for _ in range(100):
        health.succeeded(Named("http://t2"))
    worker.fail(health, "http://t2", 2)
    worker.board.report()
    fewer = worker.serve(pool(count=2), health)
    again = worker.serve(pool(), fewer)
    assert again is not None
    assert worker.board.report()["evidence"] == []
    again.succeeded(Named("http://t2"))
    assert [each[2:3] + each[7:] for each in worker.board.report()["evidence"]] == [["http://t2", 1, 0, 0]]


def test_what_a_target_does_when_it_was_just_put_back_is_told(worker: Worker) -> None:
    health = worker.watched()
    worker.fail(health, times=1)
    for _ in range(100):
        health.succeeded(Named("http://t2"))
    worker.board.report()
    again = worker.serve(pool(), worker.serve(pool(count=2), health))
    assert again is not None
    again.succeeded(Named("http://t2"))
    worker.fail(again, "http://t2", 1)
    assert [each[2:3] + each[7:] for each in worker.board.report()["evidence"]] == [["http://t2", 1, 1, 1]]


def test_whom_the_cluster_ejects_though_this_version_does_not_have_it_is_told(worker: Worker) -> None:
    health = worker.watched()
    worker.hear(ejected=[["file", "u", url, 1030.0] for url in ("http://t1", "http://old")])
    assert worker.board.report()["gone"] == []
    worker.fail(health, times=1)
    assert worker.board.report()["gone"] == [["file", "u", "http://old"]]
    worker.fail(health, times=1)
    worker.now += 30.0
    worker.fail(health, times=1)
    assert worker.board.report()["gone"] == []


def test_even_nothing_to_check_is_told(worker: Worker) -> None:
    worker.board.retain({}, {})
    assert list(worker.board.checks()) == [
        {"checks": [], "revision": 1, "first": True, "last": True, "watched": False}
    ]


@pytest.mark.parametrize(
    ("every_ms", "given", "timeout_ms"), [(5000, None, 1000), (400, None, 400), (5000, 3000, 3000)]
)
def test_the_time_of_a_check(worker: Worker, every_ms: int, given: int | None, timeout_ms: int) -> None:
    worker.serve(pool(count=1, check=Check(method="GET", path="/", every_ms=every_ms, timeout_ms=given)))
    ((body),) = worker.board.checks()
    assert body["checks"][0][6] == timeout_ms


def test_many_checks_come_in_parts_and_not_without_end(worker: Worker) -> None:
    worker.serve(pool(count=MAX_CHECKS + 1, check=Check(method="GET", path="/", every_ms=5000)))
    parts = list(worker.board.checks())
    assert {len(part["checks"]) for part in parts} == {CHECKS_AT_ONCE}
    assert sum(len(part["checks"]) for part in parts) == MAX_CHECKS
    assert [part["first"] for part in parts].count(True) == 1
    assert [part["last"] for part in parts] == [False] * (len(parts) - 1) + [True]


def test_news_puts_out_and_lets_in(worker: Worker) -> None:
    health = worker.watched()
    worker.hear(ejected=[["file", "u", "http://t2", 1030.0], ["api", "u", "http://t1", 1030.0]])
    assert health.out == {Named("http://t2")}
    worker.hear()
    assert not health.out


def test_what_was_heard_holds_for_an_upstream_that_comes_later(worker: Worker) -> None:
    worker.hear(failing=[["file", "u", "http://t2", 1030.0]])
    assert worker.watched().out == {Named("http://t2")}


@pytest.mark.parametrize("body", [None, {}, {"ejected": 1, "failing": []}, {"ejected": [[1]], "failing": []}])
def test_news_that_are_none_are_refused_whole(worker: Worker, body: Any) -> None:
    with pytest.raises(ValueError, match="news of health"):
        worker.board.hear(body)


def test_a_publish_keeps_who_is_out(worker: Worker) -> None:
    before = worker.watched()
    worker.fail(before)
    after = worker.serve(pool(slow_start=SlowStart(for_ms=1000)), before)
    assert after is not None
    assert after.out == before.out
    worker.now += 40.0
    worker.board.tick()
    assert not after.out


def test_what_no_version_names_is_forgotten(worker: Worker) -> None:
    worker.fail(worker.watched())
    worker.board.retain({}, {})
    assert worker.board.report() == {"revision": 0, "evidence": [], "gone": [], "out": []}
    worker.board.tick()


@pytest.mark.parametrize("left", [None, 1])
def test_a_request_that_fails_after_its_upstream_is_gone_or_has_one_target_left_tells_nobody(
    worker: Worker, left: int | None
) -> None:
    health = worker.watched()
    if left is None:
        worker.board.retain({}, {})
    else:
        assert worker.serve(pool(count=left), health) is None
    worker.fail(health)
    worker.board.tick()
    report = worker.board.report()
    assert (report["evidence"], report["out"], list(worker.board.gauges())) == ([], [], [])


def test_the_gauge_says_one_and_then_once_zero(worker: Worker) -> None:
    worker.fail(worker.watched())
    assert list(worker.board.gauges()) == [["weir_target_out", ["u", "http://t0"], 1.0]]
    worker.now += 40.0
    worker.board.tick()
    assert list(worker.board.gauges()) == [["weir_target_out", ["u", "http://t0"], 0.0]]
    assert list(worker.board.gauges()) == []


class FakeAsks:
    """The agent answers at once."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.asked: list[tuple[str, Any]] = []
        self.takes: dict[str, Any] = {}

    def later(self, topic: str, body: Any, done: Any) -> None:
        self.asked.append((topic, body))
        done({"revision": body["revision"], "suspects": []} if self.told else None)

    def tell(self, topic: str, body: Any) -> None:
        self.told.append((topic, body))

    def on_news(self, topic: str, take: Any) -> None:
        self.takes[topic] = take


def test_it_reports_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_board, "TICK_S", 0.01)
    monkeypatch.setattr(health_board, "REPORT_S", 0.02)
    asks, board = FakeAsks(), HealthBoard()
    health_board.start(board, asks)
    with gevent.Timeout(10):
        while len(asks.asked) < 3:
            gevent.sleep(0.01)
    assert len(asks.told) == 1
    assert asks.takes["health"] == board.hear
