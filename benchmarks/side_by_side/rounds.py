"""One round: wrk through one gateway for some seconds, and what the kernel says that the gateway spent."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.side_by_side.gateways import OTHER_CORE, Gateway

CONNECTIONS = 32


class Round(NamedTuple):
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """Processor time of the gateway's processes for one request."""


def missing_parts() -> list[str]:
    """Programs that the measurement needs and that are not installed."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    return [part for part in ("nginx", "wrk", "taskset") if not shutil.which(part, path=path)]


def alternate(gateways: Sequence[Gateway], count: int, seconds: int) -> list[list[Round]]:
    """``count`` rounds of each in turn; the result is by gateway."""
    found: list[list[Round]] = [[] for _ in gateways]
    for _ in range(count):
        for gateway, rounds in zip(gateways, found, strict=True):
            rounds.append(one_round(gateway, seconds))
    return found


def one_round(gateway: Gateway, seconds: int) -> Round:
    """Ends the program if any answer was not 200: then nothing was measured."""
    before = cpu_s(gateway.pid)
    command = ["taskset", "-c", OTHER_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    url = f"http://127.0.0.1:{gateway.port}/"
    said = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    spent = cpu_s(gateway.pid) - before
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{gateway.name} did not answer every request with 200:\n{said}")
    requests = _number(r"(\d+) requests in", said)
    per_second = _number(r"Requests/sec:\s+([\d.]+)", said)
    return Round(per_second, _latency_ms(said, 50), _latency_ms(said, 99), spent / requests * 1e6)


def cpu_s(pid: int) -> float:
    """Of a process and everything below it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_s(int(child)) for child in children)


def _number(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    if found is None:
        raise SystemExit(f"wrk said something unknown:\n{said}")
    return float(found[1])


def _latency_ms(said: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", said)
    if found is None:
        raise SystemExit(f"wrk said something unknown:\n{said}")
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
