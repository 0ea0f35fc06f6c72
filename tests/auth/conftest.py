"""One real store for a module, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.auth_server import InProcessAuth
from tests.support.servers import RunningServer, server_folder, start_server, valkey_binary
from weir.store.connect import Client, connect
from weir.store.keys import Keys


@pytest.fixture(scope="module")
def store() -> Iterator[RunningServer]:
    with server_folder() as folder:
        server = start_server(folder, valkey_binary())
        yield server
        server.stop()


@pytest.fixture
def client(store: RunningServer) -> Iterator[Client]:
    store.admin().flushall()
    client = connect(store.url, timeout_s=10.0)
    yield client
    client.close()


@pytest.fixture
def keys() -> Keys:
    return Keys("test")


@pytest.fixture
def auth(client: Client) -> InProcessAuth:
    return InProcessAuth(client)
