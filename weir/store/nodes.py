"""Which nodes live: each says so every few seconds, with what it serves."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import run_script

LIVE_MS = 30_000
"""A node that was silent for longer does not count; speak at least every 10 s."""
FORGET_MS = 86_400_000
MAX_NODES = 10_000
MAX_RECORD_BYTES = 8192
MAX_PROBLEMS = 5
MAX_PROBLEM = 300
NODE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")


class NodeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a node says of itself."""

    schema: int = 1
    name: str
    incarnation: str = ""
    """Of the version that it serves; empty with ``number`` 0 while it has none."""
    number: int = 0
    state: str = "ok"
    """``ok``, or why it is degraded: ``store_behind``, ``draining``…"""
    workers: int = 0
    version: str = ""
    """Of the program."""
    status_url: str = ""
    since_ms: int = 0
    """Wall milliseconds at which the last of its workers took that version; 0 while one is behind. What follows is
    unknown (empty, 0) of a node whose program is older than this field."""
    in_step: int = 0
    """Workers that serve that version."""
    draining: bool = False
    """It is about to stop and takes no more."""
    store: str = ""
    """``up``, or what it says of the store."""
    config: str = ""
    """Of its rules file: ``none``, ``pending``, ``published``, ``error``, ``waiting``."""
    config_problems: tuple[str, ...] = ()
    """At most ``MAX_PROBLEMS`` of them, cut at ``MAX_PROBLEM`` characters."""
    started_ms: int = 0
    """Of its agent, wall milliseconds."""
    requests_per_s: float = 0.0
    """Over the last seconds, as the two below."""
    connections: int = 0
    """Of clients, open now."""
    cores: float = 0.0
    """Seconds of CPU that agent and workers used in a second."""


class HeardNode(NamedTuple):
    """A record, and how old it is."""

    record: NodeRecord
    age_ms: int


_decoder = msgspec.msgpack.Decoder(NodeRecord)


class Nodes:
    """The nodes of one cluster. Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def announce(self, record: NodeRecord) -> None:
        """Say that ``record.name`` lives; good for 30 s. Raises StoreError for a bad name, or one node too many."""
        if not NODE_NAME.fullmatch(record.name):
            raise StoreError(
                f"{record.name!r} cannot be a node's name: letters, digits, dots, _ and -, at most 253"
            )
        data = msgspec.msgpack.encode(record)
        if len(data) > MAX_RECORD_BYTES:
            raise StoreError(
                f"node {record.name} says {len(data)} bytes of itself; at most {MAX_RECORD_BYTES} fit"
            )
        with self._client.session(self._keys.nodes()) as session:
            noted = run_script(
                session,
                "announce",
                nodes=self._keys.nodes(),
                node=record.name,
                forget_ms=FORGET_MS,
                most=MAX_NODES,
            )
        if not noted:
            raise StoreError(f"the cluster already has {MAX_NODES} nodes; {record.name} is not listed")
        self._client.call("SET", self._keys.node(record.name), data, "PX", LIVE_MS)

    def count(self) -> int:
        """How many live."""
        return self._live(0)[0]

    def live(self, limit: int = 1000) -> tuple[NodeRecord, ...]:
        """Those that live, the latest to speak first; without those whose record cannot be read by this program."""
        return tuple(heard.record for heard in self.heard(limit))

    def heard(self, limit: int = MAX_NODES) -> tuple[HeardNode, ...]:
        """The same, with how long ago each spoke."""
        ages = self._live(limit)[1]
        words = self._client.get_many(self._keys.node(name) for name in ages)
        read = zip(map(_read, words), ages.values(), strict=True)
        return tuple(HeardNode(record, age_ms) for record, age_ms in read if record is not None)

    def _live(self, limit: int) -> tuple[int, dict[str, int]]:
        with self._client.session(self._keys.nodes()) as session:
            count, rows = run_script(
                session,
                "live_nodes",
                nodes=self._keys.nodes(),
                within_ms=LIVE_MS,
                limit=min(limit, MAX_NODES),
            )
        ages = zip(rows[::2], rows[1::2], strict=True)
        return int(count), {name.decode(): int(age_ms) for name, age_ms in ages}


def _read(data: bytes | None) -> NodeRecord | None:
    """None for a record that has expired meanwhile, or that a newer program wrote in another shape."""
    if data is None:
        return None
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        return None
