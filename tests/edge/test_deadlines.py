"""The sweeper, with a clock of the test's own."""

from __future__ import annotations

from edge.deadlines import Sweeper


class Watched:
    def __init__(self, read: float, write: float = float("inf")) -> None:
        self.read_deadline = read
        self.write_deadline = write
        self.expired: list[float] = []

    def expire(self, now: float) -> None:
        self.expired.append(now)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_only_what_is_due_expires() -> None:
    clock = Clock()
    sweeper = Sweeper(clock)
    early, late, writing, removed = Watched(1.0), Watched(2.0), Watched(9.0, 1.0), Watched(1.0)
    for each in (early, late, writing, removed):
        sweeper.add(each)
    sweeper.remove(removed)
    clock.now = 1.0
    sweeper.sweep()
    assert [each.expired for each in (early, late, writing, removed)] == [[1.0], [], [1.0], []]


def test_the_lag_of_the_event_loop_is_told_once() -> None:
    clock = Clock()
    sweeper = Sweeper(clock, every_s=0.1)
    for clock.now in (0.1, 0.2, 0.8, 0.9):
        sweeper.sweep()
    assert round(sweeper.take_worst_lag(), 6) == 0.5
    assert sweeper.take_worst_lag() == 0.0
