"""How busy this node is: requests, connections and CPU, as differences between two looks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Load(NamedTuple):
    """Of a node."""

    requests_per_s: float = 0.0
    connections: int = 0
    cores: float = 0.0
    """Seconds of CPU in a second; 0 where the system does not say."""


class LoadMeter:
    """``pids``: the processes that count. ``requests`` only grows."""

    def __init__(
        self,
        requests: Callable[[], float],
        connections: Callable[[], float],
        pids: Callable[[], Iterable[int]],
        clock: Callable[[], float] = time.monotonic,
        cpu_s: Callable[[int], float | None] | None = None,
    ) -> None:
        self._requests, self._connections, self._pids, self._clock = requests, connections, pids, clock
        self._cpu_s = cpu_s or cpu_seconds
        self._at, self._before = clock(), requests()
        self._cpu: dict[int, float] = {}

    def take(self) -> Load:
        """Since the last call."""
        now, requests = self._clock(), self._requests()
        passed_s = max(now - self._at, 0.001)
        rate = max(0.0, requests - self._before) / passed_s
        cpu = {pid: used for pid in self._pids() if (used := self._cpu_s(pid)) is not None}
        used_s = sum(max(0.0, used - self._cpu[pid]) for pid, used in cpu.items() if pid in self._cpu)
        self._at, self._before, self._cpu = now, requests, cpu
        return Load(round(rate, 1), int(self._connections()), round(used_s / passed_s, 2))


def cpu_seconds(pid: int) -> float | None:
    """That a process has used; None if it is gone or the system does not say (proc(5), ``stat``)."""
    try:
        fields = (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
