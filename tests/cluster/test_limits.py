"""Limits over real processes: agents and workers that race, without HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.limit_rig import Rig, busiest, limit_rig, run

pytestmark = pytest.mark.xdist_group("cluster-limits")


@pytest.fixture(scope="module")
def two() -> Iterator[Rig]:
    """Two nodes of two workers, for tests that harm none of them; each counts in a window of its own."""
    with limit_rig(2) as rig:
        rig.know_each_other()
        yield rig


def test_of_many_processes_that_race_exactly_as_many_win_as_the_limit_says(two: Rig) -> None:
    outcomes = run(
        two.workers("50 per 1d on_store_failure closed", each=2, per_second=0, seconds=3, greenlets=5)
    )
    assert sum(len(outcome.stamps) for outcome in outcomes) == 50


def test_every_key_has_its_own_winners(two: Rig) -> None:
    workers = two.workers(
        "5 per month by ip on_store_failure closed", each=2, per_second=0, seconds=12, greenlets=8, keys=4
    )
    winners = Counter(key for outcome in run(workers) for key in outcome.keys)
    assert winners == {f"k{number}": 5 for number in range(4)}


def test_no_second_sees_more_than_its_limit_at_twice_the_demand(two: Rig) -> None:
    workers = two.workers("300 per 1s on_store_failure closed", each=2, per_second=150, seconds=2.2)
    stamps = [stamp for outcome in run(workers) for stamp in outcome.stamps]
    assert 0 < busiest(stamps, 1.0) <= 300


@pytest.mark.chaos
def test_a_strict_limit_of_a_thousand_is_never_exceeded_and_well_used() -> None:
    with limit_rig(2) as rig:
        rig.know_each_other()
        workers = rig.workers("1000 per 1s on_store_failure closed", each=2, per_second=500, seconds=20)
        stamps = sorted(stamp for outcome in run(workers) for stamp in outcome.stamps)
        assert busiest(stamps, 1.0) <= 1000
        assert len(stamps) / (stamps[-1] - stamps[0]) >= 800


@pytest.mark.chaos
@pytest.mark.parametrize("harm", ["kill", "freeze", "flush", "agent"])
def test_whatever_happens_to_store_and_agent_a_closed_limit_is_never_exceeded(harm: str) -> None:
    """Flushed, the first window may see another limit's worth: only what is asked after it is held to be exact."""
    with limit_rig(2) as rig:
        rig.know_each_other()
        workers = rig.workers("400 per 1s on_store_failure closed", each=2, per_second=200, seconds=10)
        for worker in workers:
            worker.go()
        first = rig.agents[0]
        if harm == "kill":
            rig.store.kill()
        elif harm == "freeze":
            rig.store.freeze()
        elif harm == "flush":
            rig.store.admin().flushall()
        else:
            first.kill()
            first.start()
        if harm == "freeze":
            rig.store.thaw()
        stamps = [stamp for worker in workers for stamp in worker.outcome().stamps]
        assert busiest(stamps, 1.0) <= (800 if harm == "flush" else 400)
        if harm != "kill":
            assert len(stamps) > 400


@pytest.mark.chaos
def test_a_share_carries_on_when_the_store_is_killed() -> None:
    """No check waits much longer than it may, and both nodes together stay within the limit from then on."""
    with limit_rig(2) as rig:
        rig.know_each_other()
        workers = rig.workers("200 per 1s", each=2, per_second=100, seconds=8)
        rig.store.kill()
        outcomes = run(workers)
        stamps = sorted(stamp for outcome in outcomes for stamp in outcome.stamps)
        assert len(stamps) > 400
        assert busiest([stamp for stamp in stamps if stamp > stamps[0] + 2.0], 1.0) <= 200
