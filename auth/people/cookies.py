"""The cookies of this server as text: of the session, and of the sign-in page before there is one. Pure.

``SameSite=Lax``: applications lead people here from other sites, and the session must come along; forms of other sites
come without it. By https the names begin with ``__Host-``, so that no other host of the domain can set them.
"""

from __future__ import annotations

from weir.store.oauth.logins import ABSOLUTE_MS

SESSION = "weir-session"
SIGN_IN = "weir-sign-in"
SIGN_IN_S = 3600
"""How long the sign-in page may stay open."""
MAX_VALUE = 64


def cookie_name(name: str, *, secure: bool) -> str:
    return f"__Host-{name}" if secure else name


def session_cookie(secret: str, *, secure: bool) -> str:
    """The value of ``Set-Cookie``."""
    return _field(SESSION, secret, ABSOLUTE_MS // 1000, secure=secure)


def no_session_cookie(*, secure: bool) -> str:
    return _field(SESSION, "", 0, secure=secure)


def sign_in_cookie(secret: str, *, secure: bool) -> str:
    return _field(SIGN_IN, secret, SIGN_IN_S, secure=secure)


def no_sign_in_cookie(*, secure: bool) -> str:
    return _field(SIGN_IN, "", 0, secure=secure)


def _field(name: str, value: str, max_age_s: int, *, secure: bool) -> str:
    text = f"{cookie_name(name, secure=secure)}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax"
    return text + "; Secure" if secure else text
