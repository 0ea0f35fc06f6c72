"""All rounds of a scenario: every gateway in turn, again and again, so that what disturbs one disturbs all."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.side_by_side import services
from benchmarks.side_by_side.entrants import Entrant, entrants
from benchmarks.side_by_side.gateways.known import BASELINE, OURS
from benchmarks.side_by_side.measures import Figures, Options, at_rate, closed_loop, websocket
from benchmarks.side_by_side.process import Failed, Gateway
from benchmarks.side_by_side.scenarios import Scenario
from benchmarks.side_by_side.services import Behind
from benchmarks.side_by_side.store import redis_store

Rounds = dict[str, list[Figures]]
Failures = dict[str, str]
WARM_UP_S = 2
"""Not counted: what is still busy with its own start would pay for it in the first round."""


def run(scenario: Scenario, names: Sequence[str], options: Options) -> tuple[Rounds, Failures]:
    """By gateway. One that fails is stopped and named; the others go on."""
    failures: Failures = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="weir-bench-")))
        behind = services.echo_service if scenario.is_echo else services.http_service
        store = stack.enter_context(redis_store(made(folder / "store"))) if scenario.limit else None
        shared = Behind(stack.enter_context(behind(made(folder / "service"))), store)
        gateways = _start(stack, folder, entrants(scenario, shared, names), failures)
        warm_up = websocket if scenario.is_echo else closed_loop()
        alternate(gateways, 1, lambda each: warm_up(each, options._replace(seconds=WARM_UP_S)), failures)
        gateways = [each for each in gateways if each.name not in failures]
        measure = scenario.measure(shared)
        found = alternate(gateways, options.rounds, lambda each: measure(each, options), failures)
        if scenario.has_loads:
            _add_loads(found, gateways, options, failures)
    return found, failures


def _start(stack: ExitStack, folder: Path, those: Iterable[Entrant], failures: Failures) -> list[Gateway]:
    gateways = []
    for name, known, work in those:
        try:
            gateway = stack.enter_context(known.start(made(folder / name), work))
        except Failed as error:
            _fail(failures, name, error)
        else:
            gateways.append(gateway._replace(name=name))
    return gateways


def made(folder: Path) -> Path:
    folder.mkdir()
    # nginx started by root gives its files to another user, who must be able to come here.
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    return folder


def alternate(
    gateways: Sequence[Gateway], count: int, one_round: Callable[[Gateway], Figures], failures: Failures
) -> Rounds:
    """``count`` rounds of each, there and back, so that none is always the first; only of those that never failed."""
    found: Rounds = {gateway.name: [] for gateway in gateways}
    for number in range(count):
        for gateway in gateways if number % 2 == 0 else reversed(gateways):
            if gateway.name not in found:
                continue
            try:
                found[gateway.name].append(one_round(gateway))
            except Failed as error:
                _fail(failures, gateway.name, error)
                del found[gateway.name]
    return found


def _fail(failures: Failures, name: str, error: Failed) -> None:
    failures[name] = str(error)
    print(f"{name} failed: {error}", file=sys.stderr, flush=True)


def _add_loads(found: Rounds, gateways: Sequence[Gateway], options: Options, failures: Failures) -> None:
    """``equal_*``: all at half of what the slowest can; ``half_*``: nginx and Weir at half of what Weir can."""
    able = {name: median_of(rounds, "per_second") for name, rounds in found.items()}
    if not able:
        return
    _add_load("equal", min(able.values()) / 2, list(able), found, gateways, options, failures)
    if OURS in able:
        rate = able[OURS] / 2
        able_to = [name for name in (BASELINE, OURS) if able.get(name, 0.0) > rate]
        _add_load("half", rate, able_to, found, gateways, options, failures)


def _add_load(
    prefix: str,
    rate: float,
    names: Sequence[str],
    found: Rounds,
    gateways: Sequence[Gateway],
    options: Options,
    failures: Failures,
) -> None:
    chosen = [gateway for gateway in gateways if gateway.name in names]
    loads = alternate(chosen, options.rounds, lambda each: at_rate(each, rate, options.seconds), failures)
    for name, rounds in loads.items():
        found[name] = [
            {**own, **{f"{prefix}_{figure}": value for figure, value in load.items()}}
            for own, load in zip(found[name], rounds, strict=True)
        ]


def median_of(rounds: Sequence[Figures], figure: str) -> float:
    return statistics.median(each[figure] for each in rounds)
