"""A node says in the store that it lives and what it serves."""

from __future__ import annotations

import socket

import pytest

from edge.agent.announce import EVERY_S, FEWER_S, Announcer
from edge.agent.facts import Facts
from tests.support.wait import wait_until
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.nodes import NodeRecord, Nodes

ONE = 'rule a { when path == "/a"; respond 200 "one" }'


def record_of(store, name: str) -> NodeRecord | None:
    nodes = Nodes(connect(store.url), Keys("default"))
    return next((record for record in nodes.live() if record.name == name), None)


def test_every_node_is_listed_with_what_it_serves(store, agent_at):
    agents = {name: agent_at(name) for name in ("n1", "n2")}
    for agent in agents.values():
        agent.worker()
    store.side.publish(ONE)

    def all_serve() -> bool:
        records = [record_of(store, name) for name in agents]
        return all(
            record and (record.state, record.number, record.workers) == ("ok", 1, 1) for record in records
        )

    wait_until(all_serve, what="both nodes on version 1")
    record = record_of(store, "n1")
    assert record.incarnation == store.side.head().incarnation
    assert record.status_url == f"http://127.0.0.1:{agents['n1'].listener.getsockname()[1]}"
    assert record.version


def test_workers_are_told_how_many_nodes_live(store, agent_at):
    worker = agent_at("n1").worker()
    wait_until(lambda: record_of(store, "n1"), what="the first node")
    agent_at("n2")
    nodes = {"kind": "news", "topic": "nodes", "body": {"nodes": 2}}
    wait_until(lambda: nodes in worker.heard, what="news of the second node")


class Counted(Nodes):
    """A store in which as many live as the test says."""

    def __init__(self) -> None:
        self.live_now = 1

    def announce(self, record: NodeRecord) -> None: ...

    def count(self) -> int:
        return self.live_now


def test_more_nodes_are_believed_at_once_and_fewer_after_half_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, nodes, facts, told = [1000.0], Counted(), Facts(), []
    monkeypatch.setattr("edge.agent.announce.time.monotonic", lambda: now[0])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        announcer = Announcer("n1", listener, nodes, facts, counted=told.append)

        def hear(count: int, after_s: float = EVERY_S) -> int:
            now[0] += after_s
            nodes.live_now = count
            announcer.settled()
            return facts.nodes

        assert hear(3) == 3
        assert hear(1) == 3, "a flushed store"
        assert hear(3) == 3
        assert hear(2) == 3
        assert hear(2, FEWER_S - 0.1) == 3
        assert hear(2) == 2
        assert hear(1) == 2, "each time anew"
    assert told == [3, 2]


def test_a_node_that_stops_says_so_at_the_end(store, agent_at):
    agent = agent_at()
    agent.worker()
    wait_until(lambda: record_of(store, "n1"), what="the node")
    agent.stop()
    assert record_of(store, "n1").state == "draining"


def test_a_degraded_node_says_why(store, agent_at):
    agent = agent_at()
    agent.worker()
    store.side.publish(ONE)
    agent.wait_for(lambda ready: ready["version"] and ready["status"] == "ok")
    store.wipe()
    wait_until(
        lambda: (record := record_of(store, "n1")) and record.state == "store_empty",
        what="the reason in the store",
    )
