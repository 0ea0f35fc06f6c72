"""Whose the static reserve is: a part for each node, and of that a part for each of its workers. Pure.

The cluster is told how many nodes it may have at most (``--max-nodes``), so no node has to know the others: the parts
of that many nodes never add up to more than the reserve. A node that counts more than that has no part.

A worker keeps a part of its own for the time without an agent. It is lent for ``LENT_S`` and renewed every second; a
new agent does not know who was lent one, so it lends none before all of them have run out, but renews what is held.
"""

from __future__ import annotations

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


class Shares:
    """Which workers have a part, at most ``workers`` at a time."""

    def __init__(self, workers: int, now: float) -> None:
        self._workers = workers
        self._began = now
        self._until: dict[str, float] = {}

    def renew(self, now: float, worker: str, holds_until: float, window_s: float) -> float:
        """Until when ``worker`` has a part, 0 for not at all; ``holds_until`` is what it was told before.

        What was spent counts for ``window_s`` after a part has ended, so the part is another's only then.
        """
        for gone in [name for name, until in self._until.items() if until + window_s < now]:
            del self._until[gone]
        known = worker in self._until or now < holds_until <= now + LENT_S
        settled = now > self._began + LENT_S + window_s and len(self._until) < self._workers
        if not known and not settled:
            return 0.0
        self._until[worker] = now + LENT_S
        return now + LENT_S
