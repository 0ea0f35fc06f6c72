"""A keeper of credentials on a world of its own, step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry

from edge.agent.credentials.keeper import Keeper
from edge.agent.credentials.metrics import CredentialMetrics
from edge.agent.credentials.position import Look
from edge.agent.facts import Facts
from edge.versions.files import Identity
from tests.support.credential_world import ReadsOf, WorkerOf, World, edition_of


class NoDisk:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def dropped(self, names: Any) -> None:
        self.heard.append(tuple(names))

    def learnt(self) -> None: ...

    def distrusted(self) -> None:
        self.heard.append("distrusted")

    def forgotten(self) -> None:
        self.heard.append("forgotten")


class KeeperRig:
    def __init__(self, world: World | None = None, *, looked: bool = True) -> None:
        self.world, self.facts, self.disk, self.worker = world or World(), Facts(), NoDisk(), WorkerOf()
        self.facts.held, self.facts.store = Identity("one", 1, "h"), "up"
        self.reads = ReadsOf(self.world, lambda: self.keeper.at)
        self.registry = CollectorRegistry()
        self.now = 1000.0
        self.looks: list[Look] = []
        self.keeper = Keeper(
            self.reads,  # type: ignore[arg-type]
            self.worker,
            self.facts,
            CredentialMetrics(self.registry),
            self.disk,
            on_look=self.looks.append,
            clock=lambda: self.now,
        )
        if looked:
            self.look()

    def look(self) -> None:
        if self.world.is_up:
            self.keeper.followed(self.world.poll(max(0, self.keeper.at)), self.now)

    def ask(self, name: str = "key:a", meanwhile: list[Callable[[], None]] | None = None) -> Any:
        """The edition; "absent", or None: it cannot be known."""
        self.reads.meanwhile = meanwhile or []
        answer = self.worker.ask(self.keeper.answer, name)
        if answer is None:
            return None
        found = edition_of(answer)
        return "absent" if found is None else found

    def away(self) -> None:
        self.world.is_up, self.facts.store = False, "away"

    def back(self) -> None:
        self.world.is_up, self.facts.store = True, "up"
        self.look()

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"weir_credentials_{name}_total", labels) or 0.0
