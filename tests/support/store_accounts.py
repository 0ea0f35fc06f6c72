"""Consumers and keys in a real store, as a person makes them."""

from __future__ import annotations

from weir.models.auth.records import ApiKey, Consumer
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.record_kinds import CONSUMERS, KEYS
from weir.store.records import Records


class Accounts:
    """Consumers and keys of a cluster."""

    def __init__(self, url: str, keys: Keys) -> None:
        self.client = connect(url, timeout_s=10.0)
        self.keys_of = keys
        self.consumers = Records(self.client, keys, CONSUMERS)
        self.keys = Records(self.client, keys, KEYS)

    def consumer(self, name: str, *scopes: str) -> None:
        assert self.consumers.create(Consumer(name=name, created_ms=1, scopes=scopes)) == "created"

    def key(self, id_: str, consumer: str = "alice", text_hash: str = "h") -> None:
        assert self.keys.create(ApiKey(id=id_, consumer=consumer, hash=text_hash, created_ms=1)) == "created"
