"""``nodes``: who serves what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from weir.api.nodes import NodeDetail, NodePage, NodesQuery, NodeState
from weir.client.calls import Calls
from weir.client.pages import every


class Nodes:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: NodesQuery | None = None) -> NodePage:
        return cast(NodePage, self._calls.call("nodes.list", query=query).result)

    def every(self, query: NodesQuery | None = None) -> Iterator[NodeState]:
        """By name."""
        asked = query or NodesQuery()
        return every(lambda cursor: self.list(msgspec.structs.replace(asked, cursor=cursor)))

    def get(self, name: str) -> NodeDetail:
        return cast(NodeDetail, self._calls.call("nodes.get", path={"name": name}).result)
