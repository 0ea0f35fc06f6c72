"""The session cookie as text. Pure."""

from __future__ import annotations

from weir.api.sessions import ABSOLUTE_S, COOKIE, SECURE_COOKIE


def cookie_name(*, secure: bool) -> str:
    """``__Host-`` ties it to this host by https: no other host of the domain can set it."""
    return SECURE_COOKIE if secure else COOKIE


def set_cookie(secret: str, *, secure: bool) -> str:
    """The value of ``Set-Cookie``; scripts of a page cannot read it, and other sites' pages do not send it."""
    return _field(secret, ABSOLUTE_S, secure=secure)


def clear_cookie(*, secure: bool) -> str:
    return _field("", 0, secure=secure)


def _field(value: str, max_age_s: int, *, secure: bool) -> str:
    text = f"{cookie_name(secure=secure)}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict"
    return text + "; Secure" if secure else text
