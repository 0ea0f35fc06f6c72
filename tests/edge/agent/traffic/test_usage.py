"""Usage on its way from workers to a real store: exactly once, whatever the store does meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from edge.agent.pipe_metrics import PipeMetrics
from edge.agent.store_pipe import StorePipe
from edge.agent.traffic.metrics import TrafficMetrics
from edge.agent.traffic.usage import CLUSTER_ENTRIES, LEAST_ENTRIES, Usage
from tests.support.servers import RunningServer, server_folder, start_server
from weir.models.usage import MAX_NAME, RULE, WIDTH
from weir.store.connect import connect
from weir.store.errors import StoreAway
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall
from weir.store.usage import MAX_ENTRIES, Period
from weir.store.usage_read import Usage as Reader

KEYS = Keys("test")


class Silent(StorePipe):
    """Carries calls out; whoever asks hears nothing while ``is_silent``."""

    is_silent = False

    def ask(self, call: ScriptCall, timeout_s: float = 1.0) -> Any:
        reply = super().ask(call, timeout_s)
        if self.is_silent:
            raise StoreAway("nothing was heard")
        return reply


class Node:
    def __init__(self, server: RunningServer, name: str = "n1", nodes: int = 1) -> None:
        self.registry = CollectorRegistry()
        self.pipe = Silent(connect(server.url, timeout_s=10.0), PipeMetrics(self.registry))
        self.pipe.start()
        self.shift_s = 0.0
        self.usage = Usage(
            self.pipe,
            KEYS,
            name,
            TrafficMetrics(self.registry),
            nodes=lambda: nodes,
            wall=lambda: time.time() + self.shift_s,
        )
        self.reader = Reader(connect(server.url, timeout_s=10.0), KEYS)

    def tell(self, *names: str, requests: int = 1) -> None:
        self.usage.answer(1, [[name, [requests, *[0] * (WIDTH - 1)]] for name in names])

    def day(self) -> dict[str, int]:
        """Requests of today by rule, as the store has them."""
        today = Period("day", self.reader.about().now_ms // 86_400_000)
        return {name: numbers[0] for name, numbers in self.reader.entries(today, RULE)}

    def metric(self, name: str, **labels: str) -> float:
        value = self.registry.get_sample_value(name, labels)
        assert value is not None, name
        return value


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with server_folder() as folder:
        running = start_server(folder)
        yield running
        running.stop()


@pytest.fixture
def node(server: RunningServer) -> Iterator[Node]:
    server.admin().flushall()
    made = Node(server)
    yield made
    made.pipe.stop()


def test_what_workers_tell_is_in_the_store_after_a_step(node: Node) -> None:
    node.tell("rapi/a", "tapi/u http://t")
    node.tell("rapi/a")
    node.usage.step()
    assert node.day() == {"api/a": 2}
    assert node.metric("weir_usage_entries_total") == 4
    assert node.metric("weir_usage_waiting") == 0


def test_a_call_whose_answer_was_lost_is_repeated_and_counts_once(node: Node) -> None:
    node.tell("rapi/a", requests=7)
    node.pipe.is_silent = True
    for _ in range(3):
        node.usage.step()
    node.tell("rapi/a", requests=1)
    node.pipe.is_silent = False
    node.usage.step()
    assert node.day() == {"api/a": 8}


def test_the_last_counts_come_at_the_end_days_too(node: Node) -> None:
    node.usage.step()
    node.tell("rapi/a")
    node.usage.step()
    node.tell("rapi/a")
    node.usage.stop()
    assert node.day() == {"api/a": 2}


def test_a_store_that_refuses_costs_the_batch_and_not_those_after_it(
    node: Node, server: RunningServer
) -> None:
    minute = node.reader.about().now_ms // 60_000
    wrong = [KEYS.usage_minute(minute + later) for later in (0, 1)]
    for key in wrong:
        server.admin().set(key, "no hash")
    node.tell("rapi/a", requests=5)
    node.usage.step()
    assert node.metric("weir_usage_lost_requests_total", period="minute") == 5
    for key in wrong:
        server.admin().delete(key)
    node.tell("rapi/a", requests=1)
    node.usage.step()
    node.usage.step()
    assert node.day() == {"api/a": 6}
    assert node.reader.about().lost_minutes == 5


def test_a_step_brings_no_more_than_the_node_s_part(node: Node, server: RunningServer) -> None:
    many = Node(server, "n2", nodes=1000)
    many.tell(*(f"rapi/{number}" for number in range(LEAST_ENTRIES * 3)))
    many.usage.step()
    assert LEAST_ENTRIES <= many.metric("weir_usage_entries_total") < LEAST_ENTRIES + MAX_ENTRIES
    assert CLUSTER_ENTRIES // 1000 < LEAST_ENTRIES
    while many.metric("weir_usage_waiting"):
        many.usage.step()
    assert len(many.day()) == LEAST_ENTRIES * 3
    many.pipe.stop()


@pytest.mark.parametrize(
    "entry",
    [
        7,
        ["rapi/a"],
        ["xapi/a", [0] * WIDTH],
        ["r" + "a" * (MAX_NAME + 1), [0] * WIDTH],
        ["rapi/a", [0] * (WIDTH - 1)],
        ["rapi/a", [-1, *[0] * (WIDTH - 1)]],
        ["rapi/a", [True, *[0] * (WIDTH - 1)]],
        ["rapi/a", [0.5, *[0] * (WIDTH - 1)]],
    ],
)
def test_what_is_no_count_is_dropped_and_counted(node: Node, entry: Any) -> None:
    node.usage.answer(1, [entry])
    assert node.metric("weir_usage_dropped_total") == 1
    assert node.metric("weir_usage_waiting") == 0
    node.usage.answer(1, None)
    node.usage.gone(1)
    assert node.metric("weir_usage_dropped_total") == 2


def test_when_all_days_have_too_much_the_earliest_is_forgotten(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = node.reader.about().now_ms // 86_400_000
    node.shift_s = -86_400.0 * 3
    node.tell("rapi/old")
    node.shift_s = 0.0
    node.usage.step()
    assert list(node.reader.entries(Period("day", today - 3), RULE))
    monkeypatch.setattr("edge.agent.traffic.usage.MAX_ALL_DAYS", 1)
    node.tell("rapi/a")
    node.usage._days_at = 0.0
    node.usage.step()
    node.tell("rapi/a")
    node.usage.step()
    assert list(node.reader.entries(Period("day", today - 3), RULE)) == []
    assert "api/a" in node.day()
