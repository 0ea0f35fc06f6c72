"""Who the browser's session belongs to, as the store knows the person now."""

from __future__ import annotations

import hmac
from typing import NamedTuple

from flask import Request

from auth.people.cookies import MAX_VALUE, SESSION, cookie_name
from auth.people.sign_in import stamp_of
from weir.models.auth.records import User
from weir.serving.access_log import say_who
from weir.store.oauth.logins import Login, Logins
from weir.store.records import Records


class Person(NamedTuple):
    """Somebody who is signed in."""

    user: User
    login: Login

    @property
    def secret(self) -> str:
        """What tokens in forms are made of."""
        return self.login.record.csrf


class People:
    """Raises StoreAway and StoreError."""

    def __init__(self, users: Records[User], logins: Logins, *, secure: bool) -> None:
        self._users = users
        self._logins = logins
        self._cookie = cookie_name(SESSION, secure=secure)

    def of(self, request: Request) -> Person | None:
        """None: nobody is signed in in this browser (any more)."""
        secret = request.cookies.get(self._cookie, "")
        if not secret or len(secret) > MAX_VALUE:
            return None
        login = self._logins.use(secret)
        if login is not None:
            say_who(login.record.user)
        return self._person(login) if login else None

    def by_login(self, login_id: str) -> Person | None:
        """Whoever allowed something in that session, if the session still is and the person still may."""
        login = self._logins.find(login_id)
        return self._person(login) if login else None

    def _person(self, login: Login) -> Person | None:
        kept = self._users.get(login.record.user)
        if kept is None or kept.record.disabled:
            return None
        is_same = hmac.compare_digest(stamp_of(kept.record), login.record.stamp)
        return Person(kept.record, login) if is_same else None
