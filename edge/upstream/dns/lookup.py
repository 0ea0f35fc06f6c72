"""All that is asked about one name: the hosts file, then the name servers, over every form that the search list gives.

A and AAAA are asked at the same time. A form of the name that does not exist gives way to the next; a question that
nobody answers ends the look-up, so an outage never turns a name into another one further down the search list.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

import dns.exception
import dns.message
import dns.rcode
import gevent
from gevent.lock import BoundedSemaphore

from edge.upstream.dns.configuration import Configuration, names_to_try
from edge.upstream.dns.files import SystemFiles
from edge.upstream.dns.question import NoAnswer, ask

MAX_QUESTIONS = 64
"""In flight at the same time, of one worker; others wait."""
MAX_ADDRESSES = 64
"""Addresses of one name and type that are used."""
FILE_TTL_S = 5.0
"""How long what the hosts file says is good."""
PATIENCE_S = 0.5
"""How long addresses of IPv4 that are there wait for those of IPv6: some name servers leave AAAA unanswered."""
LOOPBACK = ("127.0.0.1", "::1")


class LookupFailed(Exception):
    """Nobody could say whether the name has addresses."""


class Found(NamedTuple):
    """Addresses of one type, perhaps none, and for how many seconds that is good."""

    addresses: tuple[str, ...]
    ttl_s: float


class Answer(NamedTuple):
    """None: nobody answered for this type."""

    v4: tuple[str, ...] | None
    v6: tuple[str, ...] | None
    ttl_s: float


class Lookup:
    """Of one worker."""

    def __init__(self, files: SystemFiles | None = None, questions: int = MAX_QUESTIONS) -> None:
        """``questions``: how many may be in flight."""
        self._files = files or SystemFiles()
        self._room = BoundedSemaphore(questions)

    def __call__(self, host: str) -> Answer:
        """Blocks the greenlet, not the worker. Raises LookupFailed."""
        name = host.lower()
        local = self._files.hosts().get(name.rstrip("."))
        if local is None:
            local = special(name)
        if local is not None:
            return by_type(local, FILE_TTL_S)
        configuration = self._files.configuration()
        ttl_s = FILE_TTL_S
        for absolute in names_to_try(name, configuration):
            answer = self._of(absolute, configuration)
            if answer.v4 or answer.v6:
                return answer
            if answer.v4 is None or answer.v6 is None:
                raise LookupFailed("one of its two types of address has none, for the other nobody answers")
            ttl_s = answer.ttl_s
        return Answer((), (), ttl_s)

    def _of(self, name: str, configuration: Configuration) -> Answer:
        """Of an absolute name. Raises LookupFailed if neither type is answered."""
        v6: Found | str
        other = gevent.spawn(self._question, name, "AAAA", configuration)
        try:
            v4 = self._question(name, "A", configuration)
            v6 = other.get(timeout=PATIENCE_S) if isinstance(v4, Found) and v4.addresses else other.get()
        except gevent.Timeout:
            v6 = "nobody answers"
        finally:
            other.kill(block=False)
        if isinstance(v4, Found):
            ttl_s = min(v4.ttl_s, v6.ttl_s) if isinstance(v6, Found) else v4.ttl_s
            return Answer(v4.addresses, v6.addresses if isinstance(v6, Found) else None, ttl_s)
        if isinstance(v6, Found):
            return Answer(None, v6.addresses, v6.ttl_s)
        raise LookupFailed(v4)

    def _question(self, name: str, kind: str, configuration: Configuration) -> Found | str:
        """Asks one name server after another; the last one's fault in words if none of them answers."""
        fault = ""
        for _ in range(configuration.attempts):
            for nameserver in configuration.nameservers:
                try:
                    with self._room:
                        message = ask(name, kind, nameserver, configuration.timeout_s)
                    return found_in(message)
                except NoAnswer as error:
                    fault = str(error)
                except ValueError:
                    return Found((), FILE_TTL_S)
        return fault


def special(name: str) -> tuple[str, ...] | None:
    """Names that are never asked for (RFC 6761 §6.3, §6.4)."""
    last = name.rstrip(".").rpartition(".")[2]
    if last == "localhost":
        return LOOPBACK
    return () if last == "invalid" else None


def by_type(addresses: tuple[str, ...], ttl_s: float) -> Answer:
    v4 = tuple(address for address in addresses if ipaddress.ip_address(address).version == 4)
    return Answer(v4, tuple(address for address in addresses if address not in v4), ttl_s)


def found_in(message: dns.message.Message) -> Found:
    """Raises NoAnswer for anything but addresses or word that there are none (RFC 2308)."""
    if message.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise NoAnswer(f"the name server says {dns.rcode.to_text(message.rcode())}")
    if not isinstance(message, dns.message.QueryMessage):
        raise NoAnswer("the name server's answer is of another kind")
    try:
        chain = message.resolve_chaining()
    except dns.exception.DNSException as error:
        raise NoAnswer(f"the name server's answer leads nowhere: {error}") from None
    records = [record.address for record in chain.answer] if chain.answer is not None else []
    return Found(tuple(sorted(set(records)))[:MAX_ADDRESSES], float(chain.minimum_ttl))
