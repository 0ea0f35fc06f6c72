"""The simulated experiment: the same seed is the same run, and budgets do to it what they should."""

import pytest

from benchmarks.avalanche.measures import figures, most_in_window
from benchmarks.avalanche.policies import GATED_60, LINKERD, NAIVE, NONE, TUNED, WEIR, Policy
from benchmarks.avalanche.setting import CAP, SIMULATED, Setting
from benchmarks.avalanche.simulation.engine import Delays, Simulation

SHORT = SIMULATED._replace(trigger_at=15.0, duration_s=80.0)


def simulate(policy: Policy, nodes: int = 16, setting: Setting = SHORT, **delays: object) -> Simulation:
    return Simulation(policy, nodes, setting, 1, Delays(**delays))  # type: ignore[arg-type]


def test_the_same_seed_is_the_same_run() -> None:
    assert simulate(WEIR).run() == simulate(WEIR).run()


def test_without_retries_it_recovers_and_every_request_is_one_attempt() -> None:
    record = simulate(NONE).run()
    found = figures(record, SHORT)
    assert found.amplification == pytest.approx(1.0, abs=0.001)
    assert found.recovery_s is not None
    assert found.late_goodput == 1.0
    assert len(record.attempts) == len(record.requests)


@pytest.mark.parametrize("policy", [NAIVE, LINKERD], ids=lambda policy: policy.name)
def test_naive_retries_and_the_defaults_of_one_process_keep_the_upstream_down(policy: Policy) -> None:
    found = figures(simulate(policy).run(), SHORT)
    assert found.recovery_s is None
    assert found.late_goodput < 0.05
    assert found.amplification > 2


@pytest.mark.parametrize("nodes", [4, 64, 1000])
def test_weir_recovers_as_fast_as_without_retries_however_many_nodes_there_are(nodes: int) -> None:
    alone = figures(simulate(NONE, nodes).run(), SHORT)
    found = figures(simulate(WEIR, nodes).run(), SHORT)
    assert alone.recovery_s is not None
    assert found.recovery_s is not None
    assert found.recovery_s <= 1.3 * alone.recovery_s + 2
    assert found.amplification < 1.1


@pytest.mark.parametrize("nodes", [1, 3, 16, 200])
@pytest.mark.parametrize("away", [(0.0, 0.0), (20.0, 45.0), (0.0, 80.0)])
def test_no_window_ever_has_more_than_the_cap(nodes: int, away: tuple[float, float]) -> None:
    setting = SHORT._replace(error_rate=0.2)  # retries are wanted all the time
    grants = simulate(WEIR, nodes, setting, away=away, round_trip_s=0.01).run().grants
    assert most_in_window(grants, 10.0) <= CAP


def test_a_smaller_cap_is_a_smaller_cap() -> None:
    setting = SHORT._replace(error_rate=0.2)
    assert 40 < most_in_window(simulate(GATED_60, 4, setting).run().grants, 10.0) <= 60


def test_retries_mask_errors_at_random() -> None:
    calm = SHORT._replace(trigger_s=0.0, error_rate=0.05)
    assert figures(simulate(NONE, setting=calm).run(), calm).success < 0.96
    assert figures(simulate(TUNED, setting=calm).run(), calm).success > 0.998
    assert figures(simulate(WEIR, 4, calm).run(), calm).success > 0.998
