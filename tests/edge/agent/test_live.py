"""The node's word on limits, budgets and targets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from edge.agent.live import LiveWord, is_out
from edge.limiting import wire
from tests.support.wait import wait_until
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.live import MAX_TARGETS, Live, NearLimit, NodeBudget
from weir.store.script_calls import ScriptCall

NEAR = NearLimit(
    limit="file/l",
    window="sliding",
    most=5,
    per_ms=1000,
    hash="0" * 32,
    used=1.0,
    left=0,
    refused=1,
    age_ms=5,
)
BUDGET = {
    "upstream": "file/u", "window_ms": 10_000, "width_ms": 1000, "cap": 50, "reserve": 10, "reserve_of_node": 1,
    "available": 3, "credit": 9, "state": "ratio", "held": 2, "lent": 7, "attempts": 100,
}  # fmt: skip


class Pipe:
    def __init__(self) -> None:
        self.calls: list[ScriptCall] = []

    def later(self, call: ScriptCall, done: Callable[[Any | None], None]) -> None:
        self.calls.append(call)
        done(1)


class Rig:
    def __init__(self) -> None:
        self.pipe, self.now_ms = Pipe(), 1000
        self.limits: list[NearLimit] = []
        self.budgets: list[dict[str, Any]] = []
        self.targets: list[dict[str, Any]] = []
        self.word = LiveWord(
            self.pipe,
            Keys("test"),
            "n1",
            limits=lambda: self.limits,
            budgets=lambda: self.budgets,
            refused=lambda: {("file/u", "cap"): 4, ("file/u", "ratio"): 1},
            targets=lambda: {"targets": self.targets},
            wall_ms=lambda: self.now_ms,
        )


def test_nothing_is_said_while_there_is_nothing_to_say_but_the_end_of_something_is() -> None:
    rig = Rig()
    rig.word.say()
    assert len(rig.pipe.calls) == 0
    rig.limits = [NEAR]
    rig.word.say()
    rig.limits = []
    rig.word.say()
    rig.word.say()
    assert len(rig.pipe.calls) == 2


def test_a_budget_is_told_with_what_was_refused_and_why() -> None:
    rig = Rig()
    rig.budgets = [BUDGET]
    (budget,) = rig.word.word().budgets
    assert isinstance(budget, NodeBudget)
    assert (budget.width_ms, budget.buckets, budget.cap, budget.state) == (1000, 10, 50, "ratio")
    assert budget.refused == {"cap": 4, "ratio": 1}


def test_a_target_is_told_with_since_when_it_is_out() -> None:
    rig = Rig()
    ill = {
        "upstream": "file/u",
        "target": "http://a",
        "out": True,
        "why": ["consecutive"],
        "workers": 2,
        "for_s": 9.0,
    }
    well = {
        "upstream": "file/u",
        "target": "http://b",
        "out": False,
        "check": {"healthy": True, "last": "passed"},
    }
    rig.targets = [well, ill]
    rig.word.word()
    rig.now_ms = 5000
    first, second = rig.word.word().targets
    assert (first.url, first.since_ms, first.why, first.workers, first.for_s) == (
        "http://a", 1000, ("consecutive",), 2, 9.0,
    )  # fmt: skip
    assert (second.url, second.since_ms, second.healthy) == ("http://b", 0, True)
    rig.targets = [well]
    rig.word.word()
    rig.targets, rig.now_ms = [ill], 9000
    assert rig.word.word().targets[0].since_ms == 9000


def test_a_target_is_out_by_workers_cluster_or_check() -> None:
    assert is_out({"out": True})
    assert is_out({"out": False, "cluster_for_s": 3.0})
    assert is_out({"out": False, "check": {"healthy": False}})
    assert not is_out({"out": False, "check": {"healthy": True}, "drained": {"in_flight": 0}})


def test_what_has_no_place_is_counted() -> None:
    rig = Rig()
    rig.targets = [
        {"upstream": "file/u", "target": f"http://{number}", "out": False}
        for number in range(MAX_TARGETS + 5)
    ]
    word = rig.word.word()
    assert (len(word.targets), word.left_out) == (MAX_TARGETS, 5)


def test_a_node_tells_who_is_over_a_limit_in_the_store_and_on_its_status_listener(agent_at, store):
    agent = agent_at("n1")
    worker = agent.worker()
    store.side.publish('rule a { when path == "/a"; respond 200 "one" }')
    agent.wait_ok()
    terms = wire.Terms("file/l", "sliding", 1, 60_000, 0, "share", 0)
    fields = [terms, "192.0.2.1", 1, 1, False, 0.0, *([0.0] * (len(wire.Item._fields) - 6))]
    question = wire.question([wire.Item._make(fields)], [])
    live = Live(connect(store.url), Keys("default"))

    def over() -> bool:
        worker.send({"kind": "asks", "items": [[0, "limit", question]]})
        word = live.of(["n1"]).get("n1")
        return bool(word and word.limits and word.limits[0].refused)

    wait_until(over, what="the word of the node")
    told = live.of(["n1"])["n1"].limits[0]
    assert (told.limit, told.key, told.used) == ("file/l", "192.0.2.1", 1.0)
    page = json.loads(agent.get("/limits")[1])
    assert page["near"][0]["hash"] == told.hash
    assert page["limits"] == [{"limit": "file/l", "window": "sliding", "per_ms": 60_000, "keys": 1}]
    assert page["keys"] == 1
