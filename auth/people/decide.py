"""What comes next of a request for authorization: sign in, ask, or go on; or the application hears why not. Pure."""

from __future__ import annotations

from typing import Literal, TypeAlias

from auth.people.asked import Asked, Refused
from auth.people.redirects import is_assured
from weir.store.oauth.logins import Login

ANSWERED_MS = 600_000
"""So long a request that asked for a new sign-in is satisfied by the one that it caused."""
NextStep: TypeAlias = Literal["sign-in", "ask", "go-on"]


def next_step(asked: Asked, login: Login | None, address_hash: str, *, covered: bool) -> NextStep:
    """``login``: the session, if it is of the person that the application means. ``address_hash``: of this very
    request, which a sign-in may have been for. ``covered``: the person allowed the same before.

    Raises ``Refused`` where nobody may be bothered (``prompt=none``).
    """
    may_not_ask = "none" in asked.prompts
    if login is None or needs_sign_in(asked, login, address_hash):
        if may_not_ask:
            raise Refused("login_required", "nobody is signed in as asked", asked.redirect_uri, asked.state)
        return "sign-in"
    if needs_consent(asked, covered=covered):
        if may_not_ask:
            raise Refused("consent_required", "the person has to be asked", asked.redirect_uri, asked.state)
        return "ask"
    return "go-on"


def needs_sign_in(asked: Asked, login: Login, address_hash: str) -> bool:
    """Whether the session is not enough: the application wants a new sign-in, or a younger one."""
    age_ms = login.now_ms - login.record.auth_ms
    if login.record.answered == address_hash and age_ms < ANSWERED_MS:
        return False
    if asked.prompts & {"login", "select_account"}:
        return True
    return asked.max_age_s is not None and age_ms >= asked.max_age_s * 1000


def needs_consent(asked: Asked, *, covered: bool) -> bool:
    """An application that anybody on the machine could pass for is asked for each time (RFC 8252 §8.6), unless it is
    the operator's own."""
    if "consent" in asked.prompts:
        return True
    if not asked.client.consent:
        return False
    is_known = asked.client.auth != "none" or is_assured(asked.redirect_uri)
    return not (covered and is_known)
