"""Addresses as numbers, and sets of networks that answer ``in`` without a walk."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple


class Address(NamedTuple):
    """An IP address; an IPv4 address mapped into IPv6 (RFC 4291 §2.5.5.2) counts as IPv4."""

    version: int
    number: int


_BITS = {4: 32, 6: 128}


def parse_address(text: str) -> Address | None:
    """None for what is no address, such as the peer of a unix socket."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return Address(parsed.version, int(parsed))


class NetworkSet:
    """Networks grouped by (version, host bits): one look-up per group, however many networks there are."""

    __slots__ = ("groups",)

    def __init__(self, texts: Iterable[str]) -> None:
        """Each an address or a CIDR; host bits below the mask are ignored. Raises ValueError."""
        groups: dict[tuple[int, int], set[int]] = {}
        for text in texts:
            network = ipaddress.ip_network(text, strict=False)
            shift = _BITS[network.version] - network.prefixlen
            groups.setdefault((network.version, shift), set()).add(int(network.network_address) >> shift)
        self.groups = tuple((version, shift, frozenset(nets)) for (version, shift), nets in groups.items())

    def __contains__(self, address: object) -> bool:
        if not isinstance(address, Address):
            return False
        version, number = address
        return any(of == version and number >> shift in nets for of, shift, nets in self.groups)

    def covers(self, other: NetworkSet) -> bool:
        """Whether every network of ``other`` lies inside one network of this set."""
        return all(self._covers(*group) for group in other.groups)

    def _covers(self, version: int, shift: int, networks: frozenset[int]) -> bool:
        mine = [(own, nets) for of, own, nets in self.groups if of == version and own >= shift]
        return all(any(net >> (own - shift) in nets for own, nets in mine) for net in networks)

    def disjoint(self, other: NetworkSet) -> bool:
        """Whether no address is in both."""
        return not any(
            _meet(shift, nets, other_shift, other_nets)
            for version, shift, nets in self.groups
            for other_version, other_shift, other_nets in other.groups
            if version == other_version
        )


def _meet(shift: int, nets: frozenset[int], other_shift: int, other_nets: frozenset[int]) -> bool:
    if shift < other_shift:
        return _meet(other_shift, other_nets, shift, nets)
    return any(net >> (shift - other_shift) in nets for net in other_nets)
