"""``users``: people who sign in at ``weir auth``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from weir.api.users import NewUser, RevokedSessions, User, UserBody, UserPage, UserPassword, UsersQuery
from weir.client.calls import Calls
from weir.client.pages import every


class Users:
    """What is not there is ``Missing``."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: UsersQuery | None = None) -> UserPage:
        return cast(UserPage, self._calls.call("users.list", query=query).result)

    def every(self, query: UsersQuery | None = None) -> Iterator[User]:
        asked = query or UsersQuery(limit=500)
        return every(lambda cursor: self.list(msgspec.structs.replace(asked, cursor=cursor)))

    def get(self, name: str) -> User:
        return cast(User, self._calls.call("users.get", path={"name": name}).result)

    def create(self, new: NewUser) -> User:
        return cast(User, self._calls.call("users.create", body=new).result)

    def replace(self, name: str, body: UserBody, *, if_match: str) -> User:
        """``if_match`` is the etag of what was read, ``*`` for whatever is there. Raises Stale and Refused."""
        return cast(
            User, self._calls.call("users.replace", path={"name": name}, body=body, if_match=if_match).result
        )

    def delete(self, name: str, *, if_match: str) -> None:
        self._calls.call("users.delete", path={"name": name}, if_match=if_match)

    def set_password(self, name: str, password: str) -> RevokedSessions:
        body = UserPassword(password=password)
        return cast(
            RevokedSessions, self._calls.call("users.set_password", path={"name": name}, body=body).result
        )

    def revoke_sessions(self, name: str) -> RevokedSessions:
        return cast(RevokedSessions, self._calls.call("users.revoke_sessions", path={"name": name}).result)
