"""Verifiers from the store: many greenlets ask, what has gathered goes in one call, one read for each credential.

The connection is the agent's own to the store of the configuration, with short waits: requests wait for it. A store
that does not answer is left alone by a breaker, so that nobody waits for what will not come.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import gevent
from gevent.event import AsyncResult, Event

from edge.agent.breaker import Breaker
from edge.agent.credentials.metrics import CredentialMetrics
from weir.models.auth.verifier import Verifier
from weir.store.connect import Client
from weir.store.errors import StoreAway, StoreError
from weir.store.keys import Keys
from weir.store.script_calls import script_call
from weir.store.verifiers import Named, read_verifiers

ASK_S = 1.0
MAX_BATCH = 100
MAX_UNDER_WAY = 2048
"""Credentials that are read, or wait for it, at the same time."""

log = logging.getLogger("weir.agent.credentials")


class Read(NamedTuple):
    """``verifier`` None: there is none. The store was at the change ``seq``, and before the read it was known to be at
    ``asked_at``."""

    verifier: Verifier | None
    seq: int
    asked_at: int


Answer: TypeAlias = "AsyncResult[Read | StoreError]"


class Reads:
    """``start`` and ``stop`` once. ``at`` tells the change up to which the feed is known."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        metrics: CredentialMetrics,
        *,
        at: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._keys = keys
        self._metrics = metrics
        self._at = at
        self._clock = clock
        self._breaker = Breaker()
        self._waiting: list[Named] = []
        self._answers: dict[Named, Answer] = {}
        self._filled = Event()
        self._flusher: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        self._flusher = gevent.spawn(self._flush_for_ever)

    def stop(self) -> None:
        """Whoever waits is told that the store is away."""
        if self._flusher is not None:
            self._flusher.kill()
        self._turn_away(list(self._answers), StoreAway("the node agent stops", sent=False))
        self._client.close()

    def read(self, named: Named, timeout_s: float = ASK_S) -> Read:
        """Blocks this greenlet. Raises StoreAway and StoreError."""
        answer = self._answers.get(named) or self._begin(named)
        try:
            found = answer.get(timeout=timeout_s)
        except gevent.Timeout:
            self._metrics.failed("timeout")
            raise StoreAway(f"the store has not answered within {timeout_s:.0f} s", sent=True) from None
        if isinstance(found, Read):
            return found
        raise found or StoreAway("the read was broken off", sent=True)

    def store_answers(self) -> None:
        """Somebody else found that out."""
        if self._breaker.is_open:
            self._breaker.succeeded()

    def history(self) -> str:
        """Of the server, asked anew: where it is another one, what the server said before may be lost or taken back.
        Raises StoreAway and StoreError."""
        look = script_call(
            "changes", head=self._keys.head(), feed=self._keys.feed(), since=max(0, self._at()), limit=1
        )
        reply = self._client.pipeline([look])[0]
        if isinstance(reply, StoreError):
            raise reply
        return self._client.history(look.key)

    def _begin(self, named: Named) -> Answer:
        """Raises StoreAway if it cannot be asked now."""
        if not self._breaker.allows(self._clock()):
            self._metrics.failed("open")
            raise _left_alone()
        if len(self._answers) >= MAX_UNDER_WAY:
            self._metrics.failed("full")
            raise StoreAway(f"{MAX_UNDER_WAY} credentials are being read already", sent=False)
        answer = self._answers[named] = AsyncResult()
        self._waiting.append(named)
        self._filled.set()
        return answer

    def _flush_for_ever(self) -> None:
        while True:
            self._filled.wait()
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            if self._breaker.allows(self._clock()):
                self._flush(batch)
            else:
                self._turn_away(batch, _left_alone())
            if not self._waiting:
                self._filled.clear()

    def _flush(self, batch: Sequence[Named]) -> None:
        """Every answer of the batch is given, whatever happens. One record that cannot be read costs only itself."""
        at = self._at()
        self._breaker.sending()
        began = self._clock()
        try:
            with self._client.session(self._keys.head()) as session:
                found, seq = read_verifiers(session, self._keys, batch)
        except StoreAway as error:
            self._breaker.failed(self._clock())
            self._metrics.failed("away")
            self._turn_away(batch, error)
        except StoreError as error:
            self._breaker.succeeded()
            self._one_by_one(batch, error)
        except Exception:
            self._breaker.failed(self._clock())
            log.exception("credentials were not read, in a way that nobody foresaw")
            self._turn_away(batch, StoreAway("the read was broken off"))
        else:
            self._breaker.succeeded()
            self._metrics.read(len(batch), self._clock() - began)
            for named, verifier in zip(batch, found, strict=True):
                self._answers.pop(named).set(Read(verifier, seq, at))

    def _one_by_one(self, batch: Sequence[Named], error: StoreError) -> None:
        if len(batch) > 1:
            for named in batch:
                self._flush([named])
        else:
            self._metrics.failed("refused")
            log.warning("%s:%s cannot be read: %s", *batch[0], error)
            self._turn_away(batch, error)

    def _turn_away(self, batch: Sequence[Named], error: StoreError) -> None:
        for named in batch:
            self._answers.pop(named).set(error)


def _left_alone() -> StoreAway:
    return StoreAway("the store does not answer and is left alone for a moment", sent=False)
