"""A real store for all tests of a file, with what a test wants in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.servers import RunningServer, server_folder, start_server
from tests.support.store_accounts import Accounts
from weir.store.connect import Client, connect
from weir.store.keys import Keys


@pytest.fixture(scope="module")
def running() -> Iterator[RunningServer]:
    with server_folder() as folder:
        server = start_server(folder)
        yield server
        server.stop()


@pytest.fixture
def server(running: RunningServer) -> RunningServer:
    running.admin().flushall()
    return running


@pytest.fixture
def keys() -> Keys:
    return Keys("test")


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    made = connect(server.url, timeout_s=10.0)
    yield made
    made.close()


@pytest.fixture
def accounts(server: RunningServer, keys: Keys) -> Iterator[Accounts]:
    made = Accounts(server.url, keys)
    yield made
    made.client.close()
