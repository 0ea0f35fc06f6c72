"""All issuers whose tokens workers may meet: those that a person registered, those that rules name, and the own one.

The workers are told whatever changes; nothing that they ask waits for a network longer than ``ASKED_S``. Issuers are
looked at in greenlets of their own, at most ``MAX_LOOKING`` at once.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gevent.event import Event
from gevent.lock import Semaphore
from gevent.pool import Group

from edge.agent.issuers.disk import Known, Own, Row, read_known, write_known
from edge.agent.issuers.issuer import ForeignIssuer, Terms
from edge.agent.issuers.look import Get, NoKeys, look
from edge.agent.throttle import Throttle
from edge.auth.issuers import MAX_ISSUERS, NEWS
from edge.auth.jwt.keys import ALGORITHMS

MAX_LOOKING = 8
ASKED_S = 1.8
KEEP_S = 600.0
"""One that no rule names any more is kept for so long: workers come and go."""
LONGEST_PAUSE_S = 5.0
OWN = "own"
"""Key of the news of the own one: of two, the newer counts."""

log = logging.getLogger("weir.agent.issuers")

Announce = Callable[[str, Any, str], None]


class IssuerKeeper:
    """``start`` it, and let ``run`` run."""

    def __init__(
        self,
        path: Path,
        get: Get,
        announce: Announce,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """``path``: where it is kept. ``chance``: 0 to 1, spreads looks over time."""
        self._path = path
        self._get = get
        self._announce = announce
        self._clock, self._wall, self._chance = clock, wall, chance
        self._throttle = Throttle(log)
        self._registered: dict[str, Terms] = {}
        self._wanted: dict[int, tuple[str, ...]] = {}
        self._own: Own | None = None
        self._known: dict[str, ForeignIssuer] = {}
        self._unneeded: dict[str, float] = {}
        """Since when."""
        self._gone: dict[str, float] = {}
        """Since when: workers were told to forget them."""
        self._looking: dict[str, Event] = {}
        self._slots = Semaphore(MAX_LOOKING)
        self._greenlets: Group = Group()
        self._wake = Event()

    def start(self) -> None:
        """What the disk says holds until somebody says otherwise."""
        known = read_known(self._path)
        self._registered = {row.terms.url: row.terms for row in known.rows if row.registered}
        for row in known.rows:
            one = self._known[row.terms.url] = ForeignIssuer(row.terms, self._clock())
            if row.jwks is not None:
                one.restore(row.jwks, row.fetched_s, self._wall())
        self._take_own(known.own)
        for one in self._known.values():
            self._tell(one)
        self._settle()

    def stop(self) -> None:
        self._greenlets.kill(timeout=1)

    def register(self, terms: Iterable[Terms]) -> None:
        """All that are registered; of two with the same URL the first counts."""
        registered: dict[str, Terms] = {}
        for each in terms:
            registered.setdefault(each.url, each)
        if registered != self._registered:
            self._registered = registered
            self._settle()
            self._write()

    def want(self, connection: int, urls: tuple[str, ...]) -> None:
        """What the rules of one worker name; nothing, when it is gone."""
        if urls:
            self._wanted[connection] = urls[:MAX_ISSUERS]
        else:
            self._wanted.pop(connection, None)
        self._settle()

    def take_own(self, url: str, jwks: dict[str, Any]) -> None:
        """This cluster's own; an empty URL: it has none."""
        own = Own(url, jwks) if url else None
        if own != self._own:
            self._take_own(own)
            self._settle()
            self._write()

    def own_word(self) -> dict[str, Any] | None:
        own = self._own
        if own is None:
            return None
        return {
            "issuer": own.url,
            "own": True,
            "enabled": True,
            "jwks": own.jwks,
            "algorithms": sorted(ALGORITHMS),
            "consumer_claim": "",
            "scope_claim": "scope",
            "problem": "",
        }

    def asked(self, url: str) -> tuple[dict[str, Any] | None, bool]:
        """For a token with an unknown key: the newest word, after a look where one is due, and whether the issuer has
        surely no other keys. Blocks for ``ASKED_S``."""
        one = self._known.get(url)
        if one is None:
            return None, False
        looked = self._looking.get(url)
        if looked is None and one.terms.enabled and one.may_be_asked(self._clock()):
            looked = self._begin(one)
        ended = looked is None or looked.wait(ASKED_S)
        return one.word(), bool(ended) and not one.problem

    def run(self) -> None:
        """For ever."""
        while True:
            self._wake.clear()
            pause_s = self.step()
            self._wake.wait(pause_s)

    def step(self) -> float:
        """Begins the looks that are due and forgets what is too old; returns the seconds until the next is due."""
        now = self._clock()
        self._forget_old(now)
        for url, one in list(self._known.items()):
            if one.outdated(now, self._wall()):
                log.error("the keys of %s are too old to be trusted: %s", url, one.problem)
                self._tell(one)
            if one.terms.enabled and one.due <= now and url not in self._looking:
                self._begin(one)
        dues = [one.due for url, one in self._known.items() if one.terms.enabled and url not in self._looking]
        return max(0.05, min([LONGEST_PAUSE_S, *(due - now for due in dues)]))

    def state(self) -> list[dict[str, Any]]:
        """For a person, in order. Ages in seconds; None: there are no keys."""
        wall = self._wall()
        return [
            {
                "issuer": url,
                "registered": url in self._registered,
                "enabled": one.terms.enabled,
                "keys": len((one.jwks or {}).get("keys", ())),
                "age_s": round(wall - one.fetched_s, 1) if one.jwks is not None else None,
                "failures": one.failures,
                "problem": one.problem,
            }
            for url, one in sorted(self._known.items())
        ]

    def own_state(self) -> dict[str, Any] | None:
        own = self._own
        return None if own is None else {"issuer": own.url, "keys": len(own.jwks.get("keys", ()))}

    def _take_own(self, own: Own | None) -> None:
        before, self._own = self._own, own
        word = self.own_word()
        if word is not None:
            self._announce(NEWS, word, OWN)
        elif before is not None:
            self._announce(NEWS, {"issuer": before.url, "own": True, "gone": True}, OWN)

    def _settle(self) -> None:
        """Those that are needed are known, by the terms that hold now."""
        now, needed = self._clock(), self._needed()
        for url in needed:
            terms = self._registered.get(url, Terms(url))
            one = self._known.get(url)
            if one is None:
                one = self._known[url] = ForeignIssuer(terms, now)
                self._gone.pop(url, None)
                self._tell(one)
            elif one.change(terms, now):
                self._tell(one)
        self._unneeded = {url: self._unneeded.get(url, now) for url in self._known.keys() - needed}
        self._wake.set()

    def _needed(self) -> frozenset[str]:
        """At most ``MAX_ISSUERS``; registered ones come first."""
        named = {url for urls in self._wanted.values() for url in urls}
        if self._own is not None:
            named.discard(self._own.url)
        found = [*self._registered, *sorted(named - self._registered.keys())]
        if len(found) > MAX_ISSUERS:
            self._throttle.warning(f"{len(found)} issuers are named; only {MAX_ISSUERS} are followed")
        return frozenset(found[:MAX_ISSUERS])

    def _forget_old(self, now: float) -> None:
        for url in [url for url, since in self._unneeded.items() if since + KEEP_S <= now]:
            del self._unneeded[url], self._known[url]
            self._gone[url] = now
            self._announce(NEWS, {"issuer": url, "own": False, "gone": True}, url)
        for url in [url for url, since in self._gone.items() if since + KEEP_S <= now]:
            del self._gone[url]
            self._announce(NEWS, None, url)

    def _begin(self, one: ForeignIssuer) -> Event:
        ended = self._looking[one.terms.url] = Event()
        self._greenlets.spawn(self._look, one, ended)
        return ended

    def _look(self, one: ForeignIssuer, ended: Event) -> None:
        terms = one.terms
        try:
            try:
                with self._slots:
                    jwks = look(terms, self._get)
            except NoKeys as error:
                self._throttle.warning(f"the keys of an issuer cannot be had: {error}")
                told = one.terms.jwks_uri == terms.jwks_uri and one.failed(
                    str(error), self._clock(), self._chance()
                )
            else:
                told = one.terms.jwks_uri == terms.jwks_uri and one.succeeded(
                    jwks, self._clock(), self._wall(), self._chance()
                )
                self._write()
            if told and self._known.get(terms.url) is one:
                self._tell(one)
        finally:
            self._looking.pop(terms.url, None)
            ended.set()
            self._wake.set()

    def _tell(self, one: ForeignIssuer) -> None:
        self._announce(NEWS, one.word(), one.terms.url)

    def _write(self) -> None:
        """A disk that refuses costs only what a restart would need."""
        rows = tuple(
            Row(one.terms, url in self._registered, one.jwks, one.fetched_s)
            for url, one in sorted(self._known.items())
        )
        try:
            write_known(self._path, Known(self._own, rows))
        except OSError as error:
            self._throttle.warning(f"what is known of issuers cannot be kept on disk: {error}")
