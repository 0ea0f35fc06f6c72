"""Weir beside nginx: the same small keep-alive request through both. ``python benchmarks/proxy.py``"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.side_by_side.gateways import nginx, service, weir
from benchmarks.side_by_side.report import print_ratio, print_table, ratios
from benchmarks.side_by_side.rounds import CONNECTIONS, alternate, missing_parts


def main() -> int:
    options = _options()
    if missing := missing_parts():
        print(f"benchmarks/proxy.py needs {', '.join(missing)}", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-bench-")))
        behind = stack.enter_context(service(folder / "service"))
        theirs = stack.enter_context(nginx(folder / "nginx", behind))
        ours = stack.enter_context(weir(folder / "weir", behind, options.rules))
        found = alternate([theirs, ours], options.rounds, options.seconds)
    print(
        f"{options.rounds} rounds of {options.seconds} s, {CONNECTIONS} connections, {options.rules} rules; medians"
    )
    print_table(["nginx", "weir"], found)
    print_ratio("weir / nginx, requests per second", ratios(found[1], found[0], lambda one: one.per_second))
    print_ratio("weir / nginx, CPU per request", ratios(found[1], found[0], lambda one: one.cpu_us))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Throughput and latency beside nginx.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each round")
    parser.add_argument("--rules", type=int, default=1000, help="how many rules Weir has")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
