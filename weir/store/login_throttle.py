"""Wrong credentials are counted by address (of IPv6: by /64), over all instances of the admin API."""

from __future__ import annotations

import ipaddress

from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.scripts import run_script

WINDOW_MS = 60_000
MAX_FAILURES = 5
"""In one window; then the address has to wait."""


class LoginThrottle:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def failed(self, address: str) -> tuple[int, int]:
        """Counts one more: failures in this window, and the milliseconds until they are forgotten."""
        key = self._keys.login_failures(address)
        with self._client.session(key) as session:
            count, wait_ms = run_script(session, "login_failure", failures=key, window_ms=WINDOW_MS)
        return int(count), int(wait_ms)


def counted_as(address: str) -> str:
    """Who a client's address counts as; what is no address counts as one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)
