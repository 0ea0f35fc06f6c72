"""Reads suspects anew, few at a time, so that what is kept can be believed again; looks whether the store went back.

A store that restarts or fails over may have lost its last changes, and may have given their numbers to others since:
the feed alone cannot tell. Its history can.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import gevent
from gevent.pool import Pool

from edge.agent.credentials.keeper import Keeper
from edge.agent.credentials.reads import Reads
from weir.store.errors import StoreError

AT_ONCE = 32
PAUSE_S = 0.02
"""Between two such reads: a store of many nodes is left room for other work."""
IDLE_S = 0.25
RETRY_S = 1.0
HISTORY_S = 5.0
"""Between two looks at the history."""

log = logging.getLogger("weir.agent.credentials")


class Renewal:
    """``run`` it in a greenlet of its own."""

    def __init__(
        self, keeper: Keeper, reads: Reads, *, history: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._keeper = keeper
        self._reads = reads
        self._clock = clock
        self._pool: Pool = Pool(AT_ONCE)
        self.history = history
        """Of the store that all that is kept comes from; empty: not known, which is as good as another one."""
        self._history_at = float("-inf")

    def run(self) -> None:
        """For ever."""
        while True:
            gevent.sleep(self.step())

    def step(self) -> float:
        """Gives the seconds until the next one."""
        if not self._keeper.follows():
            return IDLE_S
        try:
            if self._clock() >= self._history_at + HISTORY_S:
                self._look_at_history()
                self._history_at = self._clock()
            return self._renew()
        except StoreError as error:
            log.debug("suspects wait for the store: %s", error)
            return RETRY_S

    def _look_at_history(self) -> None:
        found = self._reads.history()
        if found != self.history and len(self._keeper.cache):
            log.info("the store may have restarted or failed over: credentials are read anew")
            self._keeper.distrust()
        self.history = found

    def _renew(self) -> float:
        """Raises StoreError."""
        names = self._keeper.cache.some_suspects(AT_ONCE)
        if not names:
            return IDLE_S
        settled = self._pool.map(self._renewed, names)
        return PAUSE_S if any(settled) else RETRY_S

    def _renewed(self, name: str) -> bool:
        try:
            return self._keeper.renew(name)
        except StoreError:
            return False
