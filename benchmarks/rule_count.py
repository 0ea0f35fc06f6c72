"""What a request costs with few rules and with many. ``python benchmarks/rule_count.py``

The promise: with 10 000 rules at most 1.2 times the processor time of a request with 10. ``--check`` exits 1 if not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.side_by_side.gateways import weir
from benchmarks.side_by_side.measures import CONNECTIONS, Options, closed_loop
from benchmarks.side_by_side.process import Failed
from benchmarks.side_by_side.report import aligned, medians, ratio_text, ratios, rows
from benchmarks.side_by_side.rounds import Failures, Rounds, alternate, made
from benchmarks.side_by_side.services import http_service
from benchmarks.side_by_side.work import Work

COUNTS = (10, 10_000, 100_000)
TARGET_COUNT, TARGET_RATIO = 10_000, 1.2


def main() -> int:
    arguments = _arguments()
    options = (
        Options(rounds=1, seconds=1) if arguments.quick else Options(arguments.rounds, arguments.seconds)
    )
    failures: Failures = {}
    try:
        found = measure(arguments.counts[:2] if arguments.quick else arguments.counts, options, failures)
    except Failed as error:
        print(f"weir failed: {error}", file=sys.stderr)
        return 1
    print(f"{options.rounds} rounds of {options.seconds} s, {CONNECTIONS} connections; medians")
    by_name = {name: medians(each) for name, each in found.items()}
    print(aligned(list(rows(by_name, ("per_second", "p50_ms", "p99_ms", "cpu_us", "rss_mib")))))
    is_met = _compare(found) and not failures
    return int(arguments.check and not is_met)


def measure(counts: list[int], options: Options, failures: Failures) -> Rounds:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-bench-")))
        port = stack.enter_context(http_service(made(folder / "service")))
        gateways = [
            stack.enter_context(
                weir.start(made(folder / str(count)), Work(port, count - 1), name=f"{count} rules")
            )
            for count in counts
        ]
        small = closed_loop()
        return alternate(gateways, options.rounds, lambda each: small(each, options), failures)


def _compare(found: Rounds) -> bool:
    """Whether the promise is kept."""
    if not found:
        return False
    (few, under), *others = found.items()
    worst = 0.0
    for name, over in others:
        ratio = ratios(over, under, "cpu_us")
        assert ratio is not None
        print(f"{name} / {few}, CPU per request: {ratio_text(ratio)}")
        if name == f"{TARGET_COUNT} rules":
            worst = ratio[1]
    return worst <= TARGET_RATIO


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The cost of a request by the number of rules.")
    parser.add_argument("--check", action="store_true", help="exit 1 when the promise is not kept")
    parser.add_argument("--quick", action="store_true", help="a smoke run: its figures say nothing")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each round")
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS))
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
