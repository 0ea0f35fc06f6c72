"""A cluster that hides failures: a real store, two nodes of two workers, and a service that fails at will."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.support.servers import RunningServer, server_folder, start_server
from tests.support.wait import wait_until
from tests.support.weir_edge import WeirEdge

NODES, WORKERS = 2, 2
PATIENCE_S = 20.0
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ILL = b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"


class Service:
    """Some targets in a thread; a share of all answers is 502, and a target can go away."""

    def __init__(self, targets: int, ill: float, seed: int = 1) -> None:
        self.ill = ill
        self.arrivals = 0
        self.ports: list[int] = []
        self._random = Random(seed)
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._open: list[set[asyncio.Transport]] = [set() for _ in range(targets)]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        for number in range(targets):
            asyncio.run_coroutine_threadsafe(self._listen(number), self._loop).result()

    def go_away(self, number: int) -> None:
        """From now on connections to this target are refused, and those that it has are closed."""

        def away() -> None:
            self._servers[number].close()
            for transport in list(self._open[number]):
                transport.close()

        self._loop.call_soon_threadsafe(away)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for server in self._servers:
            server.close()
        self._loop.close()

    def answer(self) -> bytes:
        self.arrivals += 1
        return ILL if self._random.random() < self.ill else GOOD

    async def _listen(self, number: int) -> None:
        server = await self._loop.create_server(lambda: Answering(self, self._open[number]), "127.0.0.1", 0)
        self._servers.append(server)
        self.ports.append(server.sockets[0].getsockname()[1])


class Answering(asyncio.Protocol):
    """One connection; requests have no bodies."""

    def __init__(self, service: Service, known: set[asyncio.Transport]) -> None:
        self._service = service
        self._known = known
        self._got = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._known.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._known.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._got += data
        while b"\r\n\r\n" in self._got:
            _, _, self._got = self._got.partition(b"\r\n\r\n")
            self._transport.write(self._service.answer())


class Asked(NamedTuple):
    """One request as the nodes' logs have it."""

    at: float
    """Wall seconds of its beginning."""
    status: int
    attempts: int
    whys: tuple[str, ...]
    """What became of each attempt that might have been repeated."""


class Seen(NamedTuple):
    """Of some requests."""

    requests: int
    success: float
    amplification: float
    whys: Counter[str]


def seen(asked: list[Asked]) -> Seen:
    good = sum(each.status == 200 for each in asked)
    return Seen(
        len(asked),
        good / len(asked),
        sum(each.attempts for each in asked) / len(asked),
        Counter(why for each in asked for why in each.whys if why),
    )


class Cluster:
    """The nodes and their service."""

    def __init__(self, folder: Path, store: RunningServer, service: Service, clauses: str) -> None:
        self.service = service
        self._folder = folder
        targets = "; ".join(f"target http://127.0.0.1:{port}" for port in service.ports)
        rules = folder / "gateway.weir"
        rules.write_text(f"upstream u {{ {targets}; {clauses} }}\nrule a {{ when any; proxy u }}\n")
        self._edges = [
            WeirEdge(
                folder / f"n{number}", "--redis", store.url, "--node", f"n{number}", "--config", str(rules),
                "--access-log", str(folder / f"n{number}.log"), "--workers", str(WORKERS),
                "--max-nodes", str(NODES),
            )
            for number in range(NODES)
        ]  # fmt: skip

    def wait_ready(self) -> None:
        for edge in self._edges:
            edge.wait_ready()
            wait_until(lambda edge=edge: edge.get("/")[0] in (200, 502), within_s=60, what="the rules")  # type: ignore[misc]

    def stop(self) -> None:
        for edge in self._edges:
            edge.stop()

    def state(self) -> str:
        """Of the budget, as each node sees it."""
        states = []
        for edge in self._edges:
            found = json.loads(edge.get("/budgets", "status")[1])["budgets"]
            states.append(found[0]["state"] if found else "none")
        return ", ".join(states)

    def metrics(self, begins: str) -> list[str]:
        """Lines of all nodes that begin so."""
        return [
            line
            for edge in self._edges
            for line in edge.get("/metrics", "status")[1].splitlines()
            if line.startswith(begins)
        ]

    def leave_quarantine(self) -> float:
        """Seconds that it took until both nodes had heard that units are granted."""
        began = time.monotonic()

        def left() -> bool:
            for edge in self._edges:
                edge.get("/")
            return self.state() == ", ".join(["ok"] * NODES)

        wait_until(left, within_s=60, what="the end of the first window")
        return time.monotonic() - began

    def load(self, rate: float, seconds: float, seed: int = 1) -> Loading:
        """Requests at the times of a Poisson process, from another process."""
        order = {
            "ports": [int(edge.wait_ready()["edge"][0].rpartition(":")[2]) for edge in self._edges],
            "rate": rate, "seed": seed, "begin": time.monotonic() + 0.5, "seconds": seconds,
            "patience": PATIENCE_S,
        }  # fmt: skip
        return Loading(self._folder / f"load-{seed}.json", order)

    def asked(self, since: float, count: int) -> list[Asked]:
        """What the logs have since then, as soon as it is ``count`` requests; by their beginning."""

        def read() -> list[Asked]:
            found = [
                one
                for number in range(NODES)
                for line in (self._folder / f"n{number}.log").read_text().splitlines()
                if (one := _asked(json.loads(line))).at >= since
            ]
            return sorted(found) if len(found) >= count else []

        return wait_until(read, what=f"{count} lines in the logs")


class Loading:
    """``done`` waits until everything was answered."""

    def __init__(self, record: Path, order: dict[str, Any]) -> None:
        self._record = record
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.avalanche.load", str(record)], stdin=subprocess.PIPE
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode())
        self._process.stdin.close()

    def done(self) -> list[int]:
        """Statuses as the clients got them, 0 for none."""
        assert self._process.wait(120) == 0
        return [status for _, _, status, _ in json.loads(self._record.read_text())]


@contextmanager
def cluster(clauses: str, *, targets: int, ill: float) -> Iterator[Cluster]:
    """``clauses`` of the upstream."""
    with server_folder() as folder:
        store, service = start_server(folder / "store"), Service(targets, ill)
        made = Cluster(folder, store, service, clauses)
        try:
            made.wait_ready()
            yield made
        finally:
            made.stop()
            service.stop()
            store.stop()


def _asked(line: dict[str, Any]) -> Asked:
    ended = datetime.fromisoformat(line["time"]).timestamp()
    attempts = line.get("attempts", [])
    whys = [attempt.get("retry", "") for attempt in attempts]
    detail = str(line.get("detail", ""))
    if detail.startswith("not retried: "):
        whys.append(detail.removeprefix("not retried: "))
    return Asked(ended - line["duration_ms"] / 1000, line["status"], len(attempts), tuple(whys))
