"""Addresses of upstream names: looked up before they expire, kept, and served stale for a while when that fails.

A request waits for a look-up only if its name was never asked for in this worker. From then on a greenlet of its own
keeps the name fresh for as long as the version in use names it. An address that a fresh answer lacks is gone at once,
and so are all if the name is said not to exist; only when nobody answers does the last answer stay, for at most
``MAX_STALE_S`` after it expired.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable, Mapping

import gevent
from gevent.event import Event

from edge.upstream.dns.lookup import Answer, Lookup, LookupFailed

MIN_TTL_S = 1.0
MAX_TTL_S = 60.0
"""How long an answer is good, at least and at most."""
MAX_NONE_S = 5.0
"""How long word that there is no address is good, at most."""
RENEW = 0.9
"""The part of its time after which an answer is renewed."""
RETRY_S = 1.0
MAX_RETRY_S = 10.0
"""After a look-up failed: the first wait, doubled every time, and the longest."""
MAX_STALE_S = 3600.0
MAX_NAMES = 4096
"""Names of one worker."""

log = logging.getLogger("weir.resolver")


class CannotResolve(Exception):
    """A name has no address that may be used."""


class _Known:
    __slots__ = ("addresses", "answered", "error", "failures", "good_until", "keeper", "v4", "v6")

    def __init__(self) -> None:
        self.v4: tuple[str, ...] = ()
        self.v6: tuple[str, ...] = ()
        self.addresses: tuple[str, ...] = ()
        self.error = ""
        self.failures = 0
        """In a row."""
        self.good_until = 0.0
        """The end of being served stale."""
        self.answered = Event()
        """The first look-up is over."""
        self.keeper: gevent.Greenlet[[str, _Known], None] | None = None


class Resolver:
    """Names → addresses, for one worker."""

    def __init__(
        self,
        lookup: Callable[[str], Answer] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = gevent.sleep,
        count: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        """``count`` is told how each look-up ended: answered, none or failed."""
        self._lookup = Lookup() if lookup is None else lookup
        self._clock = clock
        self._sleep = sleep
        self._count = count
        self._known: dict[str, _Known] = {}
        self.on_change: Callable[[str, tuple[str, ...]], None] = lambda _host, _addresses: None
        """Told of a name's addresses when they are not what they were."""

    def addresses(self, host: str, within_s: float) -> tuple[str, ...]:
        """Of a name or an address; waits at most ``within_s``, and only for a name's first look-up.

        Raises CannotResolve.
        """
        known = self._known.get(host)
        if known is None:
            if is_address(host):
                return (host.strip("[]"),)
            known = self._begin(host)
        if not known.answered.is_set():
            known.answered.wait(within_s)
        if known.addresses and known.good_until > self._clock():
            return known.addresses
        raise CannotResolve(known.error or f"the name {host} was not resolved in time")

    def forget(self, keep: Mapping[str, object]) -> None:
        """Drops every name that is not in ``keep``."""
        for host in [host for host in self._known if host not in keep]:
            keeper = self._known.pop(host).keeper
            if keeper is not None:
                keeper.kill(block=False)

    def stale(self) -> int:
        """How many names are served although their last look-up failed."""
        now = self._clock()
        return sum(
            1
            for known in self._known.values()
            if known.failures and known.addresses and known.good_until > now
        )

    def _begin(self, host: str) -> _Known:
        if len(self._known) >= MAX_NAMES:
            raise CannotResolve(f"the name {host} is one too many: {MAX_NAMES} are kept")
        known = self._known[host] = _Known()
        known.keeper = gevent.spawn(self._keep, host, known)
        return known

    def _keep(self, host: str, known: _Known) -> None:
        """Until it is killed."""
        while True:
            wait_s = self._renew(host, known)
            known.answered.set()
            self._sleep(wait_s)

    def _renew(self, host: str, known: _Known) -> float:
        """One look-up; the seconds until the next one."""
        try:
            answer = self._lookup(host)
        except LookupFailed as error:
            return self._failed(host, known, str(error))
        known.failures = 0
        known.v4 = known.v4 if answer.v4 is None else answer.v4
        known.v6 = known.v6 if answer.v6 is None else answer.v6
        before, known.addresses = known.addresses, known.v4 + known.v6
        ttl_s = min(max(answer.ttl_s, MIN_TTL_S), MAX_TTL_S if known.addresses else MAX_NONE_S)
        known.good_until = self._clock() + ttl_s + MAX_STALE_S
        known.error = "" if known.addresses else f"the name {host} has no address"
        self._count("answered" if known.addresses else "none")
        if known.addresses != before:
            self.on_change(host, known.addresses)
        return ttl_s * RENEW

    def _failed(self, host: str, known: _Known, why: str) -> float:
        known.error = f"the name {host} cannot be resolved: {why}"
        if not known.failures:
            log.warning("%s%s", known.error, "; its last addresses stay in use" if known.addresses else "")
        known.failures += 1
        self._count("failed")
        return min(RETRY_S * 2.0 ** min(known.failures - 1, 10), MAX_RETRY_S)


def is_address(host: str) -> bool:
    """Whether it is an IP address, in brackets or not."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
