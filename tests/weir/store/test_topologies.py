"""Sentinel and Cluster for real: both are what a production store looks like."""

from __future__ import annotations

import io
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis.exceptions import AskError, RedisClusterException

from tests.support.ports import free_port
from tests.support.servers import (
    Cluster,
    RunningServer,
    SentinelGroup,
    server_folder,
    start_server,
    valkey_binary,
)
from tests.support.wait import wait_until
from weir.models.document import Document, Rule
from weir.models.rule_clauses import Respond
from weir.store.backup import Backup
from weir.store.connect import Client, connect
from weir.store.errors import StoreAway
from weir.store.feed import Feed, Wake
from weir.store.keys import Keys
from weir.store.nodes import NodeRecord, Nodes
from weir.store.publish import AlreadyPublished, Draft, Outcome, Published, Publisher
from weir.store.restore import Restore
from weir.store.script_calls import script_call
from weir.store.topologies import Timeouts, Topology, topology_of
from weir.store.url import parse_url
from weir.store.versions import Versions

KEYS = Keys("test")


def document(status: int) -> Document:
    return Document(definitions=(Rule(name="a", clauses=(Respond(status=status),)),))


def succeeded(publish: Callable[[], Outcome]) -> bool:
    """As a publisher does who must know: repeat until the answer is certain."""
    try:
        return isinstance(publish(), Published | AlreadyPublished)
    except StoreAway:
        return False


def test_a_version_survives_a_sentinel_failover_and_publishing_goes_on_through_the_same_client() -> None:
    with server_folder() as folder:
        group = SentinelGroup(folder, valkey_binary())
        client = connect(group.url, timeout_s=2.0)
        versions, publisher = Versions(client, KEYS), Publisher(client, KEYS)
        try:
            first = publisher.publish(Draft(owner="file", base=0, author="alice"), document(200))
            assert isinstance(first, Published)
            master = group.master()
            # Replication is asynchronous: a version that no replica has is lost with its master.
            with client.session(KEYS.head()) as session:
                session.call("SET", "marker", "1")
                assert session.call("WAIT", 2, 1500) == 2
            master.kill()
            again = Draft(owner="file", base=1, author="bob", incarnation=first.incarnation)
            wait_until(
                lambda: succeeded(lambda: publisher.publish(again, document(201))),
                what="publishing after the failover",
            )
            wait_until(lambda: group.master().port != master.port, what="the sentinels' agreement")
            head = versions.head()
            assert head is not None
            assert (head.incarnation, head.number) == (first.incarnation, 2)
            assert [versions.document("file", number) for number in (1, 2)] == [document(200), document(201)]
            assert [change.id for change in Feed(client, KEYS).poll(0).entries] == ["1", "2"]
        finally:
            client.close()
            group.stop()


def test_everything_works_on_a_cluster() -> None:
    with server_folder() as folder:
        cluster = Cluster(folder, valkey_binary())
        try:
            # One seed is enough to find the others, whichever holds the slot.
            publishes_follows_and_lists_nodes(f"redis+cluster://127.0.0.1:{cluster.servers[1].port}")
            a_backup_has_what_is_on_all_servers(cluster.url)
            a_moved_slot_is_followed(cluster)
            a_dead_server_is_away(cluster)
        finally:
            cluster.stop()


def publishes_follows_and_lists_nodes(url: str) -> None:
    client = connect(url, timeout_s=10.0)
    publisher, wake, nodes = Publisher(client, KEYS), Wake(client, KEYS), Nodes(client, KEYS)
    wake.wait(0.01)
    assert publisher.publish(Draft(owner="file", base=0, author="alice"), document(200)) == Published(
        1, publisher_incarnation(Versions(client, KEYS)), False
    )
    assert wake.wait(30.0) is True
    assert Versions(client, KEYS).document("file") == document(200)
    assert Feed(client, KEYS).poll(0).seq == 1
    names = {f"edge-{index}" for index in range(12)}
    for name in names:
        nodes.announce(NodeRecord(name=name))
    assert {node.name for node in nodes.live()} == names
    wake.close()
    client.close()


def a_backup_has_what_is_on_all_servers(url: str) -> None:
    """And loads into the same servers as another cluster of Weir's."""
    client, other = connect(url, timeout_s=10.0), Keys("other")
    quotas = {f"t{number}": number for number in range(12)}
    for tag, number in quotas.items():
        client.call("HSET", KEYS.limit_quota(tag, 0), "g:n1", number)
    data = b"".join(Backup(client, client, KEYS).stream())
    assert Restore(client, client, other).load(io.BytesIO(data)).number == 1
    assert Versions(client, other).document("file") == document(200)
    found = {tag: client.call("HGET", other.limit_quota(tag, 0), "g:n1") for tag in quotas}
    assert {tag: int(count) for tag, count in found.items()} == quotas
    assert not [key for key in client.keys("weir:other:*") if "restore" in key]
    client.close()


def publisher_incarnation(versions: Versions) -> str:
    head = versions.head()
    return head.incarnation if head else ""


def a_moved_slot_is_followed(cluster: Cluster) -> None:
    """The client's map of slots becomes wrong: in the middle of a migration (ASK), and after it (MOVED)."""
    client = connect(cluster.url, timeout_s=10.0)
    publisher = Publisher(client, KEYS)
    slot = cluster.servers[0].admin().execute_command("CLUSTER", "KEYSLOT", KEYS.head())
    ids = [server.admin().execute_command("CLUSTER", "MYID").decode() for server in cluster.servers]
    owner = next(
        index
        for index, server in enumerate(cluster.servers)
        if server.admin().execute_command("CLUSTER", "COUNTKEYSINSLOT", slot)
    )
    target = (owner + 1) % len(cluster.servers)
    assert Versions(client, KEYS).head() is not None
    source, receiver = cluster.servers[owner].admin(), cluster.servers[target].admin()
    receiver.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[owner])
    source.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
    keys = source.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 100)
    source.execute_command("MIGRATE", "127.0.0.1", cluster.servers[target].port, "", 0, 5000, "KEYS", *keys)
    # All keys are there already, but the slot is not: ASK.
    assert Versions(client, KEYS).document("file") == document(200)
    for server in (receiver, source):
        server.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[target])
    # Now MOVED; the script is not known on the new server either.
    outcome = publisher.publish(Draft(owner="file", base=1, author="bob"), document(201))
    assert isinstance(outcome, Published)
    assert outcome.number == 2
    client.close()


def a_dead_server_is_away(cluster: Cluster) -> None:
    client = connect(cluster.url, timeout_s=2.0)
    versions = Versions(client, KEYS)
    assert versions.head() is not None
    for server in cluster.servers:
        server.kill()
    with pytest.raises(StoreAway, match=r"redis\+cluster://127\.0\.0\.1"):
        versions.head()
    client.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as directory:
        yield directory


class Spread:
    """A cluster that serves what it has, and a client that knows its map; key N lies on server N."""

    def __init__(self, folder: Path) -> None:
        self.cluster = Cluster(folder, valkey_binary())
        self.client = connect(self.cluster.url, timeout_s=0.5, connect_timeout_s=0.5)
        for server in self.cluster.servers:
            server.admin().config_set("cluster-require-full-coverage", "no")
        self.client.call("GET", "{a}")
        self.keys = [next(self.lying_on(server)) for server in self.cluster.servers]
        for key in self.keys:
            self.client.call("SET", key, "1")

    def lying_on(self, server: RunningServer) -> Iterator[str]:
        names = (f"{{k{number}}}" for number in range(1000))
        return (name for name in names if self.client.place(name).endswith(f":{server.port}"))

    def take_over(self, key: str) -> None:
        """The last server has the key's slot, as after a failover."""
        live = [server.admin() for server in self.cluster.servers[1:]]
        heir = live[-1].execute_command("CLUSTER", "MYID")
        slot = live[0].execute_command("CLUSTER", "KEYSLOT", key)
        for admin in live:
            admin.execute_command("CLUSTER", "SETSLOT", slot, "NODE", heir)

    def maps_read(self) -> int:
        """How often servers that answer were asked for the map of slots."""
        stats = [server.admin().info("commandstats") for server in self.cluster.servers[1:]]
        return sum(int(each.get("cmdstat_cluster|slots", {}).get("calls", 0)) for each in stats)

    def stop(self) -> None:
        self.client.close()
        self.cluster.stop()


@pytest.fixture
def spread(folder: Path) -> Iterator[Spread]:
    made = Spread(folder)
    yield made
    made.stop()


def is_away(client: Client, key: str) -> bool:
    try:
        client.call("GET", key)
    except StoreAway:
        return True
    return False


def serves(server: RunningServer) -> bool:
    return b"cluster_state:ok" in server.admin().execute_command("CLUSTER", "INFO")


def ids(server: RunningServer) -> set[str]:
    return {each["id"] for each in server.admin().client_list() if each["cmd"] != "client|list"}


def test_a_frozen_server_costs_nothing_to_who_asks_another(spread: Spread) -> None:
    servers, (frozen, second, third) = spread.cluster.servers, spread.keys
    connections = [ids(server) for server in servers[1:]]
    servers[0].freeze()
    for _ in range(3):
        assert is_away(spread.client, frozen)
        before = spread.maps_read()
        assert [spread.client.call("GET", key) for key in (second, third)] == [b"1", b"1"]
        assert spread.maps_read() == before
    assert before == spread.maps_read() >= 2  # each time before the frozen one was asked again
    for server, had in zip(servers[1:], connections, strict=True):
        assert had <= ids(server)  # and none had to connect again


def topology(spread: Spread, timeout_s: float) -> Topology:
    made = topology_of(parse_url(spread.cluster.url), Timeouts(timeout_s, timeout_s))
    made.server_of(spread.keys[0])
    return made


def test_while_the_map_is_read_again_nobody_waits_who_asks_another_server(spread: Spread) -> None:
    map_of = topology(spread, timeout_s=0.5)

    def read_again() -> None:
        with pytest.raises(RedisClusterException):
            map_of.server_of(spread.keys[0])

    for server in spread.cluster.servers:
        server.freeze()
    map_of.suspect(map_of.server_of(spread.keys[0]))
    reading = threading.Thread(target=read_again)
    reading.start()  # takes half a second and more, since nobody answers
    answers = 0
    while reading.is_alive():
        map_of.server_of(spread.keys[1])
        answers += 1
        reading.join(0.01)
    assert answers > 10
    map_of.close()


def test_of_the_map_the_server_that_failed_is_asked_last(spread: Spread) -> None:
    map_of = topology(spread, timeout_s=5.0)
    spread.cluster.servers[0].freeze()
    started = time.monotonic()
    for _ in range(10):
        map_of.suspect(map_of.server_of(spread.keys[0]))
        map_of.server_of(spread.keys[0])
    assert time.monotonic() - started < 5.0
    assert map_of.servers()
    map_of.close()


def test_keys_of_a_server_that_failed_are_asked_of_its_heir_at_the_next_call_however_it_failed(
    spread: Spread,
) -> None:
    client, gone = spread.client, spread.cluster.servers[0]
    names = itertools.islice(spread.lying_on(gone), 1, None)  # the first stays there

    def pipeline(key: str) -> object:
        return client.pipeline([script_call("live_nodes", nodes=key, within_ms=1, limit=0)])

    def scan(_key: str) -> object:
        return list(client.keys("*"))

    def get(key: str) -> object:
        return client.call("GET", key)

    def is_followed(failing: Callable[[str], object]) -> None:
        key = next(names)
        with pytest.raises(StoreAway):
            failing(key)
        spread.take_over(key)
        assert get(key) is None
        assert client.place(key).endswith(f":{spread.cluster.servers[2].port}")

    for failing in (get, pipeline, scan):
        pipeline(spread.keys[0])  # so that there is a connection, of which everything is known
        gone.freeze()
        is_followed(failing)
        gone.thaw()
        wait_until(lambda: not is_away(client, spread.keys[0]), what="the server after its pause")
    before = spread.maps_read()
    get(spread.keys[0])
    assert spread.maps_read() == before  # once is enough
    pipeline(spread.keys[0])
    gone.kill()
    for failing in (pipeline, get, client.subscribe):
        is_followed(failing)
    for _ in range(2):
        before = spread.maps_read()
        with pytest.raises(StoreAway):
            scan("")
    assert spread.maps_read() == before + 1


def test_a_server_that_no_map_names_is_known_from_then_on(spread: Spread) -> None:
    map_of, asked = topology(spread, timeout_s=0.5), AskError("1 127.0.0.1:1")
    assert map_of.redirected(asked) is map_of.redirected(asked)
    map_of.close()


def test_a_slot_that_nobody_serves_costs_only_its_keys_and_is_looked_for_at_each_call(spread: Spread) -> None:
    lost, second, _ = spread.keys
    admins = [server.admin() for server in spread.cluster.servers]
    slot = admins[0].execute_command("CLUSTER", "KEYSLOT", lost)
    for admin in admins:
        admin.execute_command("CLUSTER", "DELSLOTS", slot)
    assert is_away(spread.client, lost)
    fresh = connect(spread.cluster.url, timeout_s=0.5)
    assert is_away(fresh, lost)
    assert fresh.call("GET", second) == spread.client.call("GET", second) == b"1"
    assert fresh.place(lost) == ""
    admins[1].execute_command("CLUSTER", "ADDSLOTS", slot)
    for admin in admins:
        admin.execute_command(
            "CLUSTER", "SETSLOT", slot, "NODE", admins[1].execute_command("CLUSTER", "MYID")
        )
    assert fresh.call("GET", lost) is None
    fresh.close()


def test_a_new_server_is_asked_as_soon_as_its_first_slot_is_on_the_way(spread: Spread, folder: Path) -> None:
    key, owner = spread.keys[0], spread.cluster.servers[0].admin()
    new = start_server(
        folder / "new",
        valkey_binary(),
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        str(free_port()),
        tcp=True,
    )
    spread.cluster.servers.append(new)
    bus = int(new.admin().config_get("cluster-port")["cluster-port"])
    owner.execute_command("CLUSTER", "MEET", "127.0.0.1", new.port, bus)
    ids = [admin.execute_command("CLUSTER", "MYID").decode() for admin in (owner, new.admin())]
    wait_until(
        lambda: ids[1] in owner.execute_command("CLUSTER", "NODES").decode() and serves(new),
        what="the new server",
    )
    slot = owner.execute_command("CLUSTER", "KEYSLOT", key)
    new.admin().execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0])
    owner.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])
    owner.execute_command("MIGRATE", "127.0.0.1", new.port, key, 0, 5000)
    assert spread.client.call("GET", key) == b"1"
    for admin in (new.admin(), owner):
        admin.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[1])
    assert spread.client.call("GET", key) == b"1"
    assert spread.client.place(key).endswith(f":{new.port}")
