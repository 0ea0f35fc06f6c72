"""``tokens``: access tokens of the admin API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from weir.api.operation import Page
from weir.api.tokens import MadeToken, NewToken, Revocation, Rotation, Token, TokenPage
from weir.client.calls import Calls
from weir.client.pages import every


class Tokens:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: Page | None = None) -> TokenPage:
        return cast(TokenPage, self._calls.call("tokens.list", query=query).result)

    def every(self) -> Iterator[Token]:
        return every(lambda cursor: self.list(Page(cursor=cursor)))

    def create(self, new: NewToken) -> MadeToken:
        return cast(MadeToken, self._calls.call("tokens.create", body=new).result)

    def revoke(self, identity: str, *, force: bool = False) -> None:
        self._calls.call("tokens.revoke", path={"id": identity}, query=Revocation(force=force))

    def rotate(self, identity: str, rotation: Rotation | None = None) -> MadeToken:
        return cast(MadeToken, self._calls.call("tokens.rotate", path={"id": identity}, body=rotation).result)
