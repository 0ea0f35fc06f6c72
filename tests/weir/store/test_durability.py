from __future__ import annotations

import pytest

from tests.support.servers import redis_binary, server_folder, start_server, valkey_binary
from weir.store.connect import Client, connect
from weir.store.durability import on_disk
from weir.store.errors import StoreAway


def written(client: Client, timeout_ms: int = 2000) -> bool | None:
    with client.session("key") as session:
        session.call("SET", "key", "1")
        return on_disk(session, timeout_ms)


@pytest.mark.parametrize("fsync", ["always", "everysec"])
def test_a_server_with_an_append_only_file_says_when_the_write_is_in_it(fsync: str) -> None:
    with server_folder() as folder:
        server = start_server(folder, valkey_binary(), "--appendonly", "yes", "--appendfsync", fsync)
        client = connect(server.url, timeout_s=20.0)
        assert written(client, 10_000) is True
        client.close()
        server.stop()


def test_a_server_without_one_says_that_nothing_is_kept() -> None:
    with server_folder() as folder:
        server = start_server(folder, valkey_binary())
        client = connect(server.url)
        assert written(client) is False
        client.close()
        server.stop()


@pytest.mark.parametrize(("appendonly", "said"), [("yes", None), ("no", False)])
def test_redis_7_0_cannot_tell_unless_it_keeps_nothing(appendonly: str, said: bool | None) -> None:
    binary = redis_binary()
    with server_folder() as folder:
        server = start_server(folder, binary, "--appendonly", appendonly)
        client = connect(server.url)
        found = written(client)
        newer = not server.admin().info("server")["redis_version"].startswith("7.0")
        client.close()
        server.stop()
    assert found is (appendonly == "yes" if newer else said)


def test_a_sync_that_does_not_come_in_time_is_not_known() -> None:
    with server_folder() as folder:
        server = start_server(folder, valkey_binary(), "--appendonly", "yes", "--appendfsync", "no")
        client = connect(server.url)
        with pytest.raises(StoreAway, match="within 50 ms"):
            written(client, 50)
        client.close()
        server.stop()
