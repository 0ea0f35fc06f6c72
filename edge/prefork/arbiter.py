"""gunicorn's master, with a reload that never leaves the listener alone and an end that keeps its times.

gunicorn's own reload asks the old workers to stop before the new ones serve, then waits for their end and meanwhile
replaces no dead worker; while old ones live it takes them for workers that serve. Here workers that leave do not
count: new ones start first, old ones are asked to leave once all new ones serve, and one that dies is replaced at once.
"""

from __future__ import annotations

import signal
from typing import Any

from gunicorn.arbiter import Arbiter

from edge.prefork.worker_states import WorkerState, WorkerStates

MAX_LEAVING = 4
"""Generations of workers that may be leaving at one time; a reload beyond hurries the oldest ones."""


class EdgeArbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """``app`` has the ``states`` that the workers inherit."""

    def __init__(self, app: Any) -> None:
        self._states: WorkerStates = app.states
        self._old = 0
        """Workers up to this age are to be replaced."""
        super().__init__(app)

    def spawn_worker(self) -> Any:
        self._states[self.worker_age + 1] = WorkerState.STARTING
        return super().spawn_worker()

    def reload(self) -> None:
        """SIGHUP. What is told to the process stays as it is; its workers and files that were moved are new."""
        self._stats["reloads"] += 1
        self.log.reopen_files()
        self._old = self.worker_age
        leaving = [worker for worker in self._by_age() if self._states.is_leaving(worker.age)]
        for worker in leaving[: max(0, len(leaving) - (MAX_LEAVING - 1) * self.num_workers)]:
            self._states[worker.age] = WorkerState.HURRIED
        self.manage_workers()

    def manage_workers(self) -> None:
        """Called at least once a second, and whenever a worker ended."""
        staying = [worker for worker in self._by_age() if not self._states.is_leaving(worker.age)]
        new = [worker for worker in staying if worker.age > self._old]
        for _ in range(self.num_workers - len(new)):
            self.spawn_worker()
        surplus = new[: max(0, len(new) - self.num_workers)]
        serving = [worker for worker in new if self._states[worker.age] is WorkerState.SERVING]
        if len(serving) >= self.num_workers:
            surplus += [worker for worker in staying if worker.age <= self._old]
        for worker in surplus:
            self._states.leave(worker.age)
            self.kill_worker(worker.pid, signal.SIGTERM)

    def stop(self, graceful: bool = True) -> None:
        """All workers, those that are leaving already too, have the time of a stop from now on."""
        for worker in self._by_age():
            self._states[worker.age] = WorkerState.HURRIED
        super().stop(graceful)

    def _by_age(self) -> list[Any]:
        """The oldest first."""
        return sorted(self.WORKERS.values(), key=lambda worker: worker.age)
