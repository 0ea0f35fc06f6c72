"""Which workers the master starts and which it asks to leave; nothing is forked here."""

from __future__ import annotations

import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.prefork.application import EdgeApplication, GunicornOptions
from edge.prefork.arbiter import MAX_LEAVING, EdgeArbiter
from edge.prefork.worker_states import WorkerState

OPTIONS = GunicornOptions(binds=("127.0.0.1:0",), workers=2, versions=Path("/v"), agent_socket=None)


class Master(EdgeArbiter):
    """Its workers are names; a worker's pid is its age."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        app = EdgeApplication(OPTIONS)
        super().__init__(app)
        self.WORKERS: dict[int, Any] = {}
        self.states = app.states
        self.manage_workers()

    def spawn_worker(self) -> None:
        self.worker_age += 1
        self.states[self.worker_age] = WorkerState.STARTING
        self.WORKERS[self.worker_age] = SimpleNamespace(age=self.worker_age, pid=self.worker_age)

    def kill_worker(self, pid: int, sig: int) -> None:
        assert sig == signal.SIGTERM
        self.asked.append(pid)

    def serve(self, *ages: int) -> None:
        """The workers are ready; the master looks again."""
        for age in ages:
            self.states[age] = WorkerState.SERVING
        self.manage_workers()


@pytest.fixture
def master() -> Master:
    return Master()


def test_it_starts_as_many_as_it_is_told(master: Master) -> None:
    assert list(master.WORKERS) == [1, 2]
    master.serve(1, 2)
    assert (list(master.WORKERS), master.asked) == ([1, 2], [])


def test_at_a_reload_old_workers_leave_when_all_new_ones_serve_and_not_before(master: Master) -> None:
    master.serve(1, 2)
    master.reload()
    assert list(master.WORKERS) == [1, 2, 3, 4]
    master.serve(3)
    assert master.asked == []
    master.serve(4)
    assert master.asked == [1, 2]
    master.manage_workers()
    assert master.asked == [1, 2]


def test_a_worker_that_dies_is_replaced_although_old_ones_are_still_leaving(master: Master) -> None:
    master.serve(1, 2)
    master.reload()
    master.serve(3, 4)
    del master.WORKERS[3]
    master.manage_workers()
    assert list(master.WORKERS) == [1, 2, 4, 5]
    assert master.asked == [1, 2]


def test_an_old_worker_that_dies_is_not_replaced(master: Master) -> None:
    master.serve(1, 2)
    master.reload()
    del master.WORKERS[1]
    master.serve(3, 4)
    assert (list(master.WORKERS), master.asked) == ([2, 3, 4], [2])


def test_a_worker_that_was_told_to_leave_by_somebody_else_is_replaced_at_once(master: Master) -> None:
    master.serve(1, 2)
    master.states.leave(1)
    master.manage_workers()
    assert list(master.WORKERS) == [1, 2, 3]


def test_a_reload_in_the_middle_of_a_reload_replaces_both(master: Master) -> None:
    master.serve(1, 2)
    master.reload()
    master.reload()
    master.serve(3, 4)
    assert master.asked == []
    master.serve(5, 6)
    assert master.asked == [1, 2, 3, 4]


def test_fewer_workers_are_the_youngest_ones(master: Master) -> None:
    master.serve(1, 2)
    master.num_workers = 1
    master.manage_workers()
    assert master.asked == [1]


def test_generations_that_leave_are_bounded_and_the_oldest_must_hurry(master: Master) -> None:
    master.serve(1, 2)
    for _ in range(MAX_LEAVING):
        master.reload()
        newest = master.worker_age
        master.serve(newest - 1, newest)
    assert [age for age in master.WORKERS if master.states[age] is WorkerState.HURRIED] == []
    master.reload()
    assert [age for age in master.WORKERS if master.states[age] is WorkerState.HURRIED] == [1, 2]
