"""``versions``: every publish that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from weir.api.changes import Write, Written
from weir.api.config import Config
from weir.api.operation import RULES_MEDIA
from weir.api.versions import (
    DifferenceQuery,
    OfOwner,
    Version,
    VersionDifference,
    VersionPage,
    VersionsQuery,
)
from weir.client.calls import Calls
from weir.client.pages import every
from weir.models.document import Owner


class Versions:
    """A version that is no longer kept, or never was, is ``Missing``."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: VersionsQuery | None = None) -> VersionPage:
        return cast(VersionPage, self._calls.call("versions.list", query=query).result)

    def every(self, query: VersionsQuery | None = None) -> Iterator[Version]:
        """The newest first."""
        asked = query or VersionsQuery()
        return every(lambda cursor: self.list(msgspec.structs.replace(asked, cursor=cursor)))

    def get(self, number: int) -> Version:
        return cast(Version, self._calls.call("versions.get", path=_path(number)).result)

    def config(self, number: int, owner: Owner = "api") -> Config:
        return cast(
            Config, self._calls.call("versions.config", path=_path(number), query=OfOwner(owner)).result
        )

    def text(self, number: int, owner: Owner = "api") -> str:
        reply = self._calls.call(
            "versions.config", path=_path(number), query=OfOwner(owner), accept=RULES_MEDIA
        )
        return cast(str, reply.result)

    def difference(self, number: int, against: int | None = None, owner: Owner = "api") -> VersionDifference:
        """From ``against`` (the one before ``number`` if None) to ``number``."""
        query = DifferenceQuery(owner, against)
        reply = self._calls.call("versions.difference", path=_path(number), query=query)
        return cast(VersionDifference, reply.result)

    def restore(
        self,
        number: int,
        *,
        if_match: str,
        owner: Owner = "api",
        dry_run: bool = False,
        message: str = "",
        publish_id: str = "",
    ) -> Written:
        """``if_match`` is the etag of ``config``. Raises Stale and Refused."""
        write = Write(owner, dry_run, message, publish_id)
        reply = self._calls.call("versions.restore", path=_path(number), query=write, if_match=if_match)
        return cast(Written, reply.result)


def _path(number: int) -> dict[str, str]:
    return {"number": str(number)}
