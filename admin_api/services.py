"""What handlers work with, made once by whoever builds the application; one attribute for each part."""

from __future__ import annotations

from dataclasses import dataclass

from weir.store.connect import Client
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.nodes import Nodes
from weir.store.publish import Publisher
from weir.store.versions import Versions


@dataclass(frozen=True, kw_only=True)
class Services:
    """Shared by all greenlets of a worker. Nothing here is the truth: that is in the store."""

    client: Client
    counters: Client
    """Where nodes count together; the same as ``client`` unless ``--redis-counters`` was given."""
    keys: Keys
    versions: Versions
    publisher: Publisher
    nodes: Nodes
    feed: Feed


def services_of(client: Client, keys: Keys, counters: Client | None = None) -> Services:
    """Connects to nothing yet."""
    return Services(
        client=client,
        counters=counters or client,
        keys=keys,
        versions=Versions(client, keys),
        publisher=Publisher(client, keys),
        nodes=Nodes(client, keys),
        feed=Feed(client, keys),
    )
