"""What gunicorn's master and its workers know of each other: a byte for each worker, in memory that they share.

A worker says that it serves, and that it leaves; the master says that it must hurry, since all of the edge ends.
"""

from __future__ import annotations

import mmap
from enum import IntEnum

PLACES = 4096
"""A worker's place is its age modulo this; far more than there are at one time."""


class WorkerState(IntEnum):
    STARTING = 0
    SERVING = 1
    LEAVING = 2
    """It takes no more connections and ends with its last one, or when its time is over."""
    HURRIED = 3
    """It is leaving, and its time is that of a stop."""


class WorkerStates:
    """Made by the master before it forks."""

    def __init__(self) -> None:
        self._bytes = mmap.mmap(-1, PLACES)

    def __getitem__(self, age: int) -> WorkerState:
        """``age`` is gunicorn's number of a worker."""
        return WorkerState(self._bytes[age % PLACES])

    def __setitem__(self, age: int, state: WorkerState) -> None:
        self._bytes[age % PLACES] = state

    def leave(self, age: int) -> None:
        """A hurried one stays so."""
        if self[age] is not WorkerState.HURRIED:
            self[age] = WorkerState.LEAVING

    def is_leaving(self, age: int) -> bool:
        return self[age] >= WorkerState.LEAVING
