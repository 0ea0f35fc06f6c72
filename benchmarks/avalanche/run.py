"""One real run: the processes, the load, the trigger at its time, and what they wrote down as one record."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.avalanche.gateways import ROOT, STOP_S, Gateways
from benchmarks.avalanche.record import Attempt, Record, Request
from benchmarks.avalanche.setting import Setting
from benchmarks.side_by_side.latency import percentile

PATIENCE_S = 10.0
"""Of a client; more than all attempts together take."""
OK = 200

StartGateways = Callable[[Sequence[int]], AbstractContextManager[Gateways]]
"""Given the upstream's ports."""


class Upstream(NamedTuple):
    process: subprocess.Popen[str]
    ports: list[int]
    path: Path

    def order(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def arrivals(self) -> list[tuple[float, int, int]]:
        """Ends it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(STOP_S)
        found: list[tuple[float, int, int]] = json.loads(self.path.read_text())
        return found


class Event(NamedTuple):
    """Something that happens in a run besides the trigger."""

    at: float
    do: Callable[[Gateways, Upstream], None]


def run(
    folder: Path,
    setting: Setting,
    seed: int,
    start: StartGateways,
    *,
    warm_up_s: float,
    events: Sequence[Event] = (),
) -> Record:
    """The load begins ``warm_up_s`` before the run does. Raises Failed."""
    folder.mkdir(parents=True)
    with upstream(folder, seed) as service, start(service.ports) as gateways:
        if setting.error_rate:
            service.order(f"errors {setting.error_rate}")
        begin = time.monotonic() + 1.0 + warm_up_s
        with load(folder, setting, seed, gateways, begin - warm_up_s, warm_up_s) as (process, path):
            _let_happen(begin, [*_trigger(setting), *events], gateways, service)
            process.wait(setting.duration_s + PATIENCE_S + 30)
        return _record(path, service.arrivals(), gateways, begin)


def _trigger(setting: Setting) -> list[Event]:
    if not setting.trigger_s:
        return []
    return [
        Event(setting.trigger_at, lambda _, service: service.order(f"speed {setting.trigger_speed}")),
        Event(setting.trigger_end, lambda _, service: service.order("speed 1")),
    ]


def _let_happen(begin: float, events: list[Event], gateways: Gateways, service: Upstream) -> None:
    for event in sorted(events, key=lambda event: event.at):
        time.sleep(max(0.0, begin + event.at - time.monotonic()))
        event.do(gateways, service)


@contextmanager
def upstream(folder: Path, seed: int) -> Iterator[Upstream]:
    path = folder / "arrivals.json"
    command = [sys.executable, "-m", "benchmarks.avalanche.upstream", str(seed), str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield Upstream(process, json.loads(process.stdout.readline()), path)
    finally:
        process.kill()
        process.wait()


@contextmanager
def load(
    folder: Path, setting: Setting, seed: int, gateways: Gateways, begin: float, warm_up_s: float
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    path = folder / "requests.json"
    order: dict[str, Any] = {
        "ports": gateways.ports,
        "rate": setting.rate,
        "seed": seed,
        "begin": begin,
        "seconds": warm_up_s + setting.duration_s,
        "patience": PATIENCE_S,
    }
    command = [sys.executable, "-m", "benchmarks.avalanche.load", str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(order))
        process.stdin.close()
        yield process, path
    finally:
        process.kill()
        process.wait()


def _record(
    path: Path, arrivals: Sequence[tuple[float, int, int]], gateways: Gateways, begin: float
) -> Record:
    """Without what belongs to the warm-up; but no grant is left out, since the cap holds always."""
    answered = json.loads(path.read_text())
    counted = sorted(each for each in answered if each[0] >= begin)
    requests = [Request(due - begin, took, status == OK) for due, took, status, _ in counted]
    late = sorted(sent_late for _, _, _, sent_late in counted)
    return Record(requests, attempts(arrivals, begin), gateways.granted(begin), percentile(late, 99.0))


def attempts(arrivals: Sequence[tuple[float, int, int]], begin: float) -> list[Attempt]:
    """A request whose number came before is a retry, whatever its header says."""
    seen: Counter[int] = Counter()
    found = []
    for at, number, _ in arrivals:
        seen[number] += 1
        if at >= begin:
            found.append(Attempt(at - begin, seen[number] > 1))
    return found
