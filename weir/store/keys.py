"""Every key name in the store: its type, life time, writer and reader.

All keys begin with ``weir:<cluster>:``. What must be atomic together shares one hash tag, so that a Redis Cluster
keeps it in one slot; the tag ``control`` holds the whole control plane.
"""

from __future__ import annotations

from typing import NamedTuple


class Keys(NamedTuple):
    """The key names of one cluster, whose name is like a DNS label (``weir.settings``) and needs no escaping."""

    cluster: str

    def head(self) -> str:
        """Hash, no TTL. Writer: ``publish.lua``. Readers: agents, publishers.

        Fields: ``incarnation``, ``number``, ``seq``, ``min_reader``, ``digest`` (SHA-1 of the manifest's bytes), and
        for each owner that published: ``owner:<owner>`` = number of its last publish, ``min_reader:<owner>``, and
        ``publish:<owner>`` = who, when and why (msgpack), which outlives the version in the history.
        """
        return self._control("head")

    def versions(self) -> str:
        """Hash number → manifest (msgpack), no TTL, bounded by the history length. Writer: ``publish.lua``."""
        return self._control("versions")

    def chunks(self) -> str:
        """Hash SHA-256 → chunk (msgpack), no TTL: a chunk goes with the last version that refers to it.

        Writer: ``publish.lua``. Readers: agents, publishers.
        """
        return self._control("chunks")

    def chunk_references(self) -> str:
        """Hash SHA-256 → how many kept versions refer to the chunk, no TTL. Writer and reader: ``publish.lua``."""
        return self._control("chunk-references")

    def publish_ids(self) -> str:
        """Hash publish id → number it became, bounded by the history length. Writer and reader: ``publish.lua``."""
        return self._control("publish-ids")

    def feed(self) -> str:
        """Stream of changes, entry ``<seq>-0`` with fields ``topic`` and ``id``; bounded. Writers: every script
        that changes what a node keeps. Readers: agents."""
        return self._control("feed")

    def wake(self) -> str:
        """Pub/sub channel: the newest ``seq`` as decimal text. It only wakes; the feed tells."""
        return f"weir:{self.cluster}:wake"

    def node(self, node: str) -> str:
        """String, TTL 30 s: what a node says of itself (msgpack). Writer: its agent. Readers: whoever counts nodes."""
        return f"weir:{self.cluster}:node:{node}"

    def nodes(self) -> str:
        """Sorted set node → wall milliseconds of its last word; older than a day is removed. Writer: agents."""
        return self._control("nodes")

    def _control(self, name: str) -> str:
        return f"weir:{self.cluster}:{{control}}:{name}"
