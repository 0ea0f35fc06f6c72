"""docs/avalanche.md, from results. The words around the figures stay the same, whatever the figures are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.avalanche.pictures import TITLES
from benchmarks.avalanche.policies import SIMULATED_POLICIES
from benchmarks.avalanche.results import Results, Runs, runs_of
from benchmarks.avalanche.setting import CAP, WINDOW_S, Setting
from benchmarks.avalanche.texts import (
    DELAYS,
    ERRORS,
    FLEET,
    GROWTH,
    HEAD,
    LIMITS,
    LOADS,
    MAP,
    MASKING,
    NODES,
    REFUSED,
    STORE,
)

ALL_TITLES = (
    TITLES
    | {policy.name: policy.title for policy in SIMULATED_POLICIES}
    | {"weir-fleet": f"Weir: 10 %, at most {10 * CAP} per {WINDOW_S:g} s, cluster-wide"}
)
COLUMNS = (
    "policy",
    "amplification",
    "worst 5 s",
    "recovery",
    "success",
    "late goodput",
    f"most in {WINDOW_S:g} s",
)

Section = Mapping[str, Any]


def page(results: Results) -> str:
    real, simulated = results.get("real", {}), results.get("simulated", {})
    parts: list[str] = [HEAD]
    if "policies" in real:
        parts += _real(real, results.get("machine", ""))
    if simulated:
        parts += _simulated(simulated)
    return "\n\n".join(part.strip() for part in [*parts, LIMITS]) + "\n"


def _real(real: Section, machine: str) -> Iterator[str]:
    setting = Setting(**real["setting"])
    found = _runs(real["policies"])
    seeds = len(next(iter(found.values())).figures)
    late = max(each.worst("late_s") for each in found.values())
    yield "## Measured"
    slower = f"{1 - setting.trigger_speed:.0%} slower for {setting.trigger_s:g} s"
    yield (
        f"{seeds} seed{'s' if seeds > 1 else ''}, medians; {setting.rate:g} requests/s, {setting.utilisation:.0%} of"
        f" what the upstream can do; from second {setting.trigger_at:g} on it is {slower}. {machine} In the worst run"
        f" 1 % of the requests were sent more than {late * 1000:.0f} ms late."
    )
    yield "![What happened over time, measured](avalanche/real.svg)"
    yield _table(found.items())
    if "nodes" in real:
        yield NODES
        yield _table(_runs(real["nodes"]).items(), first="nodes")
    if "store" in real:
        worst = max(each.worst("most_in_window") for each in _runs(real["store"]).values())
        yield STORE.format(cap=CAP, window=f"{WINDOW_S:g}", most=f"{worst:g}")
        yield _table(_runs(real["store"]).items(), first="store")
    for section, text in (("errors", ERRORS), ("refused", REFUSED)):
        if section in real:
            yield text
            yield _table(_runs(real[section]).items())


def _simulated(simulated: Section) -> Iterator[str]:
    yield "## Simulated"
    yield LOADS
    yield "![What happens over time, simulated](avalanche/simulated.svg)"
    yield _table(_runs(simulated["loads"]).items(), first="policy, load")
    if "growth" in simulated:
        yield GROWTH
        yield "![Amplification and recovery by the number of processes, simulated](avalanche/processes.svg)"
        yield _table(_runs(simulated["growth"]).items(), first="policy, processes")
    if "map" in simulated:
        yield MAP
        yield "![Which triggers are survived, simulated](avalanche/map.svg)"
    for section, text, first in (
        ("fleet", FLEET, "policy"),
        ("masking", MASKING, "policy, errors, processes"),
        ("delays", DELAYS, "round trip s, flush s"),
    ):
        if section in simulated:
            yield text
            yield _table(_runs(simulated[section]).items(), first=first)


def _runs(section: Section) -> dict[str, Runs]:
    return {name: runs_of(name, each) for name, each in section.items()}


def _table(rows: Iterable[tuple[str, Runs]], first: str = "policy") -> str:
    lines = [_row((first, *COLUMNS[1:])), _row(("---", *("---:" for _ in COLUMNS[1:])))]
    return "\n".join([*lines, *(_row(_cells(name, each)) for name, each in rows)])


def _cells(name: str, found: Runs) -> Sequence[str]:
    policy, *rest = name.split(" ")
    recovery = found.middle("recovery_s")
    return (
        ", ".join([ALL_TITLES.get(policy, policy), *rest]),
        f"{found.middle('amplification'):.2f}",
        f"{found.middle('peak'):.2f}",
        "never" if recovery is None else f"{recovery:.0f} s",
        f"{found.middle('success'):.1%}"
        if (found.middle("success") or 0) < 0.99
        else f"{found.middle('success'):.2%}",
        f"{found.middle('late_goodput'):.1%}",
        f"{found.worst('most_in_window'):.0f}",
    )


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
