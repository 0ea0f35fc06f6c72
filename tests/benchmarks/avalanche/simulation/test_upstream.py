"""The simulated upstream."""

from random import Random

import pytest

from benchmarks.avalanche.setting import Setting
from benchmarks.avalanche.simulation.upstream import ERROR, FULL, Upstream


def test_it_serves_as_many_a_second_as_its_slots_can_and_fewer_while_it_is_slow() -> None:
    setting = Setting(queue=100_000, trigger_at=10.0, trigger_s=10.0)
    upstream = Upstream(setting, Random(1))
    ends = [upstream.arrive(0.0)[0] for _ in range(6000)]
    assert sum(end < 10 for end in ends) == pytest.approx(2000, rel=0.05)
    assert sum(10 <= end < 20 for end in ends) == pytest.approx(400, rel=0.15)


def test_the_queue_has_an_end() -> None:
    upstream = Upstream(Setting(queue=50), Random(1))
    answers = [upstream.arrive(0.0) for _ in range(4 + 50 + 1)]
    assert [status for _, status in answers[:-1]] == [200] * 54
    assert answers[-1] == (0.0, FULL)
    later = sorted(end for end, _ in answers)[10]
    assert upstream.arrive(later)[1] == 200


def test_errors_come_at_their_rate() -> None:
    upstream = Upstream(Setting(error_rate=0.1), Random(1))
    statuses = [upstream.arrive(float(second))[1] for second in range(5000)]
    assert statuses.count(ERROR) / 5000 == pytest.approx(0.1, rel=0.15)
