"""Whose tokens this worker can verify: what the node agent said about issuers.

The agent fetches, keeps and refreshes keys; here they are only read. An issuer that nothing is known of yet, or whose
keys are too old to be trusted, has no keys: its tokens are answered with 503, not with 401.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from weakref import WeakSet

from edge.auth.jwt.claims import Reading
from edge.auth.jwt.keys import KeySet

NEWS = "issuer"
"""Topic of what the agent tells of one issuer."""
WANTED = "issuers-wanted"
"""Topic by which a worker tells the agent which issuers its rules name: when they change, and to each new agent."""
UNKNOWN_KEY = "issuer-key"
"""Topic of the question whether an issuer has newer keys, ``{"issuer"}``. The agent looks, or not if it may not look
again so soon, and answers ``{"word": what it would tell as news, "sure": whether that is all the keys there are}``."""

MAX_ISSUERS = 256
MAX_URL = 2048
REFRESH_S = 2.0
"""How long a request with an unknown key waits for the agent."""
MAX_REFRESHING = 64
"""Requests that wait so; of one more nobody is sure at once."""
AGAIN_S = 5.0
"""An issuer that was just looked at for nothing is not asked for again before that."""

log = logging.getLogger("weir.auth")


class Link(Protocol):
    """The part of ``Asks`` that is used."""

    def ask(self, topic: str, body: Any, timeout_s: float) -> Any | None: ...
    def tell(self, topic: str, body: Any) -> None: ...
    def on_news(self, topic: str, take: Callable[[Any], None]) -> None: ...
    def on_attach(self, take: Callable[[], None]) -> None: ...


class NotSure(Exception):
    """Whether an issuer has newer keys cannot be said now."""


class Issuer:
    """One issuer as it is now; what changes makes another object."""

    __slots__ = ("_keys", "body", "enabled", "own", "reading", "url")

    def __init__(self, body: dict[str, Any]) -> None:
        """``body``: as the agent tells it. Raises TypeError and KeyError for another form."""
        self.body = body
        self.url = _text(body, "issuer")
        if not self.url:
            raise KeyError("issuer")
        self.own = body["own"] is True
        self.enabled = body.get("enabled", True) is True
        """False: somebody said that its tokens do not count now."""
        self.reading = Reading(self.url, _text(body, "scope_claim") or "scope", _text(body, "consumer_claim"))
        self._keys: KeySet | None = None

    @property
    def is_known(self) -> bool:
        """Whether its tokens can be judged at all."""
        return isinstance(self.body.get("jwks"), dict)

    @property
    def keys(self) -> KeySet:
        """Made when it is first asked for."""
        if self._keys is None:
            self._keys = KeySet(self.body.get("jwks") or {}, self.body.get("algorithms") or ())
        return self._keys


class Naming(Protocol):
    """What names an issuer: a rule's requirement."""

    issuer_url: str
    """Empty: tokens of this cluster's own authorization server."""


class Issuers:
    """One of a worker."""

    def __init__(
        self, link: Link, changed: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``changed`` is told when an issuer is not what it was."""
        self._link = link
        self._changed = changed
        self._clock = clock
        self._known: dict[str, Issuer] = {}
        self.own: Issuer | None = None
        """This cluster's own; None: none, or nobody said so yet."""
        self._naming: WeakSet[Naming] = WeakSet()
        self._told: list[str] = []
        self._refreshing = 0
        self._asked_s: dict[str, float] = {}
        """When an issuer was last looked at for nothing."""
        link.on_news(NEWS, self.take)
        link.on_attach(self._attached)

    def of(self, url: str) -> Issuer | None:
        """By its URL, exactly; empty: the own one."""
        own = self.own
        if not url or (own is not None and own.url == url):
            return own
        return self._known.get(url)

    def named_by(self, requirement: Naming) -> None:
        """A rule asks for tokens of an issuer, as long as ``requirement`` lives."""
        self._naming.add(requirement)
        wanted = self._wanted()
        if wanted != self._told:
            self._tell(wanted)

    def _wanted(self) -> list[str]:
        return sorted({each.issuer_url for each in self._naming if each.issuer_url})[:MAX_ISSUERS]

    def _tell(self, wanted: list[str]) -> None:
        self._told = wanted
        self._link.tell(WANTED, {"urls": wanted})

    def _attached(self) -> None:
        """A new agent does not know."""
        self._tell(self._wanted())

    def refresh(self, issuer: Issuer) -> Issuer | None:
        """The issuer after the agent was asked for newer keys; None: it has no others. Blocks this greenlet.

        Raises NotSure.
        """
        now = self._clock()
        if now < self._asked_s.get(issuer.url, 0.0) + AGAIN_S:
            return None
        if self._refreshing >= MAX_REFRESHING:
            raise NotSure
        self._refreshing += 1
        try:
            answer = self._link.ask(UNKNOWN_KEY, {"issuer": issuer.url}, REFRESH_S)
        finally:
            self._refreshing -= 1
        if not isinstance(answer, dict):
            raise NotSure
        self.take(answer.get("word"))  # answers overtake news
        newer = self.of("" if issuer.own else issuer.url)
        if newer is not None and newer is not issuer:
            return newer
        if answer.get("sure") is not True:
            raise NotSure
        self._asked_s = {**_recent(self._asked_s.items(), now), issuer.url: self._clock()}
        return None

    def take(self, body: Any) -> None:
        """News. What is said again changes nothing: tokens that were verified stay so."""
        if not isinstance(body, dict):
            return
        if body.get("gone"):
            self._forget(body.get("issuer"))
            return
        try:
            issuer = Issuer(body)
        except (KeyError, TypeError) as error:
            log.warning("the node agent said something about an issuer that is not understood: %s", error)
            return
        known = self.own if issuer.own else self._known.get(issuer.url)
        if known is not None and known.body == body:
            return
        if issuer.own:
            self.own = issuer
        elif issuer.url in self._known or len(self._known) < MAX_ISSUERS:
            self._known[issuer.url] = issuer
        self._changed()

    def _forget(self, url: Any) -> None:
        self._known.pop(url, None)
        if self.own is not None and self.own.url == url:
            self.own = None
        self._changed()


def _recent(asked: Iterable[tuple[str, float]], now: float) -> dict[str, float]:
    return {url: at for url, at in asked if now < at + AGAIN_S}


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > MAX_URL:
        raise TypeError(f"its {name} is no text")
    return value
