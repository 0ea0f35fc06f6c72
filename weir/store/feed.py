"""The feed: numbered changes that every node follows by polling; pub/sub only cuts the wait short.

A gap means that changes were missed: reload what the feed is about. Nothing here depends on pub/sub; a subscription
that is dead without knowing it is the normal failure.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from weir.store.connect import Client, Subscription
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import run_script

MAX_POLL = 1000
POLL_LIMIT = 500
"""Changes of one poll, where nothing else is said; with as many there may be more."""
FEED_LENGTH = 1000
"""Changes that the store keeps."""
_QUIET_S = 5.0
"""After so much silence a subscription is asked for a sign of life, after twice that it is given up."""


class Change(NamedTuple):
    """Something that nodes keep has changed."""

    seq: int
    topic: str
    """``version``, ``drain``, ``credential``, ``issuer``, ``signing``, ``revoked``, ``user``, ``initial``."""
    id: str
    """Of a version: its number; of a credential: ``<kind>:<id>``; ``consumer:<name>`` concerns all that it has."""


class Changes(NamedTuple):
    """The answer to a poll."""

    entries: tuple[Change, ...]
    seq: int
    """What to poll with next."""
    gap: bool
    """Changes between the last poll and ``entries`` are not in the feed (any more)."""
    incarnation: str
    """Whose numbers these are; empty for an empty store. Numbers of another incarnation mean nothing."""


class Feed:
    """Changes since a number. Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def poll(self, since: int, limit: int = POLL_LIMIT) -> Changes:
        """At most ``limit`` changes after ``since``, at once: it waits for nothing but the answer."""
        with self._client.session(self._keys.head()) as session:
            incarnation, newest, rows = run_script(
                session,
                "changes",
                head=self._keys.head(),
                feed=self._keys.feed(),
                since=since,
                limit=max(1, min(limit, MAX_POLL)),
            )
        entries = tuple(_change(row[0], row[1]) for row in rows)
        return changes(since, entries, int(newest), incarnation.decode())


def changes(since: int, entries: tuple[Change, ...], newest: int, incarnation: str) -> Changes:
    """Judge what was read: a reader at ``since`` who gets ``entries`` from a feed whose newest number is ``newest``."""
    if entries:
        return Changes(entries, entries[-1].seq, entries[0].seq != since + 1, incarnation)
    return Changes((), newest, newest != since, incarnation)


class Wake:
    """``wait`` returns early when something has changed."""

    def __init__(self, client: Client, keys: Keys, *, quiet_s: float = _QUIET_S) -> None:
        self._client = client
        self._channel = keys.wake()
        self._quiet_s = quiet_s
        self._subscription: Subscription | None = None
        self._heard_s = 0.0
        self._asked = False

    def wait(self, timeout_s: float) -> bool:
        """Wait at most about ``timeout_s``; True if something has changed, or may have: the caller polls then anyway.

        Never raises: without a subscription it sleeps, and tries to subscribe again at the next call. Subscribing
        may take as long as the client's own timeouts.
        """
        ends_s = time.monotonic() + timeout_s
        try:
            woken = self._listen(ends_s)
        except StoreError:
            self.close()
            woken = False
        rest_s = ends_s - time.monotonic()
        if not woken and rest_s > 0:
            time.sleep(rest_s)
        return woken

    def close(self) -> None:
        """End the subscription; the next ``wait`` makes another."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    def _listen(self, ends_s: float) -> bool:
        subscription = self._live()
        while (rest_s := ends_s - time.monotonic()) > 0:
            kind = subscription.next(rest_s)
            if kind is None:
                continue
            self._heard_s, self._asked = time.monotonic(), False
            if kind == "message":
                return True
        return False

    def _live(self) -> Subscription:
        """The subscription, made or given up as its silence demands."""
        silent_s = time.monotonic() - self._heard_s
        if self._subscription is not None and silent_s > 2 * self._quiet_s and self._asked:
            self.close()
        if self._subscription is None:
            self._subscription = self._client.subscribe(self._channel)
            self._heard_s, self._asked = time.monotonic(), False
        elif silent_s > self._quiet_s and not self._asked:
            self._subscription.ping()
            self._asked = True
        return self._subscription


def _change(entry: bytes, fields: dict[bytes, bytes] | list[bytes]) -> Change:
    """A row of the script: the entry's id and its flat list of fields."""
    named = fields if isinstance(fields, dict) else dict(zip(fields[::2], fields[1::2], strict=True))
    return Change(int(entry.partition(b"-")[0]), named[b"topic"].decode(), named[b"id"].decode())
