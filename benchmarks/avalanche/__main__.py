"""``make avalanche``: the experiment, real and simulated, and its page with pictures.

``--quick`` is a smoke run into a temporary folder unless ``--out`` says another; ``--only real`` or ``simulated``
leaves the other half as it was; ``--pages`` makes page and pictures again from the results that are there.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.avalanche import real, results
from benchmarks.avalanche.page import page
from benchmarks.avalanche.pictures import pictures
from benchmarks.avalanche.png import NotInstalled, png
from benchmarks.avalanche.simulation.sweeps import cases, sweep
from benchmarks.side_by_side.process import Failed

DOCS = Path(__file__).resolve().parents[2] / "docs"
SEEDS = (1, 2, 3)
ENDED = 143


def main() -> int:
    arguments = _arguments()
    # What was started is stopped then too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))
    out = arguments.out or (Path(tempfile.mkdtemp(prefix="avalanche-")) if arguments.quick else DOCS)
    folder = out / "avalanche"
    folder.mkdir(parents=True, exist_ok=True)
    found = results.read(folder / "results.json")
    seeds = SEEDS[:1] if arguments.quick else SEEDS
    try:
        if not arguments.pages:
            found |= measured(arguments.only, seeds, quick=arguments.quick)
            results.write(folder / "results.json", found)
    except Failed as error:
        print(f"avalanche: {error}", file=sys.stderr)
        return 1
    write(out, results.read(folder / "results.json"))
    print(f"written: {out / 'avalanche.md'}")
    return 0


def measured(only: str, seeds: tuple[int, ...], *, quick: bool) -> results.Results:
    """Raises Failed."""
    found: results.Results = {}
    if only != "real":
        began = time.monotonic()
        wanted = cases(quick=quick)
        found["simulated"] = results.plain(sweep(wanted, seeds))
        print(f"simulated {len(wanted)} cases in {time.monotonic() - began:.0f} s", flush=True)
    if only != "simulated":
        plan = real.cases(quick=quick)
        sections = real.measure(plan, seeds, lambda line: print(line, flush=True))
        found["real"] = {**results.plain(sections), "setting": plan[0].setting._asdict()}
        found["machine"] = (
            f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}."
        )
    return found


def write(out: Path, found: results.Results) -> None:
    """The page and the pictures; as PNG too where that can be done."""
    (out / "avalanche.md").write_text(page(found))
    for name, svg in pictures(found):
        (out / "avalanche" / f"{name}.svg").write_text(svg)
        try:
            (out / "avalanche" / f"{name}.png").write_bytes(png(svg))
        except NotInstalled as error:
            print(f"avalanche: no {name}.png: {error}", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Retries and a slow moment: the experiment.")
    parser.add_argument("--quick", action="store_true", help="a smoke run: its figures say little")
    parser.add_argument(
        "--only", choices=("real", "simulated"), default="", help="leave the other half as it was"
    )
    parser.add_argument(
        "--pages", action="store_true", help="measure nothing: page and pictures from the results"
    )
    parser.add_argument("--out", type=Path, help="a folder in the place of docs")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
