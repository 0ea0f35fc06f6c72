"""Issuers as the agent has them: the store's word, the workers' questions, and the keeper between them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from edge.agent.facts import Facts
from edge.agent.issuers.documents import BadDocument, public_keys_of
from edge.agent.issuers.issuer import Terms
from edge.agent.issuers.keeper import IssuerKeeper
from edge.agent.throttle import Throttle
from edge.auth.issuers import MAX_ISSUERS, MAX_URL
from weir.models.auth.records import Issuer
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.feed import Changes
from weir.store.keys import Keys
from weir.store.record_kinds import ISSUERS
from weir.store.records import Records
from weir.store.signing import TOPIC as SIGNING
from weir.store.signing import SigningStore

RECHECK_S = 60.0
PAGE = 50
OWN_EVERY_S = 1.0
"""For a token with an unknown key the store is asked for own keys no sooner than this after the last time."""

log = logging.getLogger("weir.agent.issuers")


class IssuerStore(NamedTuple):
    """What is read of it."""

    registered: Records[Issuer]
    signing: SigningStore

    @classmethod
    def of(cls, client: Client, keys: Keys) -> IssuerStore:
        return cls(Records(client, keys, ISSUERS), SigningStore(client, keys))


class IssuerService:
    """Follows the feed (``heard``); ``wanted`` and ``key`` are its topics."""

    def __init__(
        self,
        store: IssuerStore,
        keeper: IssuerKeeper,
        facts: Facts,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._facts = facts
        self._clock = clock
        self._throttle = Throttle(log)
        self._incarnation = ""
        self._due = float("-inf")
        self._own_read = float("-inf")
        self.keeper = keeper
        self.wanted = Wanted(keeper)
        self.key = UnknownKey(keeper, self._read_own_soon)

    def heard(self, changes: Changes) -> None:
        """After every look at the feed. A store that is not the one whose version this node holds is not believed.
        Raises StoreError."""
        moved = changes.gap or changes.incarnation != self._incarnation or self._clock() >= self._due
        topics = {change.topic for change in changes.entries}
        held = self._facts.held
        if held is None or held.incarnation == changes.incarnation:
            if moved or ISSUERS.topic in topics:
                self._read_registered()
            if moved or SIGNING in topics:
                self._read_own()
        if moved:
            self._incarnation, self._due = changes.incarnation, self._clock() + RECHECK_S

    def page(self) -> dict[str, Any]:
        """For a person."""
        return {"own": self.keeper.own_state(), "issuers": self.keeper.state()}

    def _read_registered(self) -> None:
        found: list[Terms] = []
        after = ""
        while True:
            kept, after = self._store.registered.page(after=after, limit=PAGE)
            found.extend(Terms.of(each.record) for each in kept)
            if not after:
                break
        self.keeper.register(found)

    def _read_own(self) -> None:
        self._own_read = self._clock()
        public = self._store.signing.public()
        if public is None:
            self.keeper.take_own("", {})
            return
        try:
            self.keeper.take_own(public.issuer, public_keys_of(public.jwks.encode()))
        except BadDocument as error:
            self._throttle.warning(f"the own public keys in the store cannot be used: the set {error}")

    def _read_own_soon(self) -> None:
        """Before the feed says so. Raises StoreError."""
        if self._clock() >= self._own_read + OWN_EVERY_S:
            self._read_own()


class Wanted:
    """A ``Topic``: which issuers a worker's rules name."""

    def __init__(self, keeper: IssuerKeeper) -> None:
        self._keeper = keeper

    def answer(self, connection: int, body: Any) -> Any:
        urls = body.get("urls") if isinstance(body, dict) else None
        if isinstance(urls, list) and len(urls) <= MAX_ISSUERS:
            sound = tuple(url for url in urls if isinstance(url, str) and 0 < len(url) <= MAX_URL)
            self._keeper.want(connection, sound)

    def gone(self, connection: int) -> None:
        self._keeper.want(connection, ())


class UnknownKey:
    """A ``Topic``: a token names a key that the worker does not know."""

    def __init__(self, keeper: IssuerKeeper, read_own: Callable[[], None]) -> None:
        self._keeper = keeper
        self._read_own = read_own

    def answer(self, connection: int, body: Any) -> Any:  # noqa: ARG002 - one answer for all
        """What ``edge.auth.issuers`` says; nil for what is no question."""
        url = body.get("issuer") if isinstance(body, dict) else None
        if not isinstance(url, str):
            return None
        own = self._keeper.own_word()
        if own is None or own["issuer"] != url:
            word, sure = self._keeper.asked(url)
            return {"word": word, "sure": sure}
        try:
            self._read_own()
        except StoreError:
            return {"word": own, "sure": False}
        return {"word": self._keeper.own_word(), "sure": True}

    def gone(self, connection: int) -> None:
        """Nothing is kept of it."""
