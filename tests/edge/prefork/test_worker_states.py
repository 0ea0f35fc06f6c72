"""The byte that a worker and the master share."""

from __future__ import annotations

import os

from edge.prefork.worker_states import PLACES, WorkerState, WorkerStates


def test_a_worker_is_starting_until_it_says_otherwise() -> None:
    states = WorkerStates()
    assert states[7] is WorkerState.STARTING
    states[7] = WorkerState.SERVING
    assert (states[7], states[8]) == (WorkerState.SERVING, WorkerState.STARTING)
    assert not states.is_leaving(7)


def test_one_that_was_told_to_hurry_does_not_slow_down_again() -> None:
    states = WorkerStates()
    states.leave(1)
    assert states[1] is WorkerState.LEAVING
    states[1] = WorkerState.HURRIED
    states.leave(1)
    assert states[1] is WorkerState.HURRIED
    assert states.is_leaving(1)


def test_ages_go_on_for_ever_and_places_do_not() -> None:
    states = WorkerStates()
    states[PLACES + 3] = WorkerState.SERVING
    assert states[3] is WorkerState.SERVING


def test_what_a_forked_process_says_is_seen() -> None:
    states = WorkerStates()
    pid = os.fork()
    if pid == 0:
        states[5] = WorkerState.SERVING
        os._exit(0)
    os.waitpid(pid, 0)
    assert states[5] is WorkerState.SERVING
