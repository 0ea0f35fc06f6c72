"""ID tokens: who signed in, for the application (OIDC Core §2). Pure.

``sub`` is the person's name here, which is never another's as long as it is not given away again.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec

from weir.models.auth.records import User

LIFE_S = 600


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """How and when, and for which request."""

    auth_time_s: int
    sid: str = ""
    """Of the session."""
    nonce: str = ""
    code: str = ""
    """The authorization code that brought it."""


def id_claims(
    user: User,
    signed_in: SignedIn,
    *,
    issuer: str,
    client: str,
    scopes: tuple[str, ...],
    access_token: str,
    now_s: int,
) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": user.name,
        "aud": client,
        "exp": now_s + LIFE_S,
        "iat": now_s,
        "auth_time": signed_in.auth_time_s,
        "amr": ["pwd"],
        "at_hash": half_hash(access_token),
        **person_claims(user, scopes),
    }
    if signed_in.sid:
        claims["sid"] = signed_in.sid
    if signed_in.nonce:
        claims["nonce"] = signed_in.nonce
    if signed_in.code:
        claims["c_hash"] = half_hash(signed_in.code)
    return claims


def person_claims(user: User, scopes: tuple[str, ...]) -> dict[str, Any]:
    """What the scopes show of a person (OIDC Core §5.4). Nobody has checked the e-mail address."""
    claims: dict[str, Any] = {}
    if "profile" in scopes:
        claims["name"] = user.display_name or user.name
        claims["preferred_username"] = user.name
    if "email" in scopes and user.email:
        claims["email"] = user.email
        claims["email_verified"] = False
    return claims


def half_hash(text: str) -> str:
    """``at_hash`` and ``c_hash`` of a token that is signed with a SHA-256 algorithm (OIDC Core §3.1.3.6)."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()
