"""A cluster that only limits: a real store, real node agents, workers without HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.node_agent import AgentProcess
from tests.support.servers import RunningServer, server_folder, start_server
from tests.support.wait import wait_until


class Outcome(NamedTuple):
    """Of one worker."""

    stamps: list[float]
    """Clock of each decision that allowed."""
    keys: list[str]
    refused: int
    slowest_s: float


class WorkerProcess:
    """``benchmarks.limiter_worker``, with the job that it does when it is told to go."""

    def __init__(self, link: Path) -> None:
        self.job: list[Any] = []
        self._is_ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.limiter_worker", str(link)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_ready(self) -> None:
        assert self._process.stdout is not None
        if not self._is_ready:
            assert self._process.stdout.readline() == "ready\n"
        self._is_ready = True

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(self.job) + "\n")
        self._process.stdin.flush()

    def outcome(self) -> Outcome:
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        stamps = [stamp for stamp, _ in said["allowed"]]
        return Outcome(stamps, [key for _, key in said["allowed"]], said["refused"], said["slowest_s"])

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


class Rig:
    """``nodes`` agents with ``workers`` each."""

    def __init__(self, folder: Path, nodes: int, *flags: str) -> None:
        self.store: RunningServer = start_server(folder / "store")
        self.agents = [
            AgentProcess(folder / f"n{number}", self.store.url, "--node", f"n{number}", *flags).start()
            for number in range(nodes)
        ]
        self._running: list[list[WorkerProcess]] = [[] for _ in self.agents]

    def know_each_other(self) -> None:
        """Until every agent knows how many nodes live."""
        count = float(len(self.agents))
        for agent in self.agents:
            wait_until(lambda agent=agent: agent.metric("weir_limit_nodes") == count, what="all nodes")

    def workers(
        self, clause: str, *, each: int, per_second: float, seconds: float, greenlets: int = 20, keys: int = 1
    ) -> list[WorkerProcess]:
        """Ready for this job, on every node; ``per_second`` is of one worker. They may do one after the other."""
        for agent, running in zip(self.agents, self._running, strict=True):
            running += [WorkerProcess(agent.link) for _ in range(each - len(running))]
        chosen = [worker for running in self._running for worker in running[:each]]
        for worker in chosen:
            worker.wait_ready()
            worker.job = [clause, per_second, seconds, greenlets, keys]
        return chosen

    def commands(self) -> int:
        """Scripts that the store has run."""
        stats = self.store.admin().info("commandstats")
        return int(stats.get("cmdstat_evalsha", {}).get("calls", 0))

    def stop(self) -> None:
        for running in self._running:
            for worker in running:
                worker.stop()
        for agent in self.agents:
            agent.stop()
        self.store.stop()


@contextmanager
def limit_rig(nodes: int, *flags: str) -> Iterator[Rig]:
    with server_folder() as folder:
        rig = Rig(folder, nodes, *flags)
        try:
            yield rig
        finally:
            rig.stop()


def run(workers: Sequence[WorkerProcess]) -> list[Outcome]:
    """All at once, until all are done."""
    for worker in workers:
        worker.go()
    return [worker.outcome() for worker in workers]


def busiest(stamps: Sequence[float], window_s: float) -> int:
    """The most stamps that any window of that length holds."""
    ordered = sorted(stamps)
    return max(
        (bisect_right(ordered, start + window_s) - place for place, start in enumerate(ordered)), default=0
    )
