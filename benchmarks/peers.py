"""Weir beside nginx, HAProxy, Caddy, Traefik and Envoy. ``make bench``, or ``python benchmarks/peers.py --quick``

What is not installed is named and left out. ``--check`` exits 1 when a target is missed. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.side_by_side import results, rounds, targets
from benchmarks.side_by_side.gateways.known import BASELINE, KNOWN, OURS, installed
from benchmarks.side_by_side.measures import Options
from benchmarks.side_by_side.programs import NotInstalled, find
from benchmarks.side_by_side.report import aligned, ratio_rows, rows
from benchmarks.side_by_side.scenarios import SCENARIOS, Scenario

QUICK = Options(rounds=1, seconds=1, idle=100, published=1_000, rate=500)
FILES = 16_384
"""Open files that idle connections and their gateways want."""


def main() -> int:
    arguments = _arguments()
    if missing := _missing():
        print(f"benchmarks/peers.py needs {', '.join(missing)}", file=sys.stderr)
        return 2
    _raise_limit()
    versions, left_out = installed()
    _say_who(versions, left_out)
    options = _options(arguments)
    names = [name for name in versions if name in (*arguments.peers, BASELINE, OURS)]
    run = results.Results(results.now(), results.machine(), versions, left_out, options._asdict())
    for scenario in SCENARIOS:
        if scenario.name in arguments.scenarios:
            _measure(run, scenario, names, options)
            # After each: a run of half an hour that is broken off has said something.
            run.checks = run.checked()
            results.write(arguments.json, run)
    print("\n" + "\n".join(map(targets.line, run.checks)))
    print(f"written: {arguments.json}")
    return int(arguments.check and any(check.met is False for check in run.checks))


def _measure(run: results.Results, scenario: Scenario, names: Sequence[str], options: Options) -> None:
    print(f"\n== {scenario.name}: {scenario.title}", flush=True)
    measured = results.measured(scenario, *rounds.run(scenario, names, options))
    run.scenarios[scenario.name] = measured
    print(aligned(list(rows(measured.medians, measured.columns))))
    if measured.ratios:
        print(f"ratio to {BASELINE}: median of the pairs (least-greatest)")
        print(aligned(list(ratio_rows(measured.ratios))), flush=True)


def _arguments() -> argparse.Namespace:
    names, all_peers = [each.name for each in SCENARIOS], [each.name for each in KNOWN]
    parser = argparse.ArgumentParser(description="Weir beside other gateways, in alternating rounds.")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--quick", action="store_true", help="a smoke run: its figures say nothing")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the figures go")
    parser.add_argument("--rounds", type=int, help=f"default {Options().rounds}")
    parser.add_argument("--seconds", type=int, help=f"of each round; default {Options().seconds}")
    parser.add_argument("--scenarios", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--peers", nargs="*", choices=all_peers, default=all_peers, metavar="NAME")
    return parser.parse_args()


def _options(arguments: argparse.Namespace) -> Options:
    options = QUICK if arguments.quick else Options()
    given = {name: getattr(arguments, name) for name in ("rounds", "seconds")}
    return options._replace(**{name: value for name, value in given.items() if value})


def _missing() -> list[str]:
    """Without these nothing can be compared."""
    missing = []
    for name in ("nginx", "wrk", "taskset"):
        try:
            find(name)
        except NotInstalled:
            missing.append(name)
    if not Path("/proc/self/task").is_dir() or (os.cpu_count() or 1) < 2:
        missing.append("Linux with two cores")
    return missing


def _raise_limit() -> None:
    """As far as this user may; every process that is started inherits it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _say_who(versions: dict[str, str], left_out: dict[str, str]) -> None:
    for name, version in versions.items():
        print(f"{name:10} {version}")
    for name, why in left_out.items():
        print(f"{name:10} left out: {why}")


if __name__ == "__main__":
    raise SystemExit(main())
