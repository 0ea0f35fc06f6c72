"""Follows the store: its version to this node's disk, then to the workers.

Every ``POLL_S`` at the latest the sequence of the feed is asked; pub/sub only wakes earlier, for a subscription that is
half open looks alive. Whether a version may be left for another is decided by ``weir.store.identity``, nowhere else.
Whatever fails leaves the node as it was, is counted, and is tried again.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable

import gevent

from edge.agent.facts import STORE_TROUBLES, Facts
from edge.agent.metrics import StateMetrics
from edge.agent.store_parts import StoreParts
from edge.agent.throttle import Throttle
from edge.versions.files import Identity, VersionFiles
from weir.store.errors import ChunksGone, ChunkUnreadable, ManifestUnreadable, StoreError
from weir.store.feed import POLL_LIMIT, Changes
from weir.store.identity import Follow, Held, Replace, Stay, decide
from weir.store.versions import Head, decode_manifest, digest_of

POLL_S = 0.5
"""Seconds between two looks at the store when nothing wakes the agent."""
RECHECK_S = 5.0
"""Seconds after which the head is read even though the feed says that nothing changed, and at the earliest of which
a version that a worker refused is offered again."""
FIRST_BACKOFF_S = 0.1
LONGEST_BACKOFF_S = 1.0

UNREADABLE = (ChunksGone, ChunkUnreadable, ManifestUnreadable)
"""The store answers, but a version in it is damaged or cut off."""

log = logging.getLogger("weir.agent")


class Follower:
    """``tell`` sends the held version to the workers; ``settled`` is called after every good look at the store.
    ``followed`` gets what each look at the feed found, and the monotonic second at which it began, before anything else
    is done about it; it must neither block nor raise. ``heard`` gets it afterwards and may raise StoreError: then it
    hears of a gap the next time."""

    def __init__(
        self,
        store: StoreParts,
        files: VersionFiles,
        facts: Facts,
        metrics: StateMetrics,
        *,
        tell: Callable[[], None],
        settled: Callable[[], None],
        heard: Callable[[Changes], None] = lambda _changes: None,
        followed: Callable[[Changes, float], None] = lambda _changes, _began_at: None,
    ) -> None:
        self._store = store
        self._files = files
        self._facts = facts
        self._metrics = metrics
        self._tell = tell
        self._settled = settled
        self._heard = heard
        self._followed = followed
        self._throttle = Throttle(log)
        self._seq = 0
        self._incarnation = ""
        self._is_unheard = False
        """``heard`` was not told of some changes."""
        self._is_behind = False
        """There may be more changes than the last look has seen."""
        self._look_again = True
        """The last look did not end in a state that only the store can change."""
        self._check_files = True
        self._recheck_at = 0.0
        self._rechecked_at = float("-inf")
        self._failures = 0

    def resume(self, seq: int) -> None:
        """Changes up to ``seq`` are known from an earlier life; before the first step."""
        self._seq = max(0, seq)

    def pause(self, wait_s: float) -> None:
        """Waits, or until the store says that something changed."""
        if self._facts.store == "up":
            self._store.wake.wait(wait_s)
        else:
            gevent.sleep(wait_s)

    def step(self) -> float:
        """One look at the store; returns the seconds until the next one is due."""
        try:
            self._look()
        except UNREADABLE as error:
            self._trouble("store_incomplete", str(error))
            return self._failed("up", f"the store's version cannot be taken: {error}")
        except StoreError as error:
            self._facts.store_detail = str(error)
            return self._failed("away", f"the store is away: {error}")
        except OSError as error:
            self._facts.disk_error = str(error)
            return self._failed("up", f"the node's disk refuses the version: {error}")
        self._failures = 0
        if not self._check_files:
            self._facts.disk_error = ""
        if self._facts.store != "up":
            log.info("the store answers")
            self._facts.store = "up"
            self._tell()
        self._settled()
        return 0.0 if self._is_behind else POLL_S

    def recheck_files(self) -> None:
        """A worker could not load the held version: its files are checked, and what is damaged is fetched."""
        self._check_files = True
        now = time.monotonic()
        if now >= self._rechecked_at + RECHECK_S:
            self._rechecked_at = now
            self._look_again = True

    def take(self, number: int, digest: str) -> None:
        """Makes version ``number`` the held one, whatever was held before (``decide`` or a person said so).

        Raises ``StoreError`` and ``OSError``; then everything is as it was.
        """
        data = self._store.versions.manifest_bytes(number)
        if data is None or digest_of(data) != digest:
            raise ChunksGone([digest])
        manifest = decode_manifest(data)
        chunks = self._store.versions.fetch_chunks(self._files.missing(manifest))
        self._files.write(manifest, digest, chunks)
        self._facts.held = Identity(manifest.incarnation, manifest.number, digest)
        self._look_again = True
        self._tell()
        log.info("version %d of %s is on this node", number, manifest.incarnation[:8])

    def forget(self) -> None:
        """Leaves the held version for the empty configuration; a person said so. Raises ``OSError``."""
        self._files.forget()
        self._facts.held = None
        self._look_again = True
        self._tell()

    def _look(self) -> None:
        began_at = time.monotonic()
        changes = self._store.feed.poll(self._seq)
        changed = bool(changes.entries) or changes.gap or changes.incarnation != self._incarnation
        self._followed(changes, began_at)
        self._is_behind = len(changes.entries) >= POLL_LIMIT
        self._seq, self._incarnation = changes.seq, changes.incarnation
        missed, self._is_unheard = self._is_unheard, True
        if changed or self._look_again or time.monotonic() >= self._recheck_at:
            self._look_again = True
            self._settle()
            self._look_again = False
            self._recheck_at = time.monotonic() + RECHECK_S
        self._heard(changes._replace(gap=True) if missed else changes)
        self._is_unheard = False

    def _settle(self) -> None:
        """Follows the head as far as identity allows, and says what forbids it."""
        head = self._store.versions.head()
        held = self._facts.held
        decision = decide(Held(*held) if held else None, head)
        if head is None and held is None:
            self._trouble("", "")
        elif head is None or isinstance(decision, Stay):
            self._stay(decision.reason if isinstance(decision, Stay) else "store_empty", head)
        else:
            self._take_over(decision, head)
        if self._check_files:
            self._heal()

    def _take_over(self, decision: Follow | Replace, head: Head) -> None:
        self.take(head.number, head.digest)
        self._trouble("", "")
        self._metrics.followed.inc()
        if isinstance(decision, Replace):
            self._metrics.replaced.inc()
            log.warning("version %d had another content in the store; the store won", head.number)

    def _stay(self, reason: str, head: Head | None) -> None:
        if reason not in STORE_TROUBLES:
            self._trouble("", "")
            return
        held = self._facts.held
        mine = f"version {held.number} of {held.incarnation[:8]}" if held else "none"
        theirs = f"has version {head.number} of {head.incarnation[:8]}" if head else "is empty"
        advice = "" if reason == "reader_too_old" else "; `weir adopt` decides which is right"
        self._trouble(reason, f"the store {theirs}, this node holds {mine}{advice}")

    def _trouble(self, trouble: str, detail: str) -> None:
        if detail and detail != self._facts.store_detail:
            log.error("%s: %s", trouble, detail)
        self._facts.store_trouble, self._facts.store_detail = trouble, detail

    def _heal(self) -> None:
        """Fetches what is damaged of the held version; if nothing is, the workers are simply told again."""
        held, manifest = self._facts.held, self._files.manifest()
        if held is not None and (manifest is None or self._files.missing(manifest)):
            try:
                self.take(held.number, held.hash)
            except UNREADABLE:
                lost = f"files of version {held.number} are damaged and the store has them no more"
                log.error("%s", lost)
                self._facts.disk_error = lost
                return
            log.info("damaged files of version %d were fetched again", held.number)
        elif held is not None:
            self._tell()
        self._check_files = False

    def _failed(self, store: str, message: str) -> float:
        self._facts.store = "up" if store == "up" else "away"
        self._look_again = True
        self._metrics.store_failures.inc()
        self._throttle.warning(message)
        wait_s = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return wait_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads nodes, hides nothing
