"""The store as the agent uses it: one client, and the parts of ``weir.store`` that work on it."""

from __future__ import annotations

from typing import NamedTuple

from weir.store.connect import Client, connect
from weir.store.drains import Drains
from weir.store.feed import Feed, Wake
from weir.store.keys import Keys
from weir.store.nodes import Nodes
from weir.store.publish import Publisher
from weir.store.versions import Versions

TIMEOUT_S = 3.0
CONNECT_TIMEOUT_S = 1.0
COUNTERS_TIMEOUT_S = 0.05
"""A request waits for it, so it is short; what has not answered by then counts as away."""
COUNTERS_CONNECT_TIMEOUT_S = 0.1
CREDENTIALS_TIMEOUT_S = 1.0
CREDENTIALS_CONNECT_TIMEOUT_S = 0.5


class StoreParts(NamedTuple):
    """Made once by ``boot``; nothing connects before the first command."""

    client: Client
    versions: Versions
    feed: Feed
    wake: Wake
    nodes: Nodes
    publisher: Publisher
    drains: Drains


def store_parts(url: str, cluster: str) -> StoreParts:
    """Raises ``StoreError`` if the URL cannot be understood."""
    client, keys = connect(url, timeout_s=TIMEOUT_S, connect_timeout_s=CONNECT_TIMEOUT_S), Keys(cluster)
    return StoreParts(
        client=client,
        versions=Versions(client, keys),
        feed=Feed(client, keys),
        wake=Wake(client, keys),
        nodes=Nodes(client, keys),
        publisher=Publisher(client, keys),
        drains=Drains(client, keys),
    )


def credentials_client(url: str) -> Client:
    """Requests wait for what it reads. Raises ``StoreError`` if the URL cannot be understood."""
    return connect(url, timeout_s=CREDENTIALS_TIMEOUT_S, connect_timeout_s=CREDENTIALS_CONNECT_TIMEOUT_S)


def counters_client(url: str) -> Client:
    """The client of ``StorePipe``. Raises ``StoreError`` if the URL cannot be understood."""
    return connect(url, timeout_s=COUNTERS_TIMEOUT_S, connect_timeout_s=COUNTERS_CONNECT_TIMEOUT_S)
