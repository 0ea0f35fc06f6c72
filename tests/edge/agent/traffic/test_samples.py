"""Samples on their way: nothing unless somebody watches, at most 50 a second, told to workers in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from edge.agent.pipe_metrics import PipeMetrics
from edge.agent.store_pipe import StorePipe
from edge.agent.traffic.metrics import TrafficMetrics
from edge.agent.traffic.samples import AGAIN_S, FOR_S, MOST_A_SECOND, TOPIC, SampleKeeper
from tests.support.servers import RunningServer, server_folder, start_server
from weir.models.sample import SampleFilter
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.samples import Samples

KEYS = Keys("test")
REQUEST = {
    "time_ms": 1,
    "request_id": "x",
    "ip": "192.0.2.0/24",
    "method": "GET",
    "scheme": "http",
    "host": "h",
    "path": "/",
    "status": 200,
    "duration_ms": 1.5,
}
FILTER = {"owner": "", "rule": "a", "status": "", "min_ms": 0.0}


class Node:
    def __init__(self, server: RunningServer) -> None:
        self.registry = CollectorRegistry()
        self.pipe = StorePipe(connect(server.url, timeout_s=10.0), PipeMetrics(self.registry))
        self.pipe.start()
        self.said: list[tuple[str, Any]] = []
        self.now = 100.0
        self.keeper = SampleKeeper(
            self.pipe,
            KEYS,
            "n1",
            lambda topic, body: self.said.append((topic, body)),
            TrafficMetrics(self.registry),
            clock=lambda: self.now,
        )
        self.samples = Samples(connect(server.url, timeout_s=10.0), KEYS)

    def count(self, outcome: str) -> float:
        return self.registry.get_sample_value("weir_samples_total", {"outcome": outcome}) or 0.0


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


def test_while_nobody_watches_workers_hear_nothing_and_nothing_is_kept(
    node: Node, server: RunningServer
) -> None:
    node.keeper.answer(1, REQUEST)
    node.keeper.step()
    assert (node.said, server.admin().keys("*")) == ([], [])


def test_workers_hear_what_is_watched_for_again_in_time_and_its_end(node: Node) -> None:
    node.samples.listen("l1", SampleFilter(rule="a"))
    node.keeper.step()
    node.keeper.step()
    assert node.said == [(TOPIC, {"filters": [FILTER], "for_s": FOR_S})]
    node.now += AGAIN_S
    node.keeper.step()
    assert len(node.said) == 2
    node.samples.listen("l2", SampleFilter(rule="b"))
    node.keeper.step()
    assert len(node.said[2][1]["filters"]) == 2
    node.samples.leave("l1")
    node.samples.leave("l2")
    node.keeper.step()
    assert node.said[3] == (TOPIC, None)
    assert AGAIN_S * 2 < FOR_S


def test_a_sample_comes_with_the_name_of_its_node(node: Node) -> None:
    node.samples.listen("l1", SampleFilter())
    node.keeper.step()
    node.keeper.answer(1, REQUEST)
    node.keeper.step()
    (kept,) = node.samples.after("0-0")
    assert (kept.sample.node, kept.sample.ip, kept.sample.duration_ms) == ("n1", "192.0.2.0/24", 1.5)
    assert node.count("brought") == 1


def test_a_second_has_no_more_samples_than_may_be(node: Node) -> None:
    node.samples.listen("l1", SampleFilter())
    node.keeper.step()
    for _ in range(MOST_A_SECOND + 9):
        node.keeper.answer(1, REQUEST)
    node.keeper.step()
    assert len(node.samples.after("0-0")) == MOST_A_SECOND
    assert node.count("dropped") == 9


def test_what_is_no_sample_is_dropped(node: Node) -> None:
    node.samples.listen("l1", SampleFilter())
    node.keeper.step()
    node.keeper.answer(1, {**REQUEST, "status": "200"})
    node.keeper.gone(1)
    assert node.registry.get_sample_value("weir_usage_dropped_total") == 1


def test_a_store_that_is_away_watches_nothing() -> None:
    with server_folder() as folder:
        server = start_server(folder)
        node = Node(server)
        node.samples.listen("l1", SampleFilter())
        node.keeper.step()
        node.keeper.answer(1, REQUEST)
        server.kill()
        node.keeper.step()
        node.pipe.stop()
    assert node.said[-1] == (TOPIC, None)
    assert node.count("dropped") == 1
