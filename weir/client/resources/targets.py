"""``targets``: of upstreams, as they are now, and taking one out of service for a while."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from weir.api.targets import DrainOrder, OwnerQuery, TargetDrain, TargetNow, TargetsNow, TargetsNowQuery
from weir.client.calls import Calls
from weir.client.pages import every
from weir.models.document import Owner


class Targets:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: TargetsNowQuery | None = None) -> TargetsNow:
        return cast(TargetsNow, self._calls.call("targets.list", query=query).result)

    def every(self, query: TargetsNowQuery | None = None) -> Iterator[TargetNow]:
        asked = query or TargetsNowQuery()
        return every(lambda cursor: self.list(msgspec.structs.replace(asked, cursor=cursor)))

    def drain(
        self, upstream: str, target: str, seconds: int, *, reason: str = "", owner: Owner = "api"
    ) -> TargetDrain:
        """``target`` is its URL."""
        reply = self._calls.call(
            "targets.drain",
            path={"name": upstream, "target": target},
            query=OwnerQuery(owner),
            body=DrainOrder(seconds=seconds, reason=reason),
        )
        return cast(TargetDrain, reply.result)

    def undrain(self, upstream: str, target: str, *, owner: Owner = "api") -> None:
        self._calls.call(
            "targets.undrain", path={"name": upstream, "target": target}, query=OwnerQuery(owner)
        )
