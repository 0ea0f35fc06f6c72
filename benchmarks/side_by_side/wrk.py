"""Runs wrk on the core that is not the gateway's, and reads what it says."""

from __future__ import annotations

import re
import subprocess
from typing import NamedTuple

from benchmarks.side_by_side.process import OTHER_CORE, Failed
from benchmarks.side_by_side.programs import find

UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
UNITS_MIB = {"B": 2**-20, "KB": 2**-10, "MB": 1.0, "GB": 1024.0}


class Said(NamedTuple):
    requests: float
    per_second: float
    mib_per_second: float
    p50_ms: float
    p99_ms: float


def run(port: int, path: str, seconds: int, connections: int, *more: str) -> Said:
    """Closed loop: each connection asks again as soon as it has its answer. Raises Failed."""
    command = [
        "taskset",
        "-c",
        OTHER_CORE,
        find("wrk"),
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
    ]
    url = f"http://127.0.0.1:{port}{path}"
    done = subprocess.run(
        [*command, "--timeout", "30s", url, *more], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"wrk ended with {done.returncode}: {done.stderr.strip()}")
    return read(done.stdout)


def read(text: str) -> Said:
    """Raises Failed if any answer was not 2xx or a connection broke: then nothing was measured."""
    for complaint in ("Non-2xx", "Socket errors"):
        if found := re.search(rf"{complaint}.*", text):
            raise Failed(f"wrk says: {found[0]}")
    return Said(
        float(_found(r"(\d+) requests in", text)[1]),
        float(_found(r"Requests/sec:\s+([\d.]+)", text)[1]),
        _amount(_found(r"Transfer/sec:\s+([\d.]+)(GB|MB|KB|B)", text), UNITS_MIB),
        _amount(_found(r"50%\s+([\d.]+)(us|ms|s|m)", text), UNITS_S) * 1e3,
        _amount(_found(r"99%\s+([\d.]+)(us|ms|s|m)", text), UNITS_S) * 1e3,
    )


def _amount(found: re.Match[str], units: dict[str, float]) -> float:
    return float(found[1]) * units[found[2]]


def _found(pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text)
    if found is None:
        raise Failed(f"wrk said something unknown: {text.strip()}")
    return found
