"""The topic: what workers say, what the store says, what they are told."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import gevent
import msgspec
import pytest
from prometheus_client import CollectorRegistry

from edge.agent.health.check import MAX_CHECKS
from edge.agent.health.metrics import HealthMetrics
from edge.agent.health.probe import Outcome
from edge.agent.health.service import (
    BEGUN_AT_ONCE,
    LEAST_TOLD_PER_S,
    LOOKS,
    MAX_OUT,
    PAUSE_S,
    TOLD_PER_S,
    HealthService,
)
from edge.link.frames import FrameError
from weir.store.errors import StoreAway
from weir.store.health import MAX_ENTRIES, MAX_TOLD, HealthCalls, Result
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall

SAID = ["file", "u", "http://a:1", "GET", "/healthz", 5000, 1000, [], ""]
EVIDENCE = ["file", "u", "http://a:1", 3, 10.0, 5, 30_000, 0, 5, 5]


class Store:
    """Quiet, unless told otherwise."""

    def __init__(self) -> None:
        self.calls: list[ScriptCall] = []
        self.away = False
        self.refuses: set[str] = set()
        self.view: list[Any] = [1000, [], [], [], 1]

    def ask(self, call: ScriptCall) -> Any:
        self.calls.append(call)
        if self.away or call.script.name in self.refuses:
            raise StoreAway("away", sent=False)
        return {"health": [], "health_view": self.view, "health_lease": [0, 60_000, b"n2"]}[call.script.name]

    def names(self) -> list[str]:
        return [call.script.name for call in self.calls]


class Agent:
    def __init__(self) -> None:
        self.now = 1000.0
        self.store = Store()
        self.news: list[Any] = []
        self.service = HealthService(
            HealthCalls(Keys("test"), "n1"),
            self.store,
            lambda topic, body: self.news.append((topic, body)),
            HealthMetrics(CollectorRegistry()),
            probe_with=lambda _: Outcome(True, "passed"),
            clock=lambda: self.now,
        )

    def checks(self, connection: int, *checks: list[Any], watched: bool = True) -> None:
        body = {"revision": 3, "checks": list(checks), "first": True, "last": True, "watched": watched}
        assert self.service.answer(connection, body) is None

    def report(self, connection: int = 1, **parts: Any) -> Any:
        return self.service.answer(connection, {"revision": 3, "evidence": [], "out": [], **parts})


@pytest.fixture
def agent() -> Any:
    made = Agent()
    yield made
    made.service.stop()


def test_a_worker_that_is_new_is_asked_for_its_checks(agent: Agent) -> None:
    assert agent.report()["revision"] == 0
    agent.checks(1, SAID)
    assert agent.report()["revision"] == 3
    assert agent.report(2)["revision"] == 0


def test_parts_count_when_the_last_has_come(agent: Agent) -> None:
    other = [*SAID[:2], "http://b:1", *SAID[3:]]
    for check, first, last in ((SAID, True, False), (other, False, True)):
        body = {"revision": 3, "checks": [check], "first": first, "last": last, "watched": False}
        assert len(agent.service.knowledge.checks) == 0
        agent.service.answer(1, body)
    assert len(agent.service.knowledge.checks) == 2


def test_a_check_of_two_workers_is_made_once_and_until_both_are_gone(agent: Agent) -> None:
    agent.checks(1, SAID)
    agent.checks(2, SAID)
    assert len(agent.service._turns) == 1
    agent.service.gone(1)
    assert len(agent.service._turns) == 1
    agent.service.gone(2)
    assert not agent.service._turns
    agent.service.gone(2)


def test_another_version_ends_checks_that_it_does_not_have(agent: Agent) -> None:
    agent.checks(1, SAID)
    agent.checks(1, [*SAID[:4], "/other", *SAID[5:]])
    (check,) = agent.service.knowledge.checks.values()
    assert check.path == "/other"
    assert len(agent.service._turns) == 1


def test_a_check_that_is_told_is_hashed_once(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[bytes] = []

    def counting(data: bytes, *, digest_size: int) -> Any:
        hashed.append(data)
        return blake2b(data, digest_size=digest_size)

    monkeypatch.setattr("edge.agent.health.check.blake2b", counting)
    checks = [[*SAID[:2], f"http://a:{port}", *SAID[3:]] for port in range(10)]
    for connection in (1, 2):
        agent.checks(connection, *checks)
    agent.checks(1, *checks[:5])
    agent.service.gone(2)
    assert len(agent.service.knowledge.checks) == 5
    assert len(hashed) == 25


def test_there_is_a_bound_of_checks(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gevent, "spawn", lambda *_: gevent.Greenlet(lambda: None))
    agent.checks(1, *([*SAID[:2], f"http://a:{port}", *SAID[3:]] for port in range(MAX_CHECKS + 10)))
    assert len(agent.service.knowledge.checks) == MAX_CHECKS


def test_the_store_is_left_alone_while_nothing_is_watched(agent: Agent) -> None:
    agent.report()
    agent.service.step()
    assert agent.store.calls == []
    agent.checks(1)
    agent.service.step()
    assert agent.store.names() == ["health_view"]


def test_evidence_goes_out_once_a_second_for_all_workers_together(agent: Agent) -> None:
    agent.checks(1)
    agent.checks(2)
    agent.report(1, evidence=[EVIDENCE])
    agent.report(2, evidence=[EVIDENCE])
    agent.service.step()
    assert agent.store.names() == ["health", "health_view"]
    assert agent.store.calls[0].command[-3:] == [0, 10, 10]
    agent.service.step()
    assert agent.store.names()[2:] == ["health_view"]


@pytest.mark.parametrize(("pause_s", "told"), [(PAUSE_S, True), (PAUSE_S + 0.1, False)])
def test_what_waited_while_the_agent_stood_still_is_no_evidence_of_now(
    agent: Agent, pause_s: float, told: bool
) -> None:
    def reported() -> bool:
        agent.report(evidence=[EVIDENCE])
        agent.store.calls.clear()
        agent.service.step()
        return "health" in agent.store.names()

    agent.checks(1)
    assert reported()
    agent.now += pause_s
    assert reported() is told
    agent.now += 1.0
    assert reported() is told
    agent.now += 1.0
    assert reported()


def test_a_report_that_nobody_takes_keeps_nobody_from_looking(agent: Agent) -> None:
    agent.checks(1)
    agent.report(evidence=[EVIDENCE])
    agent.store.refuses = {"health"}
    agent.service.step()
    assert agent.store.names() == ["health", "health_view"]


def targets_told(calls: list[ScriptCall]) -> list[int]:
    return [len(call.command[8:]) // 8 for call in calls if call.script.name == "health"]


def test_many_targets_are_told_of_in_short_reports(agent: Agent) -> None:
    agent.checks(1)
    many = [[*EVIDENCE[:2], f"http://a:{port}", *EVIDENCE[3:]] for port in range(500)]
    agent.report(evidence=many[:MAX_ENTRIES])
    agent.service.step()
    assert targets_told(agent.store.calls) == [MAX_ENTRIES]
    agent.store.calls.clear()
    agent.report(evidence=many)
    agent.service.step()
    assert targets_told(agent.store.calls) == [MAX_ENTRIES] * 10


@pytest.mark.parametrize(
    ("nodes", "told"),
    [(1, 500), (4, 500), (5, 400), (20, 100), (100, LEAST_TOLD_PER_S), (1000, LEAST_TOLD_PER_S)],
)
def test_nodes_share_how_much_is_told_in_a_second(agent: Agent, nodes: int, told: int) -> None:
    assert TOLD_PER_S == 2000
    agent.checks(1)
    agent.store.view = [1000, [], [], [], nodes]
    agent.service.step()
    agent.report(evidence=[[*EVIDENCE[:2], f"http://a:{port}", *EVIDENCE[3:]] for port in range(500)])
    agent.service.step()
    assert sum(targets_told(agent.store.calls)) == told
    sent = [text for call in agent.store.calls if call.script.name == "health" for text in call.command[8::8]]
    assert len(set(sent)) == told


def test_who_is_gone_of_these_upstreams_is_told_with_the_evidence(agent: Agent) -> None:
    agent.checks(1)
    gone = [["file", "u", "http://b:1"], ["file", "other", "http://c:1"]]
    agent.report(1, evidence=[EVIDENCE], gone=gone)
    agent.report(2, gone=gone[:1])
    agent.service.step()
    assert agent.store.calls[0].command[7] == "file/u http://b:1"


def test_many_new_checks_begin_a_few_at_a_time(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.agent.health.service.BEGIN_S", 0.0)
    agent.checks(1, *([*SAID[:2], f"http://a:{port}", *SAID[3:]] for port in range(2 * BEGUN_AT_ONCE + 1)))
    assert len(agent.service._turns) == BEGUN_AT_ONCE
    with gevent.Timeout(10):
        while len(agent.service._turns) <= 2 * BEGUN_AT_ONCE:
            gevent.sleep(0)
    assert agent.service._turns.keys() == agent.service.knowledge.checks.keys()


def test_checks_that_nobody_wants_any_more_do_not_begin(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.agent.health.service.BEGIN_S", 0.0)
    agent.checks(1, *([*SAID[:2], f"http://a:{port}", *SAID[3:]] for port in range(BEGUN_AT_ONCE + 1)))
    agent.service.gone(1)
    for _ in range(10):
        gevent.sleep(0)
    assert not agent.service._turns


def test_suspects_are_told_to_every_worker(agent: Agent) -> None:
    agent.checks(1)
    agent.store.view = [1000, [b"file/u http://a:1", b"file/u http://b:1"], [], [], 1]
    agent.service.step()
    assert agent.report(7)["suspects"] == [["file", "u"]]


def test_news_are_told_when_they_change_only(agent: Agent) -> None:
    agent.checks(1, SAID)
    agent.service.step()
    assert agent.news == []
    agent.store.view = [1000, [], [b"file/u http://a:1", 30_000], [], 1]
    agent.service.step()
    agent.service.step()
    ((topic, body),) = agent.news
    assert topic == "health"
    assert [each[:3] for each in body["ejected"]] == [["file", "u", "http://a:1"]]


def test_a_result_of_another_node_reaches_the_workers(agent: Agent) -> None:
    agent.checks(1, SAID)
    (identity,) = agent.service.knowledge.checks
    bad = msgspec.msgpack.encode(Result(False, 0, "status", "503", "n2"))
    agent.store.view = [1000, [], [], [identity.encode(), 900, bad], 1]
    agent.service.step()
    assert [each[:3] for each in agent.news[0][1]["failing"]] == [["file", "u", "http://a:1"]]
    assert agent.service._since == 900


def test_who_asks_for_a_check_anew_hears_what_was_told_before(agent: Agent) -> None:
    agent.checks(1, SAID)
    (identity,) = agent.service.knowledge.checks
    bad = msgspec.msgpack.encode(Result(False, 0, "status", "503", "n2"))
    agent.store.view = [1000, [], [], [identity.encode(), 900, bad], 1]
    agent.service.step()
    agent.service.gone(1)
    agent.service.step()
    assert agent.news[-1][1]["failing"] == []
    agent.checks(2, SAID)
    assert agent.service._since == 0
    agent.service.step()
    assert [each[:3] for each in agent.news[-1][1]["failing"]] == [["file", "u", "http://a:1"]]


def test_it_looks_again_while_there_is_more_to_tell_but_not_for_ever(agent: Agent) -> None:
    agent.checks(1, SAID)
    good = msgspec.msgpack.encode(Result(True, 0, "passed", "", "n2"))
    agent.store.view = [1000, [], [], [b"other", 900, good] * MAX_TOLD, 1]
    agent.service.step()
    assert agent.store.names() == ["health_view"] * LOOKS
    agent.store.view = [1000, [], [], [b"other", 900, good] * (MAX_TOLD - 1), 1]
    agent.service.step()
    assert agent.store.names() == ["health_view"] * (LOOKS + 1)


def test_a_store_that_is_away_changes_nothing(agent: Agent) -> None:
    agent.checks(1)
    agent.store.view = [1000, [], [b"file/u http://a:1", 30_000], [], 1]
    agent.service.step()
    agent.store.away = True
    agent.report(1, evidence=[EVIDENCE])
    agent.service.step()
    assert len(agent.news) == 1


def test_the_page_tells_what_workers_keep_out(agent: Agent) -> None:
    agent.report(1, out=[["file", "u", "http://a:1", "consecutive", 1e12, False]])
    (told,) = agent.service.state()["targets"]
    assert (told["out"], told["why"], told["workers"]) == (True, ["consecutive"], 1)
    agent.report(1, out=[["file", "u", "http://a:1", "consecutive", 1e12, False]] * (MAX_OUT + 1))
    assert agent.service.state()["targets"][0]["workers"] == MAX_OUT


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"revision": "3"},
        {"revision": 3, "out": None},
        {"revision": 3, "out": [1]},
        {"revision": 3, "out": [["file", "u", "http://a:1", "check", "soon", False]]},
        {"revision": 3, "out": [["file", "u", "http://a:1", "check", 1.0, 0]]},
        {"revision": 3, "checks": [1], "first": True, "last": True},
        {"revision": 3, "evidence": [1], "out": []},
        {"revision": 3, "evidence": [], "out": [], "gone": [1]},
    ],
)
def test_anything_else_is_refused(agent: Agent, body: Any) -> None:
    with pytest.raises(FrameError):
        agent.service.answer(1, body)


def test_it_looks_once_a_second_and_survives_what_nobody_foresaw(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def step() -> None:
        looks.append(1)
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr("edge.agent.health.service.EVERY_S", 0.01)
    monkeypatch.setattr(agent.service, "step", step)
    agent.service.start()
    with gevent.Timeout(10):
        while len(looks) < 3:
            gevent.sleep(0.01)
