"""A node's side of the simulated budget."""

from benchmarks.avalanche.policies import Cluster
from benchmarks.avalanche.simulation.holder import Holder
from benchmarks.avalanche.simulation.ring import Reply


def holder(reserve: int = 0) -> Holder:
    return Holder(Cluster(), reserve)


def lend(held: Holder, now: float, units: int) -> None:
    call = held.ask(now, 1)
    assert call is not None
    held.take(now, call, Reply(units, int(now), 0.0))


def test_a_lease_ends_with_its_bucket() -> None:
    held = holder()
    lend(held, 5.2, 3)
    assert held.spend(5.5, 1)
    assert not held.spend(5.999, 1)


def test_what_is_left_of_a_lease_goes_back_with_the_next_call() -> None:
    held = holder()
    lend(held, 5.2, 3)
    held.spend(5.5, 1)
    call = held.flush(6.1)
    assert call is not None
    assert call.give_back == (5, 2)
    assert held.flush(6.2) is None


def test_one_question_at_a_time_and_four_in_a_bucket() -> None:
    held = holder()
    for number in range(4):
        call = held.ask(5.1 + number / 100, 1)
        assert call is not None
        assert held.ask(5.1, 1) is None
        held.take(5.1, call, Reply(1, 5, 0.0))
    assert held.ask(5.2, 1) is None
    assert held.ask(6.0, 1) is not None


def test_a_refusal_is_believed_for_as_long_as_it_says() -> None:
    held = holder()
    call = held.ask(5.1, 1)
    assert call is not None
    held.take(5.1, call, Reply(0, 5, 0.4))
    assert held.ask(5.4, 1) is None
    assert held.ask(5.6, 1) is not None


def test_traffic_is_told_at_the_pace_at_which_it_was_seen_and_once() -> None:
    held = holder()
    held.attempted()
    held.succeeded(retry=True)
    assert held.flush(1.0) is None
    told = [held.flush(now) for now in (1.5, 2.0)]
    assert [call and call.earned for call in told] == [300, 600]
    assert held.flush(3.0) is None


def test_the_reserve_is_for_a_store_that_does_not_answer_and_for_what_was_earned() -> None:
    held = holder(reserve=3)
    assert not held.spend(1.0, 1)
    for _ in range(20):
        held.succeeded(retry=True)
    assert [held.spend(1.0 + at, 1) for at in range(4)] == [True, True, True, False]
    assert not held.spend(10.9, 1)
    assert held.spend(11.1, 1)
    lend(held, 12.0, 1)
    assert held.spend(12.1, 1)
    assert not held.spend(12.2, 1)
