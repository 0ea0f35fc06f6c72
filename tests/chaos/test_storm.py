"""A node under load while what it stands on is killed, again and again: nobody notices, and it heals by itself.

Runs for about a minute; the seed is printed, so that a failure can be run again with ``WEIR_CHAOS_SEED``.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import RunningServer, server_folder, start_server
from tests.support.steady_client import SteadyClient
from tests.support.wait import wait_until
from tests.support.weir_edge import WeirEdge
from weir.processes.backoff import Policy

pytestmark = pytest.mark.chaos

ROUNDS = 12
WITHIN_S = 90.0
POLICY = Policy()
"""Of the supervisor: how many deaths of a child are too many."""


class Node:
    """An edge with its store; ``text`` is what rule ``a`` answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "store"
        self.rules = folder / "gateway.weir"
        self.text = ""
        self._deaths: list[float] = []
        self.say("0")
        self.store = self._start_store()
        self.edge = WeirEdge(folder / "node", "--redis", self.store.url, "--config", str(self.rules))
        self.url: str = self.edge.wait_ready()["edge"][0]

    def say(self, text: str) -> None:
        """A new version, by the file."""
        self.text = text
        beside = self.rules.with_suffix(".new")
        beside.write_text(f'rule a {{ when path == "/a"; respond 200 "{text}" }}\n')
        beside.replace(self.rules)

    def kill_store(self) -> None:
        self.store.kill()

    def start_store(self) -> None:
        self.store = self._start_store()

    def freeze_store(self, seconds: float) -> None:
        self.store.freeze()
        time.sleep(seconds)
        self.store.thaw()

    def kill_agent(self) -> None:
        """Not so often that its supervisor gives up, as it should."""
        agent = self.edge.children().get("agent")
        self._deaths = [at for at in self._deaths if at > time.monotonic() - POLICY.window_s]
        if agent is not None and len(self._deaths) < POLICY.deaths - 1:
            self._deaths.append(time.monotonic())
            os.kill(agent, signal.SIGKILL)

    def wait_healed(self) -> None:
        wait_until(
            lambda: self.edge.get("/a") == (200, self.text),
            within_s=WITHIN_S,
            what=f"rule a says {self.text}",
        )
        wait_until(
            lambda: b'"ok"' in self.edge.get("/readyz", "status")[1].encode(), within_s=WITHIN_S, what="ok"
        )

    def _start_store(self) -> RunningServer:
        return start_server(self._folder, None, "--appendonly", "yes", "--appendfsync", "always")


@pytest.fixture
def node() -> Iterator[Node]:
    with server_folder() as folder:
        running = Node(folder)
        yield running
        running.edge.stop()


@pytest.fixture
def dice() -> random.Random:
    seed = int(os.environ.get("WEIR_CHAOS_SEED", random.randrange(10**6)))
    print(f"WEIR_CHAOS_SEED={seed}")  # noqa: T201 - shown with the result
    return random.Random(seed)


def test_store_and_agent_die_while_versions_change_and_no_request_fails(
    node: Node, dice: random.Random
) -> None:
    with SteadyClient(node.url, "/a", connections=8) as client:
        for number in range(1, ROUNDS + 1):
            node.say(str(number))
            time.sleep(dice.uniform(0, 0.5))  # anywhere in the middle of a publish
            harm = dice.choice(["kill store", "freeze store", "kill agent", "both"])
            if harm in ("kill store", "both"):
                node.kill_store()
            if harm in ("kill agent", "both"):
                node.kill_agent()
            if harm == "freeze store":
                node.freeze_store(dice.uniform(0.1, 4))
            if harm in ("kill store", "both"):
                time.sleep(dice.uniform(0, 2))
                node.start_store()
            node.wait_healed()
    assert client.failures == []
    assert client.answers > ROUNDS
