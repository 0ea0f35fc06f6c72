"""The figures of a run as Markdown. ``python -m benchmarks.side_by_side.page results.json``"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.side_by_side.report import ratio_rows, rows
from benchmarks.side_by_side.results import Measured, Results, read
from benchmarks.side_by_side.targets import Check


def main() -> int:
    if len(sys.argv) != 2:
        print("give the JSON file of a run", file=sys.stderr)
        return 2
    print(page(read(Path(sys.argv[1]))), end="")
    return 0


def page(results: Results) -> str:
    parts = [_machine(results)]
    parts += [_scenario(measured) for measured in results.scenarios.values()]
    if results.checks:
        parts.append("## Targets\n\n" + markdown(list(_checks(results.checks))))
    return "\n".join(parts)


def _machine(results: Results) -> str:
    machine, options = results.machine, results.options
    how = (
        f"Measured {results.made[:10]} on {machine['cores']} cores ({machine['cpu']}, {machine['system']}, Python"
        f" {machine['python']}), {options['rounds']} rounds of {options['seconds']} s."
    )
    lines = [
        how,
        "",
        *(f"* {name}: {version}" for name, version in results.versions.items()),
        *(f"* {name}: left out, {why}" for name, why in results.left_out.items()),
    ]
    return "\n".join(lines) + "\n"


def _scenario(measured: Measured) -> str:
    parts = [f"## {measured.title}", markdown(list(rows(measured.medians, measured.columns)))]
    if measured.ratios:
        parts += [
            "Ratio to nginx: the median of the pairs, with the least and the greatest.",
            markdown(list(ratio_rows(measured.ratios))),
        ]
    parts += [f"{name} failed: {why}\n" for name, why in measured.failed.items()]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _checks(checks: Sequence[Check]) -> Iterator[list[str]]:
    yield ["target", "found", ""]
    for check in checks:
        verdict = {True: "met", False: "missed", None: "not measured"}[check.met]
        yield [check.what, "-" if check.found is None else f"{check.found:.2f}", verdict]


def markdown(table: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in table]
    return "\n".join([lines[0], f"|{'---|' * len(table[0])}", *lines[1:]]) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
