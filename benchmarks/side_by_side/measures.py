"""One round of each kind of load through one gateway: what came out, and what the gateway spent on it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from benchmarks.side_by_side import wrk
from benchmarks.side_by_side.cost import cpu_s, pss_mib, rss_mib
from benchmarks.side_by_side.latency import summary_ms
from benchmarks.side_by_side.process import OTHER_CORE, ROOT, Failed, Gateway
from benchmarks.side_by_side.store import Store, script_calls

CONNECTIONS = 32
Figures = dict[str, float]
"""Of one round, by name; the unit is in the name, per_second is of whole requests or messages."""


class Options(NamedTuple):
    rounds: int = 5
    seconds: int = 4
    """Of one round."""
    idle: int = 1_000
    published: int = 10_000
    rate: int = 1_000
    """Requests per second while something is published."""


Measure = Callable[[Gateway, Options], Figures]


def closed_loop(path: str = "/", connections: int = CONNECTIONS, *more: str) -> Measure:
    """wrk, as fast as it goes; ``more`` are further options of wrk."""

    def measure(gateway: Gateway, options: Options) -> Figures:
        return _loaded(gateway, options, path, connections, *more)[1]

    return measure


def _loaded(
    gateway: Gateway, options: Options, path: str, connections: int, *more: str
) -> tuple[float, Figures]:
    """How many requests were answered, and the figures."""
    before = cpu_s(gateway.pid)
    said = wrk.run(gateway.port, path, options.seconds, connections, *more)
    spent = cpu_s(gateway.pid) - before
    figures = {name: value for name, value in said._asdict().items() if name != "requests"}
    return said.requests, figures | {"cpu_us": spent / said.requests * 1e6} | memory(gateway)


def limited(store: Store, counting: Collection[str]) -> Measure:
    """The small request, and what the store is asked for it. Who is ``counting`` must have asked."""

    def measure(gateway: Gateway, options: Options) -> Figures:
        cpu, calls = cpu_s(store.pid), script_calls(store)
        requests, figures = _loaded(gateway, options, "/", CONNECTIONS)
        cpu, calls = cpu_s(store.pid) - cpu, script_calls(store) - calls
        if gateway.name in counting and not calls:
            raise Failed("it let requests through and did not count them in Redis")
        return {**figures, "store_us": cpu / requests * 1e6, "store_calls": calls / requests}

    return measure


def varied() -> Measure:
    """The small request with another path each time."""
    return closed_loop("/", CONNECTIONS, "-s", str(ROOT / "benchmarks" / "side_by_side" / "varied.lua"))


def upload(path: str, size: int, connections: int) -> Measure:
    """wrk posts ``size`` bytes each time."""
    script = ROOT / "benchmarks" / "side_by_side" / "post.lua"

    def measure(gateway: Gateway, options: Options) -> Figures:
        figures = closed_loop(path, connections, "-s", str(script), "--", str(size))(gateway, options)
        return {**figures, "mib_per_second": figures["per_second"] * size / 2**20}

    return measure


def at_rate(gateway: Gateway, rate: float, seconds: int) -> Figures:
    """A fixed number of requests per second; latencies count from when each was due."""
    before = cpu_s(gateway.pid)
    with program("open_load", gateway.port, rate, seconds, CONNECTIONS) as load:
        said = json.loads(finished(load))
    spent = cpu_s(gateway.pid) - before
    if said["failed"]:
        raise Failed(f"{len(said['failed'])} requests failed, the first: {said['failed'][0][1]}")
    return {"rate": rate, "cpu_us": spent / len(said["due"]) * 1e6, **summary_ms(said["latency"])}


def websocket(gateway: Gateway, options: Options) -> Figures:
    before = cpu_s(gateway.pid)
    with program("echo_load", gateway.port, options.seconds, CONNECTIONS) as load:
        said: dict[str, float] = json.loads(finished(load))
    spent = cpu_s(gateway.pid) - before
    return said | {"cpu_us": spent / said["messages"] * 1e6} | memory(gateway)


def idle() -> Measure:
    """The small request while many connections are open; memory is compared with the first time without them."""
    without: dict[int, float] = {}
    small = closed_loop()

    def measure(gateway: Gateway, options: Options) -> Figures:
        if gateway.pid not in without:
            small(gateway, options._replace(seconds=1))
            without[gateway.pid] = pss_mib(gateway.pid)
        with program("idle_load", gateway.port, options.idle) as held:
            _expect(held, "open")
            each = (pss_mib(gateway.pid) - without[gateway.pid]) * 1024 / options.idle
            figures = {**small(gateway, options), "idle_kib": each}
            still_open = int(finished(held, stop=True))
        if still_open < options.idle:
            raise Failed(f"of {options.idle} idle connections {options.idle - still_open} were closed")
        return figures

    return measure


def memory(gateway: Gateway) -> Figures:
    return {"rss_mib": rss_mib(gateway.pid), "pss_mib": pss_mib(gateway.pid)}


@contextmanager
def program(module: str, *arguments: Any) -> Iterator[subprocess.Popen[str]]:
    """One of the programs of this folder, on the core that is not the gateway's."""
    command = ["taskset", "-c", OTHER_CORE, sys.executable, "-m", f"benchmarks.side_by_side.{module}"]
    with subprocess.Popen(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def finished(process: subprocess.Popen[str], *, stop: bool = False) -> str:
    """What it printed; ``stop`` tells it by the end of its standard input that it is enough. Raises Failed."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    if stop:
        process.stdin.close()
    output, errors = process.stdout.read(), process.stderr.read()
    if process.wait():
        raise Failed(errors.strip().splitlines()[-1] if errors.strip() else "the load generator failed")
    return output


def _expect(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    if process.stdout.readline().strip() != word:
        finished(process)
        raise Failed(f"the load generator did not say {word!r}")
