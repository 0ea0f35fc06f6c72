"""Making tokens: access tokens as JWT (RFC 9068) or opaque, refresh tokens as members of their family."""

from __future__ import annotations

import json
import logging
import math
import time
from typing import Any, NamedTuple

from authlib.oauth2.rfc6749 import InvalidGrantError

from auth.errors import NotNowError, RefreshReusedError
from auth.signing.signing_keys import SigningKeys
from auth.tokens.granted import Granted
from weir.models.auth.secret_text import new_secret, random_text
from weir.store.oauth.families import (
    LONGEST_MS,
    MARGIN_S,
    Families,
    Family,
    FamilyRecord,
    next_token,
)
from weir.store.oauth.opaque import OpaqueToken, OpaqueTokens

JTI = 22
"""Letters and digits: 131 bits."""

log = logging.getLogger("weir.auth")


class Access(NamedTuple):
    """An access token."""

    text: str
    ends_s: int
    life_s: int


class Tokens:
    """Raises StoreAway and StoreError, SecretsError where nothing can be signed, ``NotNowError`` where there are too
    many tokens."""

    def __init__(self, signing: SigningKeys, families: Families, opaque: OpaqueTokens, issuer: str) -> None:
        self._signing = signing
        self._families = families
        self._opaque = opaque
        self._issuer = issuer

    def issue(self, granted: Granted, *, refresh: bool = False) -> dict[str, Any]:
        """The token response (RFC 6749 §5.1); ``refresh``: with the first refresh token of its family.

        Without one the family is kept all the same, as long as its access token lives: it ends with the person's
        account, and when they take back what they allowed.
        """
        access = self._access(granted)
        body = body_of(granted, access)
        if refresh:
            body["refresh_token"] = self._begin(granted, access, granted.client.refresh_s)
        elif granted.family:
            self._begin(granted, access, access.life_s + MARGIN_S)
        return body

    def renew(self, family: Family, shown: str, granted: Granted) -> dict[str, Any]:
        """The token response for a refresh token whose SHA-256 is ``shown``. Raises InvalidGrantError if it was used
        before, even if at the same moment: then the family has ended."""
        access = self._access(granted)
        new = next_token(granted.family)
        done = self._families.rotate(family, shown, new, granted.client.refresh_s, access.ends_s + MARGIN_S)
        if done == "missing":
            raise InvalidGrantError("The refresh token has ended or was revoked.")
        if done == "full":
            log.error("weir auth: too many tokens are revoked; access tokens of %s live on", family.sid)
        if done != "rotated":
            raise RefreshReusedError
        return body_of(granted, access) | {"refresh_token": new.text()}

    def _begin(self, granted: Granted, access: Access, life_s: int) -> str:
        """The first refresh token of a family, which ends after ``life_s`` without use."""
        token, now_ms = next_token(granted.family), self._families.now_ms()
        record = FamilyRecord(
            client=granted.client.id,
            user=granted.subject,
            scopes=granted.scopes,
            audiences=granted.audiences,
            auth_time_s=granted.auth_time_s,
            created_ms=now_ms,
            last_ms=now_ms + max(LONGEST_MS, granted.client.refresh_s * 1000),
        )
        ends_s = access.ends_s + MARGIN_S
        if not self._families.begin(granted.family, record, token, life_s, ends_s):
            raise NotNowError("There are too many refresh tokens.")
        return token.text()

    def _access(self, granted: Granted) -> Access:
        now_s = _now_behind(granted.client.not_before_ms)
        life_s = granted.life_s(now_s)
        if life_s <= 0:
            raise InvalidGrantError("What this token would be made from has ended.")
        text = (
            self._kept(granted, now_s, life_s)
            if granted.client.opaque
            else self._signing.sign(claims_of(granted, self._issuer, now_s, life_s), "at+jwt")
        )
        return Access(text, now_s + life_s, life_s)

    def _kept(self, granted: Granted, now_s: int, life_s: int) -> str:
        secret = new_secret("weiro")
        token = OpaqueToken(
            id=secret.id,
            hash=secret.hash(),
            client=granted.client.id,
            subject=granted.subject,
            scopes=granted.scopes,
            audiences=granted.audiences,
            created_ms=now_s * 1000,
            expires_ms=(now_s + life_s) * 1000,
            sid=granted.sid,
            act=json.dumps(granted.act) if granted.act else "",
        )
        if not self._opaque.keep(token):
            raise NotNowError("There are too many opaque tokens.")
        return secret.text()


def _now_behind(not_before_ms: int) -> int:
    """Unix seconds. Tokens say in seconds when they were issued: one of the second in which all before it were revoked
    would count as one of those, so the next one is waited for. Where it is further away, clocks differ."""
    wait_s = math.ceil(not_before_ms / 1000) - time.time()
    if 0 < wait_s <= 1:
        time.sleep(wait_s)
    return int(time.time())


def claims_of(granted: Granted, issuer: str, now_s: int, life_s: int) -> dict[str, Any]:
    """RFC 9068 §2.2."""
    audiences = granted.audiences
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": granted.subject,
        "aud": audiences[0] if len(audiences) == 1 else list(audiences),
        "exp": now_s + life_s,
        "iat": now_s,
        "jti": random_text(JTI),
        "client_id": granted.client.id,
        "scope": " ".join(granted.scopes),
    }
    if granted.sid:
        claims["sid"] = granted.sid
    if granted.auth_time_s:
        claims["auth_time"] = granted.auth_time_s
    if granted.act:
        claims["act"] = granted.act
    return claims


def body_of(granted: Granted, access: Access) -> dict[str, Any]:
    """RFC 6749 §5.1. ``scope`` always, as it may be less than was asked for."""
    return {
        "access_token": access.text,
        "token_type": "Bearer",
        "expires_in": access.life_s,
        "scope": " ".join(granted.scopes),
    }
