"""An answer that another attempt is to replace, until that has gone out; else the client gets it after all, as it came.

A whole answer needs its connection no more, which serves others meanwhile. Of any other one nothing more is read: its
connection waits.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.forwarding.upload import Upload
    from edge.upstream.connection import UpstreamConnection
    from edge.upstream.target import Target


class KeptAnswer:
    """``let_go`` of it in the end, whether it was relayed or not."""

    __slots__ = ("_is_parted", "connection", "target", "upload")

    def __init__(self, target: Target, connection: UpstreamConnection, upload: Upload | None) -> None:
        """``upload`` is done, or was stopped."""
        self.target = target
        self.upload = upload
        reader = connection.reader
        self._is_parted = reader.complete and (upload is None or upload.done)
        self.connection = connection.part() if self._is_parted else connection
        """What the answer is relayed from."""
        if not self._is_parted:
            return
        if reader.may_be_reused():
            target.keep(connection, time.monotonic())
        else:
            target.discard(connection)

    def let_go(self) -> None:
        if self._is_parted:
            self.connection.reader.close()
        else:
            self.target.discard(self.connection)
