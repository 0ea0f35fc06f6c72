"""A node says in the store that it lives and what it serves."""

from __future__ import annotations

import socket

import msgspec
import pytest

from edge.agent.announce import EVERY_S, FEWER_S, LEAST_S, SOON_S, Announcer
from edge.agent.facts import Facts
from edge.agent.load import Load
from tests.support.wait import wait_until
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.nodes import MAX_PROBLEM, MAX_PROBLEMS, MAX_RECORD_BYTES, NodeRecord, Nodes

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


def test_a_node_says_at_once_when_its_last_worker_serves_a_version(store, agent_at):
    agent = agent_at("n1")
    workers = [agent.worker(), agent.worker(applies=False)]
    store.side.publish(ONE)
    wait_until(lambda: workers[0].number == 1, what="one worker on version 1")
    wait_until(lambda: (record := record_of(store, "n1")) and record.in_step == 1, what="its word")
    record = record_of(store, "n1")
    assert (record.number, record.workers, record.since_ms) == (1, 2, 0)
    workers[1].stop()
    wait_until(lambda: record_of(store, "n1").since_ms, what="all workers on version 1")
    record = record_of(store, "n1")
    assert (record.in_step, record.workers, record.store, record.config) == (1, 1, "up", "none")
    assert 0 < record.started_ms < record.since_ms


class Told(Nodes):
    """Keeps what is announced."""

    def __init__(self) -> None:
        self.records: list[NodeRecord] = []

    def announce(self, record: NodeRecord) -> None:
        self.records.append(record)

    def count(self) -> int:
        return 1


def test_a_change_is_told_at_once_and_load_alone_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    now, nodes, facts = [1000.0], Told(), Facts(store="up")
    loads = iter(Load(float(number)) for number in range(100))
    monkeypatch.setattr("edge.agent.announce.time.monotonic", lambda: now[0])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        announcer = Announcer("n1", listener, nodes, facts, load=lambda: next(loads))
        announcer.settled()
        announcer.settled()
        assert len(nodes.records) == 1
        facts.draining = True
        announcer.settled()
        facts.config_problems = tuple("x" * 10_000 for _ in range(50))
        announcer.settled()
        now[0] += EVERY_S
        announcer.settled()
    assert [record.requests_per_s for record in nodes.records] == [0.0, 1.0, 2.0, 3.0]
    last = nodes.records[-1]
    assert (last.draining, len(last.config_problems), len(last.config_problems[0])) == (
        True,
        MAX_PROBLEMS,
        MAX_PROBLEM,
    )
    assert len(msgspec.msgpack.encode(last)) < MAX_RECORD_BYTES


def test_many_changes_are_told_at_a_bounded_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes, facts, pauses = Told(), Facts(store="up"), []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        facts.draining = not facts.draining
        announcer.wake()
        if len(pauses) == 3:
            raise StopIteration

    monkeypatch.setattr("edge.agent.announce.gevent.sleep", sleep)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        announcer = Announcer("n1", listener, nodes, facts)
        announcer.wake()
        with pytest.raises(StopIteration):
            announcer.run()
    assert pauses == [LEAST_S] * 3
    assert len(nodes.records) == 3


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


def test_while_the_number_of_nodes_changes_it_is_looked_at_again_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, nodes, facts, told = [1000.0], Counted(), Facts(store="up"), []
    monkeypatch.setattr("edge.agent.announce.time.monotonic", lambda: now[0])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        announcer = Announcer("n1", listener, nodes, facts, counted=told.append)
        for nodes.live_now in (1, 3, 4, 4, 5):
            announcer.settled()
            now[0] += SOON_S
        assert told == [1, 3, 4], "and then every few seconds"
        now[0] += EVERY_S - SOON_S
        announcer.settled()
    assert told == [1, 3, 4, 5]


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
