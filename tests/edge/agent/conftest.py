"""A real store and real agents, stopped at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.support.node_agent import AgentProcess, StoreSide
from tests.support.servers import RunningServer, server_folder, start_server


class Store:
    """A store that keeps its data over a crash, under one address."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._server: RunningServer = self._start()
        self.url = self._server.url
        self.side = StoreSide(self.url)

    def kill(self) -> None:
        self._server.kill()

    def start(self) -> None:
        self._server = self._start()

    def wipe(self) -> None:
        self._server.admin().flushall()

    def admin(self) -> redis.Redis:
        """A plain client, for damage that no part of Weir would do."""
        return self._server.admin()

    def stop(self) -> None:
        self._server.stop()

    def _start(self) -> RunningServer:
        return start_server(self._directory, None, "--appendonly", "yes")


@pytest.fixture
def store() -> Iterator[Store]:
    with server_folder() as directory:
        running = Store(directory)
        yield running
        running.stop()


@pytest.fixture
def agent_at(store: Store) -> Iterator[Callable[..., AgentProcess]]:
    """Starts an agent with a state directory of the given name."""
    started: list[AgentProcess] = []

    with server_folder() as directory:

        def start(name: str = "n1", *flags: str, store_url: str = store.url) -> AgentProcess:
            agent = AgentProcess(directory / name, store_url, "--node", name, *flags)
            started.append(agent)
            return agent.start()

        yield start
        for agent in started:
            agent.stop()


@pytest.fixture(scope="module")
def agent() -> Iterator[AgentProcess]:
    """One agent on an empty store for all tests of a file, each of which leaves it without workers."""
    with server_folder() as directory:
        server = start_server(directory / "store")
        running = AgentProcess(directory / "n1", server.url, "--node", "n1")
        yield running.start()
        running.stop()
        server.stop()
