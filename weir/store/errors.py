"""What can go wrong with the store, in Weir's own words.

Only ``border`` turns foreign exceptions into these; nothing else in Weir sees one of redis-py's.
"""

from __future__ import annotations

from collections.abc import Iterable


class StoreError(Exception):
    """The store answered, and the answer forbids going on; asking again does not help. The text is one sentence."""


class StoreAway(StoreError):
    """The store did not answer in time, or said that it cannot now; asking again later may help."""

    def __init__(self, reason: str, *, sent: bool = True) -> None:
        self.reason = reason
        self.sent = sent
        """False only where the command surely was not carried out; True means that nobody knows."""
        super().__init__(reason)


class ChunkUnreadable(StoreError):
    """Bytes that are no chunk, or one of a newer schema."""


class ManifestUnreadable(StoreError):
    """Bytes that are no manifest, or one of a newer schema."""


class ChunksGone(StoreError):
    """Chunks that the store does not hold (any more)."""

    def __init__(self, hashes: Iterable[str]) -> None:
        self.hashes = tuple(hashes)
        super().__init__(f"the store lacks {len(self.hashes)} chunks of this version, first {self.hashes[0]}")


class VersionGone(StoreError):
    """A version that is not in the history (any more)."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"version {number} is not in the store's history")


class ServerBinaryMissing(StoreError):
    """No server program that the embedded store could run."""
