"""Which runs the simulation makes: every policy at three loads, more and more processes, longer and longer triggers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from benchmarks.avalanche.measures import Figures, Series, figures, series
from benchmarks.avalanche.policies import (
    AWS,
    FOUR,
    GRPC,
    LINKERD,
    NAIVE,
    NONE,
    RATIO,
    SIMULATED_POLICIES,
    TUNED,
    WEIR,
    Cluster,
    Policy,
)  # fmt: skip
from benchmarks.avalanche.results import Runs, runs
from benchmarks.avalanche.setting import CAP, SIMULATED, Setting
from benchmarks.avalanche.simulation.engine import Delays, Simulation

POLICIES = {policy.name: policy for policy in SIMULATED_POLICIES}
FLEET_WEIR = Policy("weir-fleet", "Weir with ten times the cap", 2, cluster=Cluster(cap=10 * CAP))
POLICIES[FLEET_WEIR.name] = FLEET_WEIR
PROCESSES = 16
LOADS = (0.7, 0.8, 0.9)
GROWTH = (4, 16, 64, 256, 1000)
GROWING = (NAIVE, LINKERD, AWS, GRPC, FOUR, TUNED, WEIR)
FLEET = SIMULATED._replace(slots=40)
"""A thousand nodes before an upstream of 2000/s."""
ERRORS = (0.01, 0.05, 0.1)
TRIGGERS_S = (1, 2, 4, 6, 8, 10, 15, 20, 30)
MAP_LOADS = (0.5, 0.6, 0.7, 0.8, 0.9)
MAPPED = (NAIVE, LINKERD, WEIR)


class Case(NamedTuple):
    section: str
    name: str
    policy: str
    """By name: lambdas do not go to other processes."""
    nodes: int
    setting: Setting
    delays: Delays = Delays()


def simulate(case: Case, seed: int) -> tuple[Figures, Series]:
    record = Simulation(POLICIES[case.policy], case.nodes, case.setting, seed, case.delays).run()
    return figures(record, case.setting), series(record, case.setting)


def cases(*, quick: bool) -> list[Case]:
    setting = SIMULATED._replace(duration_s=100.0) if quick else SIMULATED
    loads, growth = (LOADS[:1], GROWTH[:2]) if quick else (LOADS, GROWTH)
    triggers, map_loads = (TRIGGERS_S[1::3], MAP_LOADS[2:3]) if quick else (TRIGGERS_S, MAP_LOADS)
    found = [
        Case("loads", f"{policy.name} {load}", policy.name, PROCESSES, setting._replace(utilisation=load))
        for load in loads
        for policy in SIMULATED_POLICIES
    ]
    found += [
        Case("growth", f"{policy.name} {nodes}", policy.name, nodes, setting)
        for nodes in growth
        for policy in GROWING
    ]
    found += [
        Case("map", f"{policy.name} {load} {trigger}", policy.name, PROCESSES,
             setting._replace(utilisation=load, trigger_s=float(trigger)))
        for policy in MAPPED
        for load in map_loads
        for trigger in triggers
    ]  # fmt: skip
    return found if quick else found + _others()


def _others() -> list[Case]:
    """A fleet, upstreams that fail at random, and a store that is far away, slow or gone."""
    calm = SIMULATED._replace(trigger_s=0.0, duration_s=100.0)
    found = [
        Case("fleet", policy.name, policy.name, 1000, FLEET)
        for policy in (NONE, NAIVE, LINKERD, FOUR, RATIO, FLEET_WEIR)
    ]
    found += [
        Case("masking", f"{policy.name} {rate} {nodes}", policy.name, nodes, calm._replace(error_rate=rate))
        for rate in ERRORS
        for nodes in (16, 1000)
        for policy in (NONE, NAIVE, GRPC, TUNED, WEIR)
    ]
    found += [
        Case("delays", f"{trip:g} {flush:g}", WEIR.name, PROCESSES, SIMULATED, Delays(trip, flush))
        for trip in (0.001, 0.01, 0.04)
        for flush in (0.5, 1.0, 5.0)
    ]
    away = Delays(away=(35.0, 60.0))
    return [*found, Case("delays", "away", WEIR.name, PROCESSES, SIMULATED, away)]


def sweep(wanted: Sequence[Case], seeds: Sequence[int]) -> dict[str, dict[str, Runs]]:
    """Runs by section and name; on all cores."""
    jobs = [(case, seed) for case in wanted for seed in seeds]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(simulate, *zip(*jobs, strict=True), chunksize=4))
    found: dict[Case, list[tuple[Figures, Series]]] = {case: [] for case in wanted}
    for (case, _), outcome in zip(jobs, done, strict=True):
        found[case].append(outcome)
    sections: dict[str, dict[str, Runs]] = {}
    for case, outcomes in found.items():
        sections.setdefault(case.section, {})[case.name] = runs(case.name, outcomes)
    return sections
