"""Credentials as the agent has them: what ``boot`` wires."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from prometheus_client import CollectorRegistry

from edge.agent.credentials.cache import Cache
from edge.agent.credentials.disk import Disk, Standing
from edge.agent.credentials.keeper import Keeper
from edge.agent.credentials.last_use import LastUse
from edge.agent.credentials.metrics import CredentialMetrics
from edge.agent.credentials.position import Position
from edge.agent.credentials.reads import Reads
from edge.agent.credentials.renewal import Renewal
from edge.agent.credentials.revoked import RevokedKeeper
from edge.agent.credentials.snapshot import State
from edge.agent.facts import Facts
from edge.agent.worker_link import Topic, WorkerLink
from edge.link.credential_words import CREDENTIAL, USED
from weir.secrets.ring import KeyRing
from weir.store.connect import Client
from weir.store.feed import Changes
from weir.store.keys import Keys
from weir.store.revoked import Revoked
from weir.store.used import Used

LAST_S = 3.0
"""How long the last write to the disk may take."""

log = logging.getLogger("weir.agent.credentials")


class Credentials:
    """``start``, then run ``loops``, and ``stop`` when they have ended."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        directory: Path,
        ring: KeyRing | None,
        link: WorkerLink,
        facts: Facts,
        registry: CollectorRegistry,
    ) -> None:
        """``client`` is the agent's own, with short waits; ``directory`` the node's."""
        self.metrics = CredentialMetrics(registry)
        self._reads = Reads(client, keys, self.metrics, at=lambda: self._keeper.at)
        self._disk = Disk(
            directory, ring, state=self._state, standing=self._standing, failed=self.metrics.disk_failed
        )
        self.revoked = RevokedKeeper(Revoked(client, keys), link, grown=self._disk.revoked)
        self._keeper = Keeper(
            self._reads, link, facts, self.metrics, self._disk, on_look=self.revoked.looked, cache=Cache()
        )
        self._renewal = Renewal(self._keeper, self._reads)
        self._last_use = LastUse(Used(client, keys), self.metrics, touched=self._keeper.cache.touch)
        self._writer: gevent.Greenlet[..., None] | None = None
        for greeting in (self._keeper.greeting, self.revoked.greeting):
            link.greet_with(greeting)
        self.metrics.watch(
            known=lambda: len(self._keeper.cache),
            suspects=lambda: self._keeper.cache.suspects,
            revoked=lambda: len(self.revoked),
            stale=lambda: -1.0 if self._stale_s() is None else self._stale_s() or 0.0,
        )

    def topics(self) -> dict[str, Topic]:
        return {CREDENTIAL: self._keeper, USED: self._last_use}

    def start(self) -> int:
        """Takes what an earlier life left; gives the change up to which that is right, -1: none. Raises OSError."""
        self._reads.start()
        left = self._disk.load()
        self._writer = gevent.spawn(self._disk.run)
        if not self._disk.is_kept:
            log.info("no key ring was given (--secrets), so credentials are kept in memory only")
        if left is None:
            return -1
        age_s = max(0.0, time.time() - left.standing.confirmed_s)
        self._keeper.load(left.standing.position, left.contents.verifiers, time.monotonic() - age_s)
        self._keeper.cache.drop(left.drops)
        self.revoked.load(left.contents.revoked)
        self._renewal.history = left.standing.history
        return left.standing.position.seq

    def loops(self) -> list[Callable[[], None]]:
        """Beside that of the disk, which no one must kill."""
        return [self._renewal.run, self.revoked.run, self._last_use.run]

    def followed(self, changes: Changes, began_at: float) -> None:
        """After every look at the feed. Neither blocks nor raises: versions are followed whatever happens here, and
        what was not taken in is not confirmed."""
        try:
            self._reads.store_answers()
            self._keeper.followed(changes, began_at)
        except Exception:
            log.exception("a look at the feed was not taken in for credentials")

    def stop(self) -> None:
        self._last_use.bring()
        self._disk.end()
        if self._writer is not None:
            self._writer.join(LAST_S)
        self._reads.stop()

    def page(self) -> dict[str, Any]:
        """Numbers only: names of credentials are nobody's business here."""
        cache, stale_s = self._keeper.cache, self._stale_s()
        return {
            "known": len(cache),
            "of": {kind: number for kind, number in sorted(cache.kinds.items()) if number},
            "absent": cache.absent,
            "suspects": cache.suspects,
            "revoked": len(self.revoked),
            "confirmed_s_ago": None if stale_s is None else round(stale_s, 1),
            "uses_waiting": len(self._last_use),
            "disk": {"kept": self._disk.is_kept, "bytes": self._disk.snapshot_bytes},
        }

    def _stale_s(self) -> float | None:
        at = self._keeper.confirmed_at
        return None if at is None else time.monotonic() - at

    def _state(self) -> State:
        cache = self._keeper.cache
        return State(cache.names(), cache.verifiers(), self.revoked.parts())

    def _standing(self) -> Standing | None:
        position, stale_s = self._keeper.position, self._stale_s()
        if position is None or stale_s is None:
            return None
        if not self._keeper.is_sure:
            position = Position(position.incarnation, -1)
        return Standing(position, time.time() - stale_s, self._renewal.history)
