from __future__ import annotations

import msgspec
import pytest

from tests.support.servers import RunningServer
from weir.store import nodes as module
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.nodes import FORGET_MS, LIVE_MS, NodeRecord, Nodes


@pytest.fixture
def nodes(client: Client, keys: Keys) -> Nodes:
    return Nodes(client, keys)


def test_a_node_that_speaks_lives_with_what_it_says(nodes: Nodes, server: RunningServer, keys: Keys) -> None:
    assert (nodes.count(), nodes.live()) == (0, ())
    first = NodeRecord(
        name="edge-1.prod", incarnation="one", number=7, state="store_behind", workers=4, version="0.1"
    )
    nodes.announce(first)
    nodes.announce(NodeRecord(name="edge-2"))
    assert nodes.count() == 2
    assert {node.name: node for node in nodes.live()}["edge-1.prod"] == first
    assert 0 < server.admin().pttl(keys.node("edge-2")) <= LIVE_MS


def test_a_node_says_the_newest_and_is_counted_once(nodes: Nodes) -> None:
    nodes.announce(NodeRecord(name="edge-1", number=1))
    nodes.announce(NodeRecord(name="edge-1", number=2))
    assert [node.number for node in nodes.live()] == [2]


def now_ms(server: RunningServer) -> int:
    seconds, micros = server.admin().time()
    return int(seconds) * 1000 + int(micros) // 1000


def test_a_silent_node_does_not_count_and_is_forgotten_after_a_day(
    nodes: Nodes, server: RunningServer, keys: Keys
) -> None:
    admin, now = server.admin(), now_ms(server)
    admin.zadd(keys.nodes(), {"silent": now - LIVE_MS - 1000, "gone": now - FORGET_MS - 1000})
    nodes.announce(NodeRecord(name="edge-1"))
    assert nodes.count() == 1
    assert [node.name for node in nodes.live()] == ["edge-1"]
    assert set(admin.zrange(keys.nodes(), 0, -1)) == {b"edge-1", b"silent"}


def test_a_record_that_expired_or_cannot_be_read_is_left_out(
    nodes: Nodes, server: RunningServer, keys: Keys
) -> None:
    for name in ("a", "b", "c"):
        nodes.announce(NodeRecord(name=name))
    server.admin().delete(keys.node("a"))
    server.admin().set(keys.node("b"), msgspec.msgpack.encode({"schema": 9}))
    assert [node.name for node in nodes.live()] == ["c"]


def test_the_list_is_bounded_and_begins_with_the_latest(
    nodes: Nodes, server: RunningServer, keys: Keys
) -> None:
    now = now_ms(server)
    for index, name in enumerate(("old", "older")):
        nodes.announce(NodeRecord(name=name))
        server.admin().zadd(keys.nodes(), {name: now - 1000 * (index + 1)})
    nodes.announce(NodeRecord(name="new"))
    assert [node.name for node in nodes.live(limit=2)] == ["new", "old"]
    assert nodes.count() == 3


def test_a_cluster_remembers_so_many_nodes_and_no_more(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NODES", 2)
    nodes.announce(NodeRecord(name="a"))
    nodes.announce(NodeRecord(name="b"))
    nodes.announce(NodeRecord(name="a", number=1))
    with pytest.raises(StoreError, match="already has 2 nodes; c is not listed"):
        nodes.announce(NodeRecord(name="c"))
    assert nodes.count() == 2


@pytest.mark.parametrize("name", ["", "a b", "{control}", "a:b", "-a", "a-", "x" * 254, "näh"])
def test_a_name_that_is_no_host_name_is_refused(nodes: Nodes, name: str) -> None:
    with pytest.raises(StoreError, match="cannot be a node's name"):
        nodes.announce(NodeRecord(name=name))


def test_the_longest_name_and_the_largest_record_are_taken(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = NodeRecord(name="x" * 253, version="v" * 100)
    size = len(msgspec.msgpack.encode(record))
    monkeypatch.setattr(module, "MAX_RECORD_BYTES", size)
    nodes.announce(record)
    monkeypatch.setattr(module, "MAX_RECORD_BYTES", size - 1)
    with pytest.raises(StoreError, match=f"at most {size - 1} fit"):
        nodes.announce(record)
