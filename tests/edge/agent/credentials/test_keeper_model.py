"""Whatever order reads, changes, outages, failovers, crashes and restarts come in: what is believed is true.

*While the store is heard*, agent and worker have nothing but what the store has now. *While it is away*, they answer
what it had when it was heard last, or nothing. *After a restart* the same, as of what had reached the disk.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from edge.agent.credentials import disk as disk_module
from edge.agent.credentials.disk import Disk, Standing
from edge.agent.credentials.keeper import Keeper
from edge.agent.credentials.metrics import CredentialMetrics
from edge.agent.credentials.position import Position
from edge.agent.credentials.snapshot import State
from edge.agent.facts import Facts
from edge.versions.files import Identity
from tests.support.credential_world import OWNERS, ReadsOf, WorkerOf, World, edition_of, named, rows_of
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import RingKey
from weir.store.errors import StoreError

RING = KeyRing([RingKey(id="k", purpose="node", key=b"1" * 32, created_ms=1)])


class Machine:
    """One agent and one worker of a world; each method is a step."""

    def __init__(self, directory: Path) -> None:
        self.world, self.directory = World(feed_length=3), directory
        self.now = 1000.0
        self.world.change("key:a")
        self.begin()
        self.look()
        for name in OWNERS:
            self.ask(name)
        self.snapshot()

    def begin(self) -> None:
        """A life of the agent, and of its worker."""
        self.facts, self.worker = Facts(), WorkerOf()
        self.facts.held = Identity("one", 1, "h")
        self.facts.store = "up" if self.world.is_up else "away"
        self.reads = ReadsOf(self.world, lambda: self.keeper.at)
        metrics = CredentialMetrics(CollectorRegistry())
        self.disk = Disk(
            self.directory,
            RING,
            state=lambda: State(self.keeper.cache.names(), self.keeper.cache.verifiers(), []),
            standing=self.standing,
            failed=self.fail,
            clock=lambda: self.now,
        )
        self.keeper = Keeper(
            self.reads,  # type: ignore[arg-type]
            self.worker,
            self.facts,
            metrics,
            self.disk,
            clock=lambda: self.now,
        )
        self.history = ""
        self.heard_state: dict[str, int] | None = None
        """What the store had when it was heard last."""
        left = self.disk.load()
        if left is not None:
            self.history = left.standing.history
            self.keeper.load(left.standing.position, left.contents.verifiers, self.now)
            self.keeper.cache.drop(left.drops)

    def standing(self) -> Standing | None:
        position = self.keeper.position
        if position is None or self.keeper.confirmed_at is None:
            return None
        sure = position if self.keeper.is_sure else Position(position.incarnation, -1)
        return Standing(sure, self.now, self.history)

    def fail(self) -> None:
        raise AssertionError("the disk failed")

    # Steps

    def look(self) -> None:
        if self.world.is_up:
            self.keeper.followed(self.world.poll(max(0, self.keeper.at)), self.now)
            found = str(self.world.history)
            if self.history not in ("", found):
                self.keeper.distrust()
            self.history, self.heard_state = found, dict(self.world.now)

    def ask(self, name: str, meanwhile: list[tuple[Any, ...]] = []) -> None:  # noqa: B006 - never changed
        self.reads.meanwhile = [lambda step=step: self.step(step) for step in meanwhile]  # type: ignore[misc]
        looks_at = self.heard_state
        answer = self.worker.ask(self.keeper.answer, name)
        self.reads.meanwhile = []
        if answer is None or meanwhile:
            return
        if self.world.is_up:
            return  # ``check`` looks after the next look at the feed
        if looks_at is not None and self.keeper.is_sure:
            assert edition_of(answer) == looks_at.get(name)

    def change(self, name: str, gone: bool) -> None:
        if self.world.is_up:
            self.world.change(name, gone=gone)

    def burst(self, name: str) -> None:
        """More changes than the feed keeps."""
        for each in (name, "key:d", "key:d", "key:d"):
            self.change(each, gone=each == name)

    def fork(self, name: str) -> None:
        """The last change is lost, and another one has its number."""
        self.lose(1)
        self.change(name, gone=True)

    def away(self) -> None:
        self.world.is_up, self.facts.store = False, "away"

    def back(self) -> None:
        self.world.is_up, self.facts.store = True, "up"

    def lose(self, number: int) -> None:
        self.world.lose(number)

    def renew(self) -> None:
        for name in self.keeper.cache.some_suspects(2):
            try:
                self.keeper.renew(name)
            except StoreError:
                return

    def write(self) -> None:
        self.disk.step()

    def snapshot(self) -> None:
        self.now += 100
        self.disk.step()

    def crash(self) -> None:
        self.begin()

    def stop(self) -> None:
        self.disk.step(last=True)
        self.begin()

    def step(self, step: tuple[Any, ...]) -> None:
        getattr(self, step[0])(*step[1:])

    def check(self) -> None:
        """After a look at the feed."""
        if not self.world.is_up:
            return
        self.look()
        now, cache = self.world.now, self.keeper.cache
        believed = {name: known for name, known in named(rows_of(cache)).items() if not cache.suspect(name)}
        assert believed == {name: now.get(name) for name in believed}
        while cache.suspects:
            self.renew()
        for name in {*OWNERS, "key:d"} - set(self.worker.kept):
            self.worker.ask(self.keeper.answer, name)
        kept = {name: edition for name, (edition, _) in self.worker.kept.items()}
        assert kept == {name: now.get(name) for name in (*OWNERS, "key:d")}


NAMES = st.sampled_from(["key:a", "key:b", "key:c", "opaque:t", "key:d"])
CHANGED = st.sampled_from(["key:a", "key:c", "opaque:t", "consumer:x", "consumer:y", "client:c", "key:d"])
PLAIN = st.one_of(
    st.tuples(st.just("change"), CHANGED, st.booleans()),
    st.just(("look",)),
    st.tuples(st.just("burst"), CHANGED),
    st.tuples(st.just("fork"), CHANGED),
    st.just(("away",)),
    st.just(("back",)),
    st.tuples(st.just("lose"), st.integers(1, 3)),
)
STEPS = st.one_of(
    PLAIN,
    st.tuples(st.just("ask"), NAMES),
    st.tuples(st.just("ask"), NAMES, st.lists(PLAIN, max_size=4)),
    st.just(("renew",)),
    st.just(("check",)),
    st.just(("write",)),
    st.just(("snapshot",)),
    st.just(("crash",)),
    st.just(("stop",)),
)


@pytest.fixture(scope="module", autouse=True)
def quick_disk() -> Any:
    """Files without waiting for the disk: what a crash of the machine costs is not tried here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk_module.os, "fsync", lambda _descriptor: None)
        yield


@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, max_size=30))
@example([("ask", "key:d", [("change", "key:d", False), ("look",)]), ("check",)])
@example(
    [("change", "key:a", True), ("look",), ("write",), ("away",), ("crash",), ("ask", "key:a"), ("back",)]
)
@example([("fork", "key:b"), ("look",), ("away",), ("ask", "key:b"), ("back",), ("renew",)])
@example([("fork", "key:b"), ("stop",), ("check",)])
@example([("burst", "key:c"), ("look",), ("write",), ("crash",)])
def test_what_is_believed_is_true(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        machine = Machine(Path(directory))
        for step in steps:
            machine.step(step)
        machine.back()
        machine.check()


@settings(max_examples=50, deadline=None)
@given(st.lists(STEPS, max_size=15), st.sampled_from(list(OWNERS)))
def test_what_was_revoked_never_comes_back_from_the_disk(steps: list[tuple[Any, ...]], name: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        machine = Machine(Path(directory))
        for step in [("look",), ("ask", name), ("snapshot",), *steps]:
            machine.step(step)
        machine.back()
        machine.look()
        machine.change(name, gone=True)
        machine.look()
        machine.write()
        machine.away()
        machine.crash()
        answer = machine.keeper.answer(1, dict(zip(("kind", "id"), name.split(":"), strict=True)))
        assert answer is None
