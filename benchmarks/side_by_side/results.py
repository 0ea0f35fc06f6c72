"""A whole run as one JSON file: every round, and what is made of them."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.side_by_side.gateways.known import BASELINE
from benchmarks.side_by_side.measures import Figures
from benchmarks.side_by_side.report import Ratio, all_ratios, medians
from benchmarks.side_by_side.rounds import Failures, Rounds
from benchmarks.side_by_side.scenarios import Scenario
from benchmarks.side_by_side.targets import Check, check


class Measured(msgspec.Struct):
    """One scenario, by gateway."""

    title: str
    columns: tuple[str, ...]
    rounds: dict[str, list[Figures]]
    medians: dict[str, dict[str, float]]
    ratios: dict[str, dict[str, Ratio]]
    """To nginx."""
    failed: dict[str, str]


class Results(msgspec.Struct):
    made: str
    machine: dict[str, str]
    versions: dict[str, str]
    left_out: dict[str, str]
    options: dict[str, int]
    scenarios: dict[str, Measured] = {}
    checks: list[Check] = []

    def checked(self) -> list[Check]:
        return check({name: measured.rounds for name, measured in self.scenarios.items()})


def measured(scenario: Scenario, found: Rounds, failed: Failures) -> Measured:
    return Measured(
        title=scenario.title,
        columns=scenario.columns,
        rounds=found,
        medians={name: medians(rounds) for name, rounds in found.items()},
        ratios=all_ratios(found, BASELINE),
        failed=failed,
    )


def write(path: Path, results: Results) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def read(path: Path) -> Results:
    """Raises msgspec.DecodeError for what is no such file."""
    return msgspec.json.decode(path.read_bytes(), type=Results)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def machine() -> dict[str, str]:
    """What a reader must know to compare; nothing that says whose it is."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )
    return {
        "cpu": model,
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
    }
