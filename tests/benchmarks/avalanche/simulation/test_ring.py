"""The store's side of the simulated budget."""

from benchmarks.avalanche.policies import Cluster
from benchmarks.avalanche.simulation.ring import BUCKETS, Reply, Ring

NOTHING = (-1, 0)


class Alone:
    """The only holder of a ring that is out of quarantine from 0 s on."""

    def __init__(self, **budget: int) -> None:
        self._ring, self._earned = Ring(Cluster(**budget), 1, since=-11.0), 0
        self.call(0.0, 0, NOTHING, 0)

    def call(self, now: float, earned: int, give_back: tuple[int, int], want: int) -> Reply:
        """``earned`` since the last call."""
        self._earned += earned
        return self._ring.call(now, 0, self._earned, give_back, want)


def test_a_new_store_grants_nothing_for_a_window_and_a_bucket() -> None:
    fresh = Ring(Cluster(), 1)
    assert fresh.call(10.9, 0, 0, NOTHING, 5).quarantined
    assert fresh.call(11.0, 0, 0, NOTHING, 5).granted == 5


def test_the_floor_needs_no_credit_and_more_needs_some() -> None:
    budget = Alone()
    taken = sum(budget.call(0.5, 0, NOTHING, 32).granted for _ in range(20))
    assert taken == 10
    budget.call(0.6, 15_000, NOTHING, 0)
    assert sum(budget.call(0.7, 0, NOTHING, 32).granted for _ in range(20)) == 5


def test_no_eleven_buckets_have_more_than_the_store_may_grant() -> None:
    budget = Alone(cap=100)
    granted = [
        sum(budget.call(second + 0.5, 50_000, NOTHING, 32).granted for _ in range(50)) for second in range(60)
    ]
    sums = [sum(granted[at : at + 11]) for at in range(50)]
    assert max(sums) == 80


def test_what_comes_back_may_be_granted_again() -> None:
    budget = Alone()
    taken = sum(budget.call(0.5, 0, NOTHING, 32).granted for _ in range(20))
    assert budget.call(0.6, 0, NOTHING, 1).granted == 0
    assert budget.call(0.7, 0, (0, taken), 1).granted == 1


def test_the_hint_says_when_the_oldest_units_leave() -> None:
    budget = Alone(cap=100)
    while budget.call(0.5, 100_000, NOTHING, 32).granted:
        pass
    hint = budget.call(3.25, 0, NOTHING, 1).hint_s
    assert hint == 11.0 - 3.25
    assert budget.call(3.25 + hint, 0, NOTHING, 1).granted == 1


def test_what_was_earned_in_silence_is_spread_over_it() -> None:
    for silence, most in ((1.0, 40), (10.0, 40), (40.0, 10)):
        budget = Alone(cap=1000, floor=0)
        budget.call(60.0 - silence, 0, NOTHING, 0)
        budget.call(60.0, 40_000, NOTHING, 0)
        granted = sum(budget.call(60.5, 0, NOTHING, 32).granted for _ in range(50))
        assert most - most / BUCKETS <= granted <= most


def test_a_holders_first_word_books_nothing() -> None:
    fresh = Ring(Cluster(floor=0), 2, since=-11.0)
    fresh.call(1.0, 0, 0, NOTHING, 0)
    fresh.call(1.5, 1, 90_000, NOTHING, 0)
    assert fresh.call(1.6, 0, 0, NOTHING, 5).granted == 0
    fresh.call(1.7, 1, 95_000, NOTHING, 0)
    assert fresh.call(1.8, 0, 0, NOTHING, 5).granted == 2
