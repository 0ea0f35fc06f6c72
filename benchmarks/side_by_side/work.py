"""What a gateway is told to do: proxy to one service, set a header, know rules for other hosts, and count requests."""

from __future__ import annotations

from typing import NamedTuple

HEADER, SEEN = "X-Bench", "X-Seen"
"""The gateway sets the first on every request; the service says in the second what it got."""
PATH = "/p"
"""The other rules are for paths under it."""
BODY = "x" * 65
"""What the service answers to the small request."""


class Work(NamedTuple):
    service_port: int
    rules: int = 0
    """How many there are besides the one that proxies; no request of the load meets them."""
    mark: str = "mark-a"
    """The value of the header, by which one configuration is told from the next."""
    store_port: int = 0
    """Of the Redis that all nodes of the cluster share; 0: there is none."""
    limit: int = 0
    """Requests in any second that all nodes together let through, counted there; 0: as many as come."""

    def hosts(self) -> list[str]:
        """Each of the other rules is for one host, and for paths under ``PATH``."""
        return [f"h{number}.example.com" for number in range(self.rules)]
