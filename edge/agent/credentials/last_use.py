"""When credentials were last used: merged from the workers, brought to the store once a minute.

Best effort and bounded: what the store does not take waits for the next minute, and an agent that is killed loses a
minute.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import gevent

from edge.agent.credentials.keeper import KINDS
from edge.agent.credentials.metrics import CredentialMetrics
from edge.agent.throttle import Throttle
from edge.link.credential_words import MAX_ID, MAX_USED
from weir.store.errors import StoreError
from weir.store.used import Used

EVERY_S = 60.0
MOST = 200_000
"""Names that wait."""
BATCH = 500
"""Names in one call."""

log = logging.getLogger("weir.agent.credentials")


class LastUse:
    """A topic of the workers' link, and a loop. ``touched`` hears which credentials are in use."""

    def __init__(
        self,
        used: Used,
        metrics: CredentialMetrics,
        *,
        touched: Callable[[Iterable[str]], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._used = used
        self._metrics = metrics
        self._touched = touched
        self._wall = wall
        self._waiting: dict[str, int] = {}
        self._throttle = Throttle(log, interval_s=EVERY_S)

    def __len__(self) -> int:
        """Names that wait."""
        return len(self._waiting)

    def answer(self, _connection: int, body: Any) -> None:
        """Takes what a worker tells."""
        names = body.get("names") if isinstance(body, dict) else None
        if not isinstance(names, dict) or len(names) > MAX_USED:
            self._metrics.answered("odd")
            return
        now_ms = int(self._wall() * 1000)
        sound = {name: min(at, now_ms) for name, at in names.items() if _is_use(name, at)}
        self._metrics.use_lost(len(names) - len(sound))
        self._touched(sound)
        for name, at in sound.items():
            if name in self._waiting or len(self._waiting) < MOST:
                self._waiting[name] = max(at, self._waiting.get(name, 0))
            else:
                self._metrics.use_lost(1)

    def gone(self, _connection: int) -> None:
        """What a worker told stays."""

    def run(self) -> None:
        """For ever."""
        while True:
            gevent.sleep(EVERY_S)
            self.bring()

    def bring(self) -> None:
        """All that waits; what the store does not take goes on waiting, unless it is newer by now."""
        while self._waiting:
            names = list(islice(self._waiting, BATCH))
            batch = {name: self._waiting.pop(name) for name in names}
            try:
                self._used.note(batch)
            except StoreError as error:
                for name, at in batch.items():
                    self._waiting[name] = max(at, self._waiting.get(name, 0))
                self._throttle.warning(f"the last uses of credentials wait for the store: {error}")
                return


def _is_use(name: Any, at: Any) -> bool:
    if not isinstance(name, str) or type(at) is not int or at < 0:
        return False
    kind, _, id_ = name.partition(":")
    return kind in KINDS and 0 < len(id_) <= MAX_ID
