"""Which real runs there are, each with processes of its own: two nodes of two workers unless it is said otherwise."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from benchmarks.avalanche import gateways
from benchmarks.avalanche.gateways import Gateways
from benchmarks.avalanche.measures import Figures, Series, figures, series
from benchmarks.avalanche.policies import NAIVE, NONE, REAL_POLICIES, WEIR, Policy
from benchmarks.avalanche.results import Runs, runs
from benchmarks.avalanche.run import Event, Upstream, run
from benchmarks.avalanche.setting import REAL, Setting
from benchmarks.side_by_side.programs import NotInstalled, find

NODES = 2
QUARANTINE_S = 13.0
"""A new store grants nothing for a window and more: so long the load runs before the run begins."""
SHORT = REAL._replace(trigger_at=10.0, duration_s=55.0)
QUICK = REAL._replace(trigger_at=5.0, trigger_s=5.0, duration_s=30.0)
CALM = REAL._replace(trigger_s=0.0, duration_s=40.0, error_rate=0.05)
NGINX = "nginx"
LATE_S = 0.05
"""A load that is sent later than that says more about the machine than about a policy."""


class Case(NamedTuple):
    section: str
    name: str
    setting: Setting
    policy: Policy | None
    """None: nginx."""
    nodes: int = NODES
    events: tuple[Event, ...] = ()


def cases(*, quick: bool) -> list[Case]:
    main = QUICK if quick else REAL
    found = [Case("policies", policy.name, main, policy) for policy in REAL_POLICIES]
    if _has_nginx():
        found.append(Case("policies", NGINX, main, None))
    if quick:
        return [*found, store_killed(main)]
    found += [Case("nodes", f"{WEIR.name} {nodes}", SHORT, WEIR, nodes) for nodes in (1, 2, 4)]
    found += [Case("errors", policy.name, CALM, policy) for policy in (NONE, WEIR)]
    return [*found, one_refuses(), store_killed(SHORT)]


def one_refuses() -> Case:
    """One of the three targets breaks its connections and takes no new ones, for good."""
    setting = CALM._replace(error_rate=0.0, trigger_at=10.0)
    refuse = Event(setting.trigger_at, lambda _, service: service.order("refuse 2"))
    return Case("refused", WEIR.name, setting, WEIR, NODES, (refuse,))


def store_killed(setting: Setting) -> Case:
    """In the middle of the trigger, when retries are wanted most."""
    at = setting.trigger_at + setting.trigger_s / 2
    return Case("store", "killed", setting, WEIR, NODES, (Event(at, _kill_store),))


def _kill_store(running: Gateways, _: Upstream) -> None:
    assert running.store is not None
    running.store.kill()


def measure(
    wanted: Sequence[Case], seeds: Sequence[int], say: Callable[[str], None]
) -> dict[str, dict[str, Runs]]:
    """Policies take turns within each seed, so that what the machine does meets all of them. Raises Failed."""
    found: dict[tuple[str, str], list[tuple[Figures, Series]]] = {}
    for seed in seeds:
        for case in wanted:
            outcome = measure_one(case, seed)
            say(f"{case.section} {case.name}, seed {seed}: {outcome[0]}")
            if outcome[0].late_s > LATE_S:
                say(
                    f"the load was {outcome[0].late_s:.2f} s late: this machine has other work, measure again"
                )
            found.setdefault((case.section, case.name), []).append(outcome)
    sections: dict[str, dict[str, Runs]] = {}
    for (section, name), outcomes in found.items():
        sections.setdefault(section, {})[name] = runs(name, outcomes)
    return sections


def measure_one(case: Case, seed: int, warm_up_s: float = QUARANTINE_S) -> tuple[Figures, Series]:
    with tempfile.TemporaryDirectory(prefix="weir-avalanche-", ignore_cleanup_errors=True) as name:
        folder = Path(name)

        def start(targets: Sequence[int]) -> AbstractContextManager[Gateways]:
            if case.policy is None:
                return gateways.nginx(folder / "nginx", targets, case.setting, NAIVE.retries + 1)
            return gateways.weir(folder / "weir", case.policy, targets, case.setting, case.nodes)

        record = run(folder / "run", case.setting, seed, start, warm_up_s=warm_up_s, events=case.events)
    return figures(record, case.setting), series(record, case.setting)


def _has_nginx() -> bool:
    try:
        return bool(find("nginx"))
    except NotInstalled:
        return False


def in_all(found: dict[str, dict[str, Runs]]) -> Iterator[Runs]:
    for section in found.values():
        yield from section.values()
