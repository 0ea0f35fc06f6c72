"""Brings what workers counted per rule, target and consumer to the store, once a second and exactly once.

* A call that got no answer is repeated as it was, until it is answered: the store knows it by its number.
* Calls are small and follow one another, each in the pipe's next round trip, so that no limit waits for counts. How
  much goes in a second is bounded for the whole cluster: where more changes, it comes seconds later.
* Minutes are the store's: its clock is read with every answer.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

import gevent

from edge.agent.store_pipe import StorePipe
from edge.agent.throttle import Throttle
from edge.agent.traffic.metrics import TrafficMetrics
from edge.agent.traffic.table import MINUTES_A_DAY, Entry, UsageTable
from weir.models.usage import KINDS, MAX_NAME, WIDTH
from weir.store.errors import StoreAway, StoreError
from weir.store.keys import Keys
from weir.store.usage import MAX_ALL_DAYS, Added, Batch, UsageCalls, read_added

EVERY_S = 1.0
DAYS_EVERY_S = 15.0
ASK_S = 1.0
"""Nobody waits for counts."""
LAST_S = 1.0
"""How long the last counts may take at the end."""
CLUSTER_ENTRIES = 2_000
"""Entries that all nodes together bring in a second: about 5 % of a core of the store."""
LEAST_ENTRIES = 64
"""A node may bring so many anyway: one call."""

log = logging.getLogger("weir.agent")


class Usage:
    """A topic of the workers' link, and a loop."""

    def __init__(
        self,
        pipe: StorePipe,
        keys: Keys,
        node: str,
        metrics: TrafficMetrics,
        *,
        nodes: Callable[[], int],
        wall: Callable[[], float] = time.time,
    ) -> None:
        """``nodes``: how many live. ``wall``: Unix seconds, until the store's clock is known and beside it."""
        self._pipe = pipe
        self._calls = UsageCalls(keys, f"{node}:{secrets.token_hex(4)}")
        self._metrics = metrics
        self._nodes = nodes
        self._wall = wall
        self._table = UsageTable()
        self._sending: Batch | None = None
        self._ahead_s = 0.0
        """Of the store's clock."""
        self._days_at = 0.0
        self._throttle = Throttle(log)
        metrics.watch(lambda: len(self._table))

    def answer(self, _connection: int, body: Any) -> None:
        """Takes what a worker counted."""
        if not isinstance(body, list):
            self._metrics.odd()
            return
        entries: list[Entry] = []
        for entry in body:
            if is_entry(entry):
                entries.append((entry[0], entry[1]))
            else:
                self._metrics.odd()
        for period, requests in self._table.add(entries, self._minute()).items():
            self._metrics.lost(period, requests)

    def gone(self, _connection: int) -> None:
        """What a worker told stays."""

    def run(self) -> None:
        """For ever."""
        while True:
            gevent.sleep(EVERY_S)
            self.step()

    def step(self) -> None:
        """Brings what may be brought now."""
        now = time.monotonic()
        days = now >= self._days_at
        left = max(LEAST_ENTRIES, CLUSTER_ENTRIES // max(1, self._nodes()))
        while left > 0:
            batch = self._sending = self._sending or self._table.next_batch(days=days)
            if batch is None:
                self._days_at = now + DAYS_EVERY_S if days else self._days_at
                return
            if not self._bring(batch):
                return
            left -= len(batch.entries)

    def stop(self) -> None:
        """The last counts, days too, if the store takes them at once."""
        self._days_at = 0.0
        until = time.monotonic() + LAST_S
        while time.monotonic() < until and self._pipe.available:
            self.step()
            if self._sending is not None or not len(self._table):
                return

    def _bring(self, batch: Batch) -> bool:
        """Whether it is settled."""
        try:
            reply = read_added(self._pipe.ask(self._calls.add(batch), ASK_S))
        except StoreAway:
            return False
        except StoreError as error:
            self._throttle.warning(f"the store refuses counts of usage: {error}")
            self._metrics.lost(batch.period.kind, self._table.gave_up(batch))
            self._sending = None
            return False
        self._sending = None
        self._ahead_s = reply.now_ms / 1000 - self._wall()
        self._metrics.brought(len(batch.entries))
        self._keep_in_bounds(reply)
        return True

    def _keep_in_bounds(self, reply: Added) -> None:
        today = self._minute() // MINUTES_A_DAY
        if reply.all_days > MAX_ALL_DAYS and 0 <= reply.earliest < today:
            self._pipe.later(self._calls.forget(reply.earliest), lambda _: None)

    def _minute(self) -> int:
        return int((self._wall() + self._ahead_s) // 60)


def is_entry(entry: Any) -> bool:
    """A name and its numbers."""
    if not isinstance(entry, list) or len(entry) != 2:
        return False
    name, numbers = entry
    if not isinstance(name, str) or not name or name[0] not in KINDS or len(name) > MAX_NAME + 1:
        return False
    sound = isinstance(numbers, list) and len(numbers) == WIDTH
    return sound and all(type(number) is int and number >= 0 for number in numbers)
