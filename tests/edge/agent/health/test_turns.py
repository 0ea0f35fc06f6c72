"""Who probes: with the lease, without it, and without a store; and real processes on a real store."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.agent.health.check import Check
from edge.agent.health.knowledge import Knowledge
from edge.agent.health.probe import Outcome
from edge.agent.health.turns import Turns, is_ours, pause_s
from tests.support.servers import server_folder, start_server
from tests.support.wait import wait_until
from weir.store.connect import connect
from weir.store.errors import StoreAway
from weir.store.health import HealthCalls, Lease, Result, read_view
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall

CHECK = Check("file/u", "http://a:1", "GET", "/", 5000, 1000, (), "")
MINE, THEIRS = Lease(True, 7500, ""), Lease(False, 3000, "n2")


@pytest.mark.parametrize(
    ("lease", "silent_s", "ours"),
    [(MINE, 0.0, True), (THEIRS, 15.0, False), (THEIRS, 15.1, True), (None, 15.0, False), (None, 15.1, True)],
)
def test_who_holds_the_lease_probes_and_everybody_after_three_silent_intervals(
    lease: Lease | None, silent_s: float, ours: bool
) -> None:
    assert is_ours(lease, silent_s, 5.0) is ours


@pytest.mark.parametrize(
    ("lease", "took_s", "chance", "pause"),
    [
        (MINE, 0.4, 0.9, 4.6),
        (MINE, 6.0, 0.9, 0.0),
        (None, 0.0, 0.9, 5.0),
        (THEIRS, 0.0, 0.0, 3.0),
        (THEIRS, 0.0, 1.0, 3.5),
        (Lease(False, 7500, "n2"), 0.0, 1.0, 5.0),
    ],
)
def test_pauses(lease: Lease | None, took_s: float, chance: float, pause: float) -> None:
    assert pause_s(lease, took_s, CHECK, chance) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("lease", "pause"), [(MINE, 0.1), (None, 0.1), (THEIRS, 1.0), (Lease(False, 500, "n2"), 0.6)]
)
def test_of_a_check_that_is_quicker_than_news_only_the_prober_is_quick(
    lease: Lease | None, pause: float
) -> None:
    assert pause_s(lease, 0.0, CHECK._replace(every_ms=100), 1.0) == pytest.approx(pause)


class ScriptedPipe:
    """Answers with what it is told; None is a store that is away."""

    def __init__(self) -> None:
        self.lease: Any = [1, 7500, b"n1", 0, b""]
        self.published: Any = 1
        self.calls: list[str] = []

    def ask(self, call: ScriptCall) -> Any:
        self.calls.append(call.script.name)
        answer = self.lease if call.script.name == "health_lease" else self.published
        if answer is None:
            raise StoreAway("away", sent=False)
        return answer


class Node:
    """Turns with a clock of the test's."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pipe = ScriptedPipe()
        self.probes = 0
        self.passes = False
        self.known = Knowledge(lambda: self.now, lambda _upstream, _outcome: None)
        self.known.watch([CHECK])
        self.turns = Turns(
            CHECK, HealthCalls(Keys("test"), "n1"), self.pipe, self.known, self.probe, clock=lambda: self.now
        )

    def probe(self, check: Check) -> Outcome:
        assert check is CHECK
        self.probes += 1
        return Outcome(self.passes, "passed" if self.passes else "status")


def test_the_holder_probes_and_publishes() -> None:
    node = Node()
    assert node.turns.step() == 5.0
    assert node.pipe.calls == ["health_lease", "health_result"]
    assert node.known.last(CHECK.id) is not None
    assert node.known.heard_at(CHECK.id) == node.now
    assert node.turns.holder == "n1"


def test_a_verdict_outlives_its_prober() -> None:
    node = Node()
    failing = Result(False, 0, "status", "503", "n2")
    node.pipe.lease = [1, 7500, b"n1", 4000, msgspec.msgpack.encode(failing)]
    node.passes = True
    node.turns.step()
    assert node.known.last(CHECK.id) == Result(False, 1, "passed", "", "n1")
    assert node.known.news()["failing"] == [["file", "u", "http://a:1", 1016.0]]


def test_a_verdict_that_was_over_when_the_lease_came_does_not_count() -> None:
    node = Node()
    failing = Result(False, 0, "status", "503", "n2")
    node.pipe.lease = [1, 7500, b"n1", 16_000, msgspec.msgpack.encode(failing)]
    node.turns.step()
    assert node.known.last(CHECK.id) == Result(True, 1, "status", "", "n1")


def test_others_do_not_probe() -> None:
    node = Node()
    node.pipe.lease = [0, 3000, b"n2"]
    assert 3.0 <= node.turns.step() <= 3.5
    assert (node.probes, node.turns.holder) == (0, "n2")


def test_without_a_store_each_node_probes_after_three_intervals_and_goes_on() -> None:
    node = Node()
    node.pipe.lease = None
    for _ in range(8):
        assert node.turns.step() == 5.0
        node.now += 5.0
    assert node.probes == 4
    found = node.known.last(CHECK.id)
    assert found is not None
    assert not found.healthy


def test_a_result_that_the_store_did_not_take_does_not_count_as_heard() -> None:
    node = Node()
    node.pipe.published = 0
    node.turns.step()
    assert node.known.heard_at(CHECK.id) == 0.0
    node.pipe.published = None
    node.turns.step()
    assert node.known.heard_at(CHECK.id) == 0.0
    assert node.probes == 2


@pytest.fixture
def store() -> Iterator[str]:
    with server_folder() as folder:
        server = start_server(folder)
        yield server.url
        server.stop()


class PlainPipe:
    """A store without the agent's pipe."""

    def __init__(self, url: str) -> None:
        self._client = connect(url)

    def ask(self, call: ScriptCall) -> Any:
        (reply,) = self._client.pipeline([call])
        if isinstance(reply, Exception):
            raise reply
        return reply


def _node(url: str, node: str, every_ms: int, log: str) -> None:
    """One node whose probes are lines in a file."""
    check, pipe, calls = CHECK._replace(every_ms=every_ms), PlainPipe(url), HealthCalls(Keys("test"), node)
    known = Knowledge(time.monotonic, lambda _upstream, _outcome: None)
    known.watch([check])

    def probe(_check: Check) -> Outcome:
        with Path(log).open("a") as file:
            file.write(f"{node} {os.getpid()} {time.monotonic()}\n")
        return Outcome(True, "passed")

    turns, since = Turns(check, calls, pipe, known, probe), 0
    while True:
        until = time.monotonic() + turns.step()
        while (left := until - time.monotonic()) > 0:
            view = read_view(pipe.ask(calls.view(since)), since)
            since = view.since
            known.take(view)
            time.sleep(min(left, every_ms / 5000))


def test_of_racing_processes_exactly_one_probes_and_when_it_is_killed_another_one(
    store: str, tmp_path: Path
) -> None:
    spawning, every_s, log = multiprocessing.get_context("spawn"), 1.0, tmp_path / "probes"
    log.touch()
    processes = [
        spawning.Process(target=_node, args=(store, f"n{place}", int(every_s * 1000), str(log)), daemon=True)
        for place in range(4)
    ]

    def probes() -> list[tuple[str, int, float]]:
        lines = [line.split() for line in log.read_text().splitlines()]
        return [(node, int(pid), float(at)) for node, pid, at in lines]

    for process in processes:
        process.start()
    try:
        wait_until(lambda: len(probes()) >= 4, within_s=60, what="four probes")
        assert len({node for node, _, _ in probes()}) == 1
        node, pid, _ = probes()[-1]
        os.kill(pid, signal.SIGKILL)
        last = probes()[-1][2]
        wait_until(lambda: probes()[-1][0] != node, within_s=60, what="another prober")
        others = [(name, at) for name, _, at in probes() if name != node]
        assert others[0][1] - last <= 2 * every_s + 1.0  # a busy machine may run the follower late
        wait_until(lambda: len(probes()) >= 8, within_s=60, what="more probes")
        assert len({name for name, _, _ in probes()}) == 2
    finally:
        for process in processes:
            process.kill()
            process.join()
