"""Long work in slices: who pauses, when, and that nothing is lost by it."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from edge.pace import REST_S, SLICE_S, Pace


class Time:
    """A clock that moves ``step`` with every look at it."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step
        self.rests: list[float] = []

    def __call__(self) -> float:
        self.now += self.step
        return self.now

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)


def paced(step: float) -> tuple[Pace, Time]:
    time = Time(step)
    return Pace(time.rest, time), time


def test_within_a_slice_nobody_rests() -> None:
    pace, time = paced(step=SLICE_S / 100)
    for _ in range(50):
        pace.pause()
    assert time.rests == []


def test_after_every_slice_there_is_a_rest() -> None:
    pace, time = paced(step=SLICE_S)
    for _ in range(5):
        pace.pause()
    assert time.rests == [REST_S] * 5


def test_items_come_all_in_order_with_a_pause_after_some() -> None:
    pace, time = paced(step=SLICE_S)
    assert list(pace.over(range(100), each=10)) == list(range(100))
    assert len(time.rests) == 10


def test_items_are_taken_one_by_one() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    pace, _ = paced(step=0)
    next(iter(pace.over(items())))
    assert taken == [0]


def steps(count: int) -> Generator[None, None, str]:
    for _ in range(count):
        yield
    return "done"


@pytest.mark.parametrize("count", [0, 1, 7])
def test_steps_are_run_to_their_result_with_a_pause_between(count: int) -> None:
    pace, time = paced(step=SLICE_S)
    assert pace.through(steps(count)) == "done"
    assert len(time.rests) == count
