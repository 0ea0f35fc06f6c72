"""What resolv.conf(5) says, within the bounds that libc has for it, and the names that it makes of one. No I/O."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

DNS_PORT = 53
MAX_NAMESERVERS = 3
MAX_SEARCH = 32
MAX_NDOTS = 15
MAX_TIMEOUT_S = 30
MAX_ATTEMPTS = 5


class Configuration(NamedTuple):
    """The defaults are libc's."""

    nameservers: tuple[tuple[str, int], ...] = (("127.0.0.1", DNS_PORT),)
    """(address, port) in the order in which they are asked."""
    search: tuple[str, ...] = ()
    ndots: int = 1
    """A name with so many dots is tried as it is before the search list."""
    timeout_s: int = 5
    """Of one question to one name server."""
    attempts: int = 2
    """How often the list of name servers is gone through."""


def parse_resolv_conf(text: str, port: int = DNS_PORT) -> Configuration:
    """Lines that are not understood are passed over, as libc does. ``port`` is that of every name server."""
    nameservers: list[tuple[str, int]] = []
    search: tuple[str, ...] = ()
    options: dict[str, int] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or line[0] in "#;":
            continue
        if words[0] == "nameserver" and _is_address(words[1]):
            nameservers.append((words[1], port))
        elif words[0] in ("search", "domain"):
            found = words[1:] if words[0] == "search" else words[1:2]
            search = tuple(name.strip(".") for name in found if name.strip("."))
        elif words[0] == "options":
            options |= _options(words[1:])
    return Configuration(
        tuple(nameservers[:MAX_NAMESERVERS]) or (("127.0.0.1", port),),
        search[:MAX_SEARCH],
        min(options.get("ndots", 1), MAX_NDOTS),
        min(max(options.get("timeout", 5), 1), MAX_TIMEOUT_S),
        min(max(options.get("attempts", 2), 1), MAX_ATTEMPTS),
    )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _options(words: list[str]) -> dict[str, int]:
    """``name:number`` options."""
    parts = (word.partition(":") for word in words)
    return {name: int(number) for name, _, number in parts if number.isascii() and number.isdigit()}


def names_to_try(host: str, configuration: Configuration) -> tuple[str, ...]:
    """Absolute names, without the trailing dot, in their order; one with a trailing dot skips the search list."""
    if host.endswith("."):
        return (host.rstrip("."),)
    searched = tuple(f"{host}.{domain}" for domain in configuration.search)
    return (host, *searched) if host.count(".") >= configuration.ndots else (*searched, host)
