"""Many calls in one round trip, on real servers: what each call's answer is when one of them, or all, go wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.servers import (
    Cluster,
    RunningServer,
    SentinelGroup,
    server_folder,
    start_server,
    valkey_binary,
)
from tests.support.wait import wait_until
from weir.store.connect import Client, connect
from weir.store.errors import StoreAway, StoreError
from weir.store.keys import Keys
from weir.store.script_calls import HISTORY, ScriptCall, script_call


def announced(key: str, node: str = "n", most: int = 9) -> ScriptCall:
    """Answers 1, or 0 if ``most`` others are there already."""
    return script_call("announce", nodes=key, node=node, forget_ms=600_000, most=most)


def living(key: str) -> ScriptCall:
    return script_call("live_nodes", nodes=key, within_ms=600_000, limit=100)


def commands(server: RunningServer, name: str) -> int:
    """How often the server was given the command."""
    found = server.admin().info("commandstats").get(f"cmdstat_{name}", {})
    return int(found.get("calls", 0))


def history(server: RunningServer) -> str:
    info = server.admin().info()
    return f"{info['run_id']}:{info['master_replid']}"


def test_replies_come_in_the_order_of_the_calls(client: Client, keys: Keys) -> None:
    calls = [announced("{a}", f"n{index}", most=3) for index in range(5)]
    assert client.pipeline([*calls, living("{a}")])[:5] == [1, 1, 1, 0, 0]
    assert client.pipeline([]) == []


def test_an_error_is_the_answer_of_its_call_only(client: Client) -> None:
    client.call("SET", "{bad}", "text")
    good, bad, later = client.pipeline([announced("{a}"), announced("{bad}"), announced("{b}")])
    assert (good, later) == (1, 1)
    assert isinstance(bad, StoreError)
    assert not isinstance(bad, StoreAway)
    assert "WRONGTYPE" in str(bad)


def test_scripts_that_the_server_lacks_are_loaded_once_and_only_their_calls_sent_again(
    client: Client, server: RunningServer
) -> None:
    client.pipeline([announced("{a}", "known")])
    admin = server.admin()
    admin.script_flush()
    admin.config_resetstat()
    assert client.pipeline([announced("{a}", "x"), living("{a}"), announced("{a}", "y")])[0::2] == [1, 1]
    assert commands(server, "script|load") == 2
    assert commands(server, "evalsha") + commands(server, "evalsha_ro") == 6
    admin.script_flush()
    admin.script_load(announced("{a}").script.source)
    admin.config_resetstat()
    assert client.pipeline([announced("{a}", "z"), living("{a}")])[0] == 1
    assert (
        commands(server, "evalsha") + commands(server, "evalsha_ro") == 3
    )  # the first was carried out, so it is not sent again


def test_the_history_is_read_once_for_each_connection(client: Client, server: RunningServer) -> None:
    assert client.history("{a}") == ""
    server.admin().config_resetstat()
    for _ in range(3):
        client.pipeline([living("{a}")])
    assert commands(server, "info") == 2
    assert client.history("{a}") == history(server)
    client.suspect_history("{a}")
    client.pipeline([living("{a}")])
    client.pipeline([living("{a}")])
    assert commands(server, "info") >= 4
    assert client.history("{a}") == history(server)


def test_a_call_can_carry_the_history_of_the_server_that_runs_it(
    client: Client, server: RunningServer
) -> None:
    client.pipeline([announced("{a}", HISTORY)])
    assert client.pipeline([living("{a}")])[0][1][0] == history(server).encode()


@pytest.fixture
def alone() -> Iterator[tuple[RunningServer, Client]]:
    with server_folder() as folder:
        server = start_server(folder)
        client = connect(server.url, timeout_s=0.3, connect_timeout_s=0.3)
        yield server, client
        client.close()


def test_calls_of_before_a_restart_are_refused_unless_they_take_the_history_as_it_is(
    alone: tuple[RunningServer, Client],
) -> None:
    server, client = alone
    client.pipeline([living("{a}")])
    before = client.history("{a}")
    server.kill()
    with pytest.raises(StoreAway) as away:
        client.pipeline([living("{a}")])
    assert not away.value.sent
    server = start_server(server.directory)
    stale, fresh = client.pipeline([announced("{a}", "stale"), announced("{a}", HISTORY)])
    assert isinstance(stale, StoreAway)
    assert not stale.sent
    assert fresh == 1
    assert client.history("{a}") == history(server) != before
    assert client.pipeline([announced("{a}", "stale")]) == [1]
    server.stop()


def test_a_server_that_is_frozen_in_the_middle_leaves_open_what_it_did(
    alone: tuple[RunningServer, Client],
) -> None:
    server, client = alone
    client.pipeline([living("{a}")])
    server.freeze()
    with pytest.raises(StoreAway) as away:
        client.pipeline([announced("{a}"), announced("{b}")])
    assert away.value.sent
    server.thaw()
    wait_until(lambda: succeeds(client, living("{a}")), what="the server after its pause")
    server.stop()


def succeeds(client: Client, call: ScriptCall) -> bool:
    try:
        return not isinstance(client.pipeline([call])[0], StoreError)
    except StoreAway:
        return False


def test_a_failover_is_another_history() -> None:
    with server_folder() as folder:
        group = SentinelGroup(folder, valkey_binary())
        client = connect(group.url, timeout_s=1.0)
        try:
            client.pipeline([announced("{a}")])
            before, master = client.history("{a}"), group.master()
            assert before == history(master)
            master.kill()
            call = announced("{a}", HISTORY)
            wait_until(lambda: succeeds(client, call), what="the new master")
            wait_until(lambda: group.master().port != master.port, what="the sentinels' agreement")
            # A failover that came late may be followed by another one on a busy machine.
            wait_until(
                lambda: client.history("{a}") == history(group.master()), what="the history of the master"
            )
            assert client.history("{a}") != before
        finally:
            client.close()
            group.stop()


def test_on_a_cluster_each_server_gets_its_calls_and_a_dead_one_fails_alone() -> None:
    with server_folder() as folder:
        cluster = Cluster(folder, valkey_binary())
        client = connect(cluster.url, timeout_s=1.0)
        try:
            keys = [f"{{k{index}}}" for index in range(12)]
            assert client.place(keys[0]) == ""  # not known yet, and nobody is asked
            assert client.pipeline([announced(key) for key in keys]) == [1] * 12
            places = {key: client.place(key) for key in keys}
            assert set(places.values()) == {f"127.0.0.1:{server.port}" for server in cluster.servers}
            assert {client.history(key) for key in keys} == {history(server) for server in cluster.servers}
            a_moved_slot_is_followed(cluster, client, keys[0])
            dead = next(server for server in cluster.servers if places[keys[1]].endswith(f":{server.port}"))
            dead.freeze()
            replies = client.pipeline([living(key) for key in keys[1:]])
            for key, reply in zip(keys[1:], replies, strict=True):
                assert isinstance(reply, StoreAway) == (places[key] == places[keys[1]]), (key, reply)
        finally:
            client.close()
            cluster.stop()


def a_moved_slot_is_followed(cluster: Cluster, client: Client, key: str) -> None:
    admin = [server.admin() for server in cluster.servers]
    ids = [each.execute_command("CLUSTER", "MYID").decode() for each in admin]
    slot = admin[0].execute_command("CLUSTER", "KEYSLOT", key)
    owner = next(at for at, each in enumerate(cluster.servers) if client.place(key).endswith(f":{each.port}"))
    target = (owner + 1) % len(admin)
    admin[target].execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[owner])
    admin[owner].execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
    port = cluster.servers[target].port
    admin[owner].execute_command("MIGRATE", "127.0.0.1", port, "", 0, 5000, "KEYS", key)
    assert client.pipeline([announced(key, most=1), announced(key, most=1)]) == [1, 1]  # ASK
    for each in (admin[target], admin[owner]):
        each.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[target])
    assert client.pipeline([announced(key), living(key)])[1][1][0] == b"n"  # MOVED
    assert client.place(key) == f"127.0.0.1:{port}"
    # Back, so that the keys lie as before.
    admin[owner].execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[target])
    admin[target].execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[owner])
    home = cluster.servers[owner].port
    admin[target].execute_command("MIGRATE", "127.0.0.1", home, "", 0, 5000, "KEYS", key)
    for each in (admin[owner], admin[target]):
        each.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[owner])
    assert client.pipeline([announced(key)]) == [1]
