"""``audit``: who did what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from weir.api.audit import AuditEntry, AuditPage, AuditQuery
from weir.client.calls import Calls
from weir.client.pages import every


class Audit:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: AuditQuery | None = None) -> AuditPage:
        return cast(AuditPage, self._calls.call("audit.list", query=query).result)

    def every(self, query: AuditQuery | None = None) -> Iterator[AuditEntry]:
        """The newest first."""
        asked = query or AuditQuery()
        return every(lambda cursor: self.list(msgspec.structs.replace(asked, cursor=cursor)))
