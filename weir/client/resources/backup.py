"""``backup``: everything of the cluster as one file, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, cast

from weir.api.backup import Restored
from weir.client.calls import Calls


class Backup:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def download(self) -> Iterator[bytes]:
        """In pieces; whole only if the iterator ends by itself."""
        return self._calls.download("backup.download")

    def restore(self, file: IO[bytes]) -> Restored:
        """Into a store that has no versions of this cluster."""
        return cast(Restored, self._calls.call("backup.restore", body=file).result)
