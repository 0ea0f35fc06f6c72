"""The pictures of the page, from results: what happened over time, with more processes, and with longer triggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.avalanche.policies import REAL_POLICIES
from benchmarks.avalanche.results import Results, Runs, runs_of
from benchmarks.avalanche.setting import Setting
from benchmarks.avalanche.simulation.sweeps import GROWING
from benchmarks.avalanche.svg import Axis, Line, Panel, map_picture, picture

COLOURS = {
    "none": "grey",
    "naive": "red",
    "linkerd": "orange",
    "aws": "purple",
    "tuned": "green",
    "tuned-for-4": "pink",
    "grpc": "grey",
    "nginx": "pink",
    "weir": "blue",
}
TITLES = {policy.name: policy.title for policy in (*REAL_POLICIES, *GROWING)} | {
    "nginx": "nginx: proxy_next_upstream_tries 4"
}
SHOWN_S = 100.0
"""Of a simulated run: nothing new happens later."""
NEVER_S = 160.0
"""Where a recovery that never came is drawn."""
MAPPED = {"naive": "naive, 3 retries", "linkerd": "Finagle/Linkerd defaults", "weir": "Weir"}


def pictures(results: Results) -> Iterator[tuple[str, str]]:
    """File name without its end, and SVG; of what there is in ``results``."""
    real, simulated = results.get("real", {}), results.get("simulated", {})
    if "policies" in real:
        setting = Setting(**real["setting"])
        found = {name: runs_of(name, each) for name, each in real["policies"].items()}
        seeds = len(next(iter(found.values())).figures)
        said = f"measured: real processes, 2 nodes × 2 workers, {setting.rate:g} requests/s, {_seeds(seeds)}"
        yield (
            "real",
            over_time(
                "A bad moment of an upstream",
                said,
                setting,
                found,
            ),
        )
    if "loads" in simulated:
        names = ("none", "naive", "linkerd", "aws", "tuned", "weir")
        found = {name: runs_of(name, simulated["loads"][f"{name} 0.7"]) for name in names}
        setting = Setting(duration_s=min(SHOWN_S, float(len(found["weir"].series.goodput))))
        said = f"simulated: 16 processes, {setting.rate:g} requests/s"
        yield "simulated", over_time("A bad moment of an upstream", said, setting, found)
    if "growth" in simulated:
        yield "processes", by_processes(simulated["growth"])
    if "map" in simulated:
        yield "map", vulnerability(simulated["map"])


def over_time(title: str, said: str, setting: Setting, found: Mapping[str, Runs]) -> str:
    until = int(setting.duration_s)
    step = 20 if until > 100 else 10 if until > 20 else 1
    axis = Axis(
        "seconds",
        [(float(at), str(at)) for at in range(0, until + 1, step)],
        (setting.trigger_at, setting.trigger_end),
        f"{round((1 - setting.trigger_speed) * 100)} % slower",
    )

    def lines(field: str) -> list[Line]:
        return [_line(name, getattr(each.series, field)[:until]) for name, each in found.items()]

    retries = max(max(each.series.retries, default=0.0) for each in found.values())
    top = max(100.0, -(-retries // 100) * 100)
    panels = [
        Panel("goodput: requests of the second that succeed, of 1", lines("goodput"), 1.0, (0, 0.5, 1)),
        Panel(
            "amplification: attempts per request, over 5 s", lines("amplification"), 5.0, (0, 1, 2, 3, 4, 5)
        ),
        Panel("retries that reach the upstream, per second", lines("retries"), top, (0, top / 2, top)),
    ]
    return picture(title, said, axis, panels)


def by_processes(growth: Mapping[str, dict[str, object]]) -> str:
    """Amplification and recovery of every policy, with the same traffic spread over more and more processes."""
    counts = sorted({int(name.split()[1]) for name in growth})
    names = [policy.name for policy in GROWING]
    axis = Axis(
        "gateway processes that share the same traffic (140 requests/s)",
        [(float(place), str(count)) for place, count in enumerate(counts)],
    )

    def lines(field: str) -> list[Line]:
        return [
            Line(TITLES[name], COLOURS[name], _points(growth, name, counts, field), name == "weir")
            for name in names
        ]

    return picture(
        "More processes, the same traffic",
        "simulated: utilisation 0.7, an upstream 80 % slower for 10 s",
        axis,
        [
            Panel("amplification in the 30 s from the trigger on", lines("amplification"), 4.0, (1, 2, 3, 4)),
            Panel(
                "seconds until 99 % succeed again; top: not within 160 s",
                lines("recovery_s"),
                NEVER_S,
                (0, 40, 80, 120, 160),
            ),
        ],
    )


def vulnerability(cells: Mapping[str, dict[str, object]]) -> str:
    keys = [name.split() for name in cells]
    loads = sorted({float(load) for _, load, _ in keys})
    triggers = sorted({int(trigger) for _, _, trigger in keys})
    grids = {
        title: {
            (column, row): _cell(runs_of("", cells[f"{name} {load} {trigger}"]))
            for column, trigger in enumerate(triggers)
            for row, load in enumerate(loads)
        }
        for name, title in MAPPED.items()
    }
    return map_picture(
        "Does it recover?",
        "simulated, 16 processes: seconds from the trigger's end until 99 % succeed again; ∞: not while observed",
        grids,
        [str(trigger) for trigger in triggers],
        [str(load) for load in loads],
        ("how long the upstream is 80 % slower, seconds", "load"),
    )


def _cell(found: Runs) -> tuple[str, str]:
    recovery = found.middle("recovery_s")
    return ("red", "∞") if recovery is None else ("green", f"{recovery:.0f}")


def _points(
    growth: Mapping[str, dict[str, object]], name: str, counts: list[int], field: str
) -> list[tuple[float, float]]:
    found = [runs_of("", growth[f"{name} {count}"]).middle(field) for count in counts]
    return [(float(place), NEVER_S if value is None else value) for place, value in enumerate(found)]


def _line(name: str, values: list[float]) -> Line:
    smooth = [(at + 0.5, value) for at, value in enumerate(values)]
    return Line(TITLES[name], COLOURS[name], smooth, wide=name == "weir")


def _seeds(count: int) -> str:
    return "one seed" if count == 1 else f"medians of {count} seeds"
