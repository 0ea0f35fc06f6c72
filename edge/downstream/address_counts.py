"""How many connections are open from each client address; bounded by the connections that a worker takes."""

from __future__ import annotations

import ipaddress


class AddressCounts:
    """``enter`` for every connection, ``leave`` when it is over."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def enter(self, key: str) -> int:
        """How many there are now."""
        count = self._counts.get(key, 0) + 1
        self._counts[key] = count
        return count

    def leave(self, key: str) -> None:
        """One of them is over."""
        if self._counts[key] == 1:
            del self._counts[key]
        else:
            self._counts[key] -= 1

    def __len__(self) -> int:
        return len(self._counts)


def key_of(peer: str) -> str:
    """IPv4 as it is; IPv6 by its /64, which one client has for itself (RFC 6177)."""
    if ":" not in peer:
        return peer
    address = ipaddress.IPv6Address(peer.partition("%")[0])
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{int(address) >> 64:x}/64"
