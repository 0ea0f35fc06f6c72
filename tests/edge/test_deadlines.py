"""The sweeper, with a clock of the test's own."""

from __future__ import annotations

import socket
import time

import gevent

from edge.deadlines import Sweeper
from edge.transport import Transport


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
    sweeper = Sweeper(clock, every_s=1.0)
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


def test_after_a_pause_nothing_expires_before_what_came_meanwhile_was_read() -> None:
    clock = Clock()
    sweeper = Sweeper(clock, every_s=0.1)
    due = Watched(1.0)
    sweeper.add(due)
    for clock.now in (0.1, 0.2, 2.2, 2.2, 2.25):
        sweeper.sweep()
    assert due.expired == []
    clock.now = 2.31
    sweeper.sweep()
    assert due.expired == [2.31]


def test_a_sweep_that_is_a_little_late_is_no_pause() -> None:
    clock = Clock()
    sweeper = Sweeper(clock, every_s=0.1)
    due = Watched(0.25)
    sweeper.add(due)
    for clock.now in (0.1, 0.29):
        sweeper.sweep()
    assert due.expired == [0.29]


def test_a_loop_that_is_always_late_still_ends_what_is_due() -> None:
    clock = Clock()
    sweeper = Sweeper(clock, every_s=0.1)
    due = Watched(0.5)
    sweeper.add(due)
    for clock.now in (1.0, 2.0, 3.0, 4.0):
        sweeper.sweep()
    assert due.expired == [2.0, 4.0]


def test_an_answer_that_came_while_the_process_stood_still_came_in_time() -> None:
    near, far = socket.socketpair()
    near.setblocking(False)
    sweeper, transport = Sweeper(every_s=0.05), Transport(near)
    sweeper.add(transport)
    sweeper.start()
    try:
        transport.read_deadline = time.monotonic() + 0.2
        reading = gevent.spawn(transport.recv, 100)
        gevent.sleep(0)
        far.sendall(b"in time")
        time.sleep(0.4)  # the whole process: nobody reads, and no timer runs
        assert reading.get(timeout=10) == b"in time"
    finally:
        sweeper.stop()
        transport.close()
        far.close()
