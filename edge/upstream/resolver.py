"""Addresses of upstream names: looked up in the background, kept, and served stale when the look-up fails.

A request waits for a look-up only if its name was never resolved in this worker. Look-ups run in gevent's thread pool
with the system's own resolver, so /etc/hosts, search domains and a trailing dot work as everywhere on the machine. The
system does not tell how long an answer is good: it counts as fresh for ``FRESH_S``.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from collections.abc import Callable, Mapping

import gevent
from gevent.event import AsyncResult

FRESH_S = 10.0
"""After that the next use starts a look-up in the background."""
FAILED_S = 1.0
"""How long a failed first look-up is not repeated."""
MAX_ADDRESSES = 64
"""Addresses of one name that are used."""

Lookup = Callable[[str], tuple[str, ...]]

log = logging.getLogger("weir.resolver")


class CannotResolve(Exception):
    """A name has no address, and never had one here."""


class _Known:
    __slots__ = ("addresses", "error", "fresh_until", "pending")

    def __init__(self) -> None:
        self.addresses: tuple[str, ...] = ()
        self.error = ""
        self.fresh_until = 0.0
        self.pending: AsyncResult[None] | None = None


def system_lookup(name: str) -> tuple[str, ...]:
    """Blocks the calling greenlet, not the worker. Raises OSError."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))[:MAX_ADDRESSES]


class Resolver:
    """Names → addresses, for one worker."""

    def __init__(self, lookup: Lookup = system_lookup, clock: Callable[[], float] = time.monotonic) -> None:
        self._lookup = lookup
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def addresses(self, host: str, within_s: float) -> tuple[str, ...]:
        """Of a name or an address; waits at most ``within_s``, and only for a name's first look-up."""
        if is_address(host):
            return (host.strip("[]"),)
        known = self._known.get(host)
        if known is None:
            known = self._known[host] = _Known()
        if known.fresh_until <= self._clock() and known.pending is None:
            known.pending = AsyncResult()
            gevent.spawn(self._refresh, host, known)
        if not known.addresses and known.pending is not None:
            known.pending.wait(within_s)
        if not known.addresses:
            raise CannotResolve(known.error or f"the name {host} was not resolved in time")
        return known.addresses

    def forget(self, keep: Mapping[str, object]) -> None:
        """Drops every name that is not in ``keep``."""
        for host in [host for host in self._known if host not in keep]:
            del self._known[host]

    def _refresh(self, host: str, known: _Known) -> None:
        try:
            known.addresses = self._lookup(host)
            known.error = "" if known.addresses else f"the name {host} has no address"
            known.fresh_until = self._clock() + FRESH_S
        except (OSError, UnicodeError) as error:  # UnicodeError: what IDNA takes for no name
            known.error = f"the name {host} cannot be resolved: {getattr(error, 'strerror', None) or error}"
            known.fresh_until = self._clock() + FAILED_S
            log.warning("%s%s", known.error, "; its last addresses stay in use" if known.addresses else "")
        finally:
            pending, known.pending = known.pending, None
            if pending is not None:
                pending.set(None)


def is_address(host: str) -> bool:
    """Whether it is an IP address, in brackets or not."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
