"""``consumers``, with their basic logins and HMAC keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from weir.api.basic_logins import BasicLogin, BasicLoginPage, NewPassword
from weir.api.consumers import Consumer, ConsumerBody, ConsumerPage, ConsumersQuery
from weir.api.hmac_keys import HmacKey, HmacKeyPage, MadeHmacKey, NewHmacKey
from weir.api.operation import Page
from weir.client.calls import Calls
from weir.client.pages import every


class Consumers:
    """What is not there is ``Missing``."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: ConsumersQuery | None = None) -> ConsumerPage:
        return cast(ConsumerPage, self._calls.call("consumers.list", query=query).result)

    def every(self, query: ConsumersQuery | None = None) -> Iterator[Consumer]:
        asked = query or ConsumersQuery(limit=500)
        return every(lambda cursor: self.list(msgspec.structs.replace(asked, cursor=cursor)))

    def get(self, name: str) -> Consumer:
        return cast(Consumer, self._calls.call("consumers.get", path={"name": name}).result)

    def create(self, name: str, body: ConsumerBody) -> Consumer:
        """Refused where there is one of that name."""
        return cast(
            Consumer,
            self._calls.call("consumers.replace", path={"name": name}, body=body, if_none_match=True).result,
        )

    def replace(self, name: str, body: ConsumerBody, *, if_match: str) -> Consumer:
        """``if_match`` is the etag of what was read, ``*`` for whatever is there. Raises Stale and Refused."""
        return cast(
            Consumer,
            self._calls.call("consumers.replace", path={"name": name}, body=body, if_match=if_match).result,
        )

    def delete(self, name: str, *, if_match: str) -> None:
        self._calls.call("consumers.delete", path={"name": name}, if_match=if_match)

    def basic_logins(self, name: str) -> Iterator[BasicLogin]:
        return every(
            lambda cursor: cast(
                BasicLoginPage,
                self._calls.call(
                    "basic-logins.list", path={"name": name}, query=Page(limit=500, cursor=cursor)
                ).result,
            )
        )

    def set_basic_login(self, name: str, username: str, password: str) -> BasicLogin:
        path = {"name": name, "username": username}
        return cast(
            BasicLogin,
            self._calls.call("basic-logins.set", path=path, body=NewPassword(password=password)).result,
        )

    def delete_basic_login(self, name: str, username: str) -> None:
        self._calls.call("basic-logins.delete", path={"name": name, "username": username})

    def hmac_keys(self, name: str) -> Iterator[HmacKey]:
        return every(
            lambda cursor: cast(
                HmacKeyPage,
                self._calls.call(
                    "hmac-keys.list", path={"name": name}, query=Page(limit=500, cursor=cursor)
                ).result,
            )
        )

    def create_hmac_key(self, name: str, new: NewHmacKey | None = None) -> MadeHmacKey:
        return cast(MadeHmacKey, self._calls.call("hmac-keys.create", path={"name": name}, body=new).result)

    def revoke_hmac_key(self, name: str, identity: str) -> None:
        self._calls.call("hmac-keys.revoke", path={"name": name, "id": identity})
