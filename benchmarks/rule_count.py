"""What a request costs with few rules and with many. ``python benchmarks/rule_count.py``

The promise: with 10 000 rules at most 1.2 times the processor time of a request with 10.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.side_by_side.gateways import service, weir
from benchmarks.side_by_side.report import print_ratio, print_table, ratios
from benchmarks.side_by_side.rounds import CONNECTIONS, alternate, missing_parts

COUNTS = (10, 10_000, 100_000)


def main() -> int:
    options = _options()
    if missing := missing_parts():
        print(f"benchmarks/rule_count.py needs {', '.join(missing)}", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-bench-")))
        behind = stack.enter_context(service(folder / "service"))
        gateways = [
            stack.enter_context(weir(folder / str(count), behind, count, name=f"{count} rules"))
            for count in options.counts
        ]
        found = alternate(gateways, options.rounds, options.seconds)
    print(f"{options.rounds} rounds of {options.seconds} s, {CONNECTIONS} connections; medians")
    print_table([gateway.name for gateway in gateways], found)
    for gateway, rounds in zip(gateways[1:], found[1:], strict=True):
        what = f"{gateway.name} / {gateways[0].name}, CPU per request"
        print_ratio(what, ratios(rounds, found[0], lambda one: one.cpu_us))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The cost of a request by the number of rules.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each round")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
