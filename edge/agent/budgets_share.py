"""Whose the static reserve is: a part for each node, and of that a part for each of its workers. Pure.

The cluster is told how many nodes it may have at most (``--max-nodes``), so no node has to know the others: the parts
of that many nodes never add up to more than the reserve. A node that counts more than that has no part.

A worker keeps a part of its own for the time without an agent. It is lent for ``LENT_S`` and renewed every second; a
new agent does not know who was lent one, so it lends none before all of them have run out, but renews what is held.
What somebody else spent of a part before counts for a window. So a part has a moment since when it is nobody else's,
and its owner waits for the window of each budget by itself: a long one keeps nobody from his part of the others.
"""

from __future__ import annotations

from typing import NamedTuple

LENT_S = 60.0


def of_worker(reserve: int, max_nodes: int, workers: int) -> int:
    """Units of a window that each worker may spend without its agent: half the node's part, split."""
    return reserve // share_divisor(max_nodes, workers)


def of_agent(reserve: int, max_nodes: int, workers: int) -> int:
    """Units of a window that the agent lends: the node's part without what its workers have."""
    return reserve // max_nodes - workers * of_worker(reserve, max_nodes, workers)


def share_divisor(max_nodes: int, workers: int) -> int:
    """What a worker's part is of the reserve, as 1/n."""
    return 2 * max_nodes * workers


class Part(NamedTuple):
    """Of a worker: nobody else's after ``since``, its own until ``until``; 0 is none."""

    since: float
    until: float


NO_PART = Part(0.0, 0.0)


class Shares:
    """Which workers have a part, at most ``workers`` at a time."""

    def __init__(self, workers: int, now: float) -> None:
        self._workers = workers
        self._parts: dict[str, Part] = {}
        self._free = [now + LENT_S] * workers
        """Since when each of the parts that nobody has is nobody's."""

    def renew(self, now: float, worker: str, held: Part) -> Part:
        """What ``worker`` has from now on; ``held`` is what it was told before, perhaps by another agent."""
        self._end_those_not_renewed(now)
        part = self._parts.get(worker)
        if part is None and now < held.until <= now + LENT_S:
            part = held
            if self._free:
                self._free.pop()
        elif part is None and self._free and min(self._free) <= now:
            part = Part(min(self._free), 0.0)
            self._free.remove(part.since)
        if part is None:
            return NO_PART
        self._parts[worker] = part._replace(until=now + LENT_S)
        return self._parts[worker]

    def leave(self, now: float, worker: str) -> None:
        """It spends nothing of its part any more."""
        if worker in self._parts:
            self._end(worker, now)

    def _end_those_not_renewed(self, now: float) -> None:
        for worker, part in list(self._parts.items()):
            if part.until < now:
                self._end(worker, part.until)

    def _end(self, worker: str, at: float) -> None:
        del self._parts[worker]
        if len(self._parts) + len(self._free) < self._workers:
            self._free.append(at)
