"""``keys``: API keys of consumers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from weir.api.keys import AllKeysQuery, Key, KeyPage, KeyRotation, KeysQuery, MadeKey, NewKey
from weir.client.calls import Calls
from weir.client.pages import every


class Keys:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: AllKeysQuery | None = None) -> KeyPage:
        return cast(KeyPage, self._calls.call("keys.list", query=query).result)

    def every(self, query: AllKeysQuery | None = None) -> Iterator[Key]:
        asked = query or AllKeysQuery(limit=500)
        return every(lambda cursor: self.list(msgspec.structs.replace(asked, cursor=cursor)))

    def every_of(self, consumer: str) -> Iterator[Key]:
        """``Missing`` where there is no such consumer."""
        return every(
            lambda cursor: cast(
                KeyPage,
                self._calls.call(
                    "keys.list_of", path={"name": consumer}, query=KeysQuery(limit=500, cursor=cursor)
                ).result,
            )
        )

    def get(self, identity: str) -> Key:
        return cast(Key, self._calls.call("keys.get", path={"id": identity}).result)

    def create(self, consumer: str, new: NewKey | None = None) -> MadeKey:
        return cast(MadeKey, self._calls.call("keys.create", path={"name": consumer}, body=new).result)

    def rotate(self, identity: str, rotation: KeyRotation | None = None) -> MadeKey:
        return cast(MadeKey, self._calls.call("keys.rotate", path={"id": identity}, body=rotation).result)

    def disable(self, identity: str) -> Key:
        return cast(Key, self._calls.call("keys.disable", path={"id": identity}).result)

    def enable(self, identity: str) -> Key:
        return cast(Key, self._calls.call("keys.enable", path={"id": identity}).result)

    def revoke(self, identity: str) -> None:
        self._calls.call("keys.revoke", path={"id": identity})
