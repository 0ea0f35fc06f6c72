"""Connections that stay with who uses them, on real servers with gevent's sockets, as in the node agent."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from redis.connection import ConnectionPool

from tests.support.servers import RunningServer, server_folder, start_server
from tests.support.wait import wait_until
from weir.store.connect import Client, connect
from weir.store.kept_connections import KeptConnections, is_quiet
from weir.store.script_calls import HISTORY, ScriptCall, script_call


def announced(node: str) -> ScriptCall:
    return script_call("announce", nodes="{a}", node=node, forget_ms=600_000, most=100)


class Kept:
    """A server, a client of it, and how often a pool was asked for a connection."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.handed_out = 0
        hand_out = ConnectionPool.get_connection

        def counted(pool: ConnectionPool) -> Any:
            self.handed_out += 1
            return hand_out(pool)

        monkeypatch.setattr(ConnectionPool, "get_connection", counted)
        self.server: RunningServer = start_server(folder)
        monkeypatch.setattr("redis.connection.socket", gevent.socket)
        self.client: Client = connect(self.server.url, timeout_s=5.0)

    def announce(self, node: str = "n") -> Any:
        return self.client.pipeline([announced(node)])[0]

    def asked_pool(self) -> int:
        before, self.handed_out = self.handed_out, 0
        return before


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    with server_folder() as folder:
        made = Kept(folder, monkeypatch)
        made.announce()
        made.asked_pool()
        yield made
        made.client.close()
        made.server.stop()


def test_round_trips_one_after_the_other_need_the_pool_once(kept: Kept) -> None:
    assert [kept.announce(f"n{number}") for number in range(5)] == [1] * 5
    assert kept.asked_pool() == 0


def test_a_connection_that_the_server_closed_meanwhile_costs_no_call(kept: Kept) -> None:
    for number in range(3):
        admin = kept.server.admin()
        assert admin.client_kill_filter(_type="normal", skipme=True) >= 1
        admin.close()
        assert kept.announce(f"n{number}") == 1
        assert kept.asked_pool() >= 1


def test_a_server_that_was_started_again_is_connected_to_again(kept: Kept) -> None:
    kept.server.kill()
    kept.server = start_server(kept.server.directory)
    assert kept.client.pipeline([announced(HISTORY)]) == [1]


def test_an_answer_that_nobody_waits_for_is_not_taken_for_anothers(kept: Kept) -> None:
    connection = the_kept(kept.client)
    connection.send_command("PING")
    wait_until(lambda: not is_quiet(connection), what="the answer")
    assert kept.announce("n1") == 1
    the_kept(kept.client)._parser._reader.feed(b"+PONG\r\n")
    assert kept.announce("n2") == 1
    assert (
        kept.client.pipeline([script_call("live_nodes", nodes="{a}", within_ms=600_000, limit=9)])[0][0] == 3
    )


def test_several_at_once_have_a_connection_each_and_one_is_kept(kept: Kept) -> None:
    kept.server.freeze()
    asked = [gevent.spawn(kept.announce, f"n{number}") for number in range(6)]
    gevent.sleep(0.01)
    kept.server.thaw()
    assert [each.get(timeout=10) for each in asked] == [1] * 6
    assert kept.asked_pool() == 5
    pool = pool_of(kept.client)
    assert (len(pool._in_use_connections), len(pool._available_connections)) == (1, 5)


def test_who_is_killed_in_a_round_trip_leaves_no_connection_with_his_answer(kept: Kept) -> None:
    kept.server.freeze()
    killed = gevent.spawn(kept.announce, "x")
    gevent.sleep(0.01)
    killed.kill()
    kept.server.thaw()
    assert (
        kept.client.pipeline([script_call("live_nodes", nodes="{a}", within_ms=600_000, limit=0)])[0][1] == []
    )
    assert len(pool_of(kept.client)._in_use_connections) == 1


def test_a_client_that_was_closed_connects_again(kept: Kept) -> None:
    kept.client.close()
    assert kept.announce("n1") == 1


def pool_of(client: Client) -> Any:
    return client._topology.server_of("").connection_pool


def the_kept(client: Client) -> Any:
    (connection,) = pool_of(client)._in_use_connections
    return connection


def another_pool(kept: Kept, kind: type[ConnectionPool] = ConnectionPool) -> Any:
    like = pool_of(kept.client)
    return kind(connection_class=like.connection_class, **like.connection_kwargs)


class Elsewhere(ConnectionPool):
    """As Sentinel's, when another server has become the master."""

    def owns_connection(self, connection: Any) -> int:
        return False


@pytest.mark.parametrize("why", ["another process", "another master", "to be renewed", "no gevent"])
def test_a_connection_goes_back_to_the_pool_if_it_is_of(
    kept: Kept, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "no gevent":
        monkeypatch.undo()
    pool = another_pool(kept, Elsewhere if why == "another master" else ConnectionPool)
    connection, connections = pool.get_connection(), KeptConnections()
    if why == "to be renewed":
        connection.mark_for_reconnect()
    connections.give(pool, connection)
    if why == "another process":
        monkeypatch.setattr(os, "getpid", lambda: -1)  # as after a fork
    assert connections.take(pool) is None
    assert not pool._in_use_connections
    pool.disconnect()


def test_a_connection_does_not_keep_the_pool_of_a_server_that_has_gone(kept: Kept) -> None:
    pool = another_pool(kept)
    connections = KeptConnections()
    connections.give(pool, pool.get_connection())
    taken = connections.take(pool)
    assert taken is not None
    connections.give(pool, taken)
    gone = weakref.ref(pool)
    del pool, taken
    gc.collect()
    assert gone() is None
