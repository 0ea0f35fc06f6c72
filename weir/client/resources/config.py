"""``config``: the whole configuration of one owner."""

from __future__ import annotations

from typing import NamedTuple, cast

from weir.api.changes import Difference, Write, Written
from weir.api.config import Checked, CheckQuery, Config, ConfigQuery, DifferenceQuery
from weir.api.operation import RULES_MEDIA
from weir.client.calls import Calls
from weir.models.document import Document, Owner


class HeldConfig(NamedTuple):
    config: Config
    etag: str


class HeldText(NamedTuple):
    """As ``.weir`` text in its canonical form."""

    text: str
    etag: str


class HeldDifference(NamedTuple):
    difference: Difference
    etag: str
    """Of what the draft was compared with."""


class Configuration:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self, owner: Owner = "api", version: int | None = None) -> HeldConfig:
        reply = self._calls.call("config.get", query=ConfigQuery(owner, version))
        return HeldConfig(cast(Config, reply.result), reply.etag)

    def text(self, owner: Owner = "api", version: int | None = None) -> HeldText:
        reply = self._calls.call("config.get", query=ConfigQuery(owner, version), accept=RULES_MEDIA)
        return HeldText(cast(str, reply.result), reply.etag)

    def check(self, draft: Document | str, owner: Owner = "api", *, warnings: bool = True) -> Checked:
        """What is wrong with it is the answer, not an exception."""
        query = CheckQuery(owner, warnings)
        return cast(Checked, self._calls.call("config.check", query=query, body=draft).result)

    def difference(self, draft: Document | str, owner: Owner = "api") -> HeldDifference:
        """What replacing the configuration by it would change. Raises Refused for what a write would refuse."""
        reply = self._calls.call("config.difference", query=DifferenceQuery(owner), body=draft)
        return HeldDifference(cast(Difference, reply.result), reply.etag)

    def replace(
        self,
        document: Document | str,
        *,
        if_match: str,
        owner: Owner = "api",
        dry_run: bool = False,
        message: str = "",
        publish_id: str = "",
    ) -> Written:
        """``if_match`` is the etag of what was read, ``*`` for whatever is there. Raises Stale and Refused."""
        write = Write(owner, dry_run, message, publish_id)
        reply = self._calls.call("config.replace", query=write, body=document, if_match=if_match)
        return cast(Written, reply.result)
