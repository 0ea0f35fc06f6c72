"""Sentinel and Cluster for real: both are what a production store looks like."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from tests.support.servers import Cluster, SentinelGroup, server_folder, valkey_binary
from tests.support.wait import wait_until
from weir.models.document import Document, Rule
from weir.models.rule_clauses import Respond
from weir.store.backup import Backup
from weir.store.connect import connect
from weir.store.errors import StoreAway
from weir.store.feed import Feed, Wake
from weir.store.keys import Keys
from weir.store.nodes import NodeRecord, Nodes
from weir.store.publish import AlreadyPublished, Draft, Outcome, Published, Publisher
from weir.store.restore import Restore
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
