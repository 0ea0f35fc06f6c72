"""What a change of one rule costs in a large configuration. ``python benchmarks/publish_one.py [--check] [--quick]``

Prints milliseconds of processor time for a rules file of 10 000 and 100 000 rules: in the node agent from bytes to
chunks that can be published, at first and after the change; and in a worker from the files of the version to what it
serves. ``--check`` exits 1 if with 10 000 rules the changed rule costs the agent more than 500 ms or a worker more
than 20 ms; ``--quick`` leaves out 100 000.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edge.agent.rules_reader import RulesReader
from edge.versions.pace import Pace
from edge.versions.snapshot import Snapshot, build
from tests.support.in_process import InProcess
from tests.support.versions import write_version

SIZES = (10_000, 100_000)
CHANGES = 5
"""Edits, each of one rule; what is printed is the middle one."""
AGENT_MS, WORKER_MS = 500.0, 20.0
SHARED = """\
upstream u0 { target http://127.0.0.1:1 }
upstream u1 { target http://127.0.0.1:2 }
define internal = ip in ["10.0.0.0/8"]
limit gold { 100 per 1s by ip }
"""

Result = TypeVar("Result")


class Costs(NamedTuple):
    """Milliseconds of processor time."""

    first: float
    change: float


def rules(size: int, changes: int) -> str:
    """In the last ``changes`` of the rules somebody has changed the timeout."""
    return SHARED + "".join(
        f'rule r{number} {{\n  when host == "h{number // 10}.example.com" and path under "/s{number % 10}"\n'
        f"  proxy u{number % 2}\n  timeout try {5 if number < size - changes else 6}s\n}}\n"
        for number in range(size)
    )


def timed(act: Callable[[], Result]) -> tuple[Result, float]:
    began = time.process_time()
    result = act()
    return result, (time.process_time() - began) * 1000


def agent(size: int) -> Costs:
    reader = RulesReader()
    contents = [rules(size, changes).encode() for changes in range(CHANGES + 1)]
    first, *others = [timed(lambda content=content: reader.read(content))[1] for content in contents]  # type: ignore[misc]  # bound at once
    return Costs(first, sorted(others)[CHANGES // 2])


def worker(size: int) -> Costs:
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as directory:
        edge = InProcess(Path(directory), "")
        first, *others = [_applied(edge, rules(size, changes), changes + 2) for changes in range(CHANGES + 1)]
    return Costs(first, sorted(others)[CHANGES // 2])


def _applied(edge: InProcess, text: str, number: int) -> float:
    write_version(edge.files, text, number)
    gc.collect()
    gc.disable()  # as the loader does
    pace = Pace(rest=lambda _: None)
    draft = edge.upstreams.draft()

    def apply() -> Snapshot:
        snapshot = build(edge.parts(), draft, edge.engine.snapshot, pace, edge.engine.limiter)
        edge.upstreams.take(draft)
        return snapshot

    snapshot, took_ms = timed(apply)
    gc.enable()
    gc.freeze()
    edge.engine.snapshot = snapshot
    return took_ms


def main() -> int:
    is_met = True
    for size in SIZES[:1] if "--quick" in sys.argv else SIZES:
        for name, costs, most in (("agent", agent(size), AGENT_MS), ("worker", worker(size), WORKER_MS)):
            print(
                f"{size:7} rules  {name:6}  first {costs.first:9.1f} ms   one rule changed {costs.change:7.1f} ms"
            )
            is_met &= size != SIZES[0] or costs.change <= most
    return int("--check" in sys.argv and not is_met)


if __name__ == "__main__":
    raise SystemExit(main())
