"""Reading tokens back: whose they are, what they may, and whether they are still good."""

from __future__ import annotations

import hmac
import json
import time
from typing import Any, Literal

import msgspec

from auth.signing.signing_keys import SigningKeys
from weir.models.auth.records import Consumer, OAuthClient
from weir.models.auth.secret_text import SecretText, hash_of, read_secret
from weir.store.oauth.families import Families, family_of, sid_of
from weir.store.oauth.opaque import OpaqueTokens
from weir.store.records import Records
from weir.store.revoked import Revoked


class ReadToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token of this server's, that was good when it was read."""

    kind: Literal["jwt", "opaque", "refresh"]
    id: str
    """``jti`` of a JWT, id of an opaque one, ``sid`` of a refresh token."""
    client: str
    subject: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    issued_s: int
    ends_s: int
    sid: str = ""
    auth_time_s: int = 0
    act: dict[str, Any] | None = None

    def check_client(self, client: Any) -> bool:
        """For Authlib: whether it was issued to ``client``."""
        return bool(client.get_client_id() == self.client)


class TokenReader:
    """Raises StoreAway and StoreError."""

    def __init__(
        self,
        signing: SigningKeys,
        families: Families,
        opaque: OpaqueTokens,
        revoked: Revoked,
        clients: Records[OAuthClient],
        consumers: Records[Consumer],
    ) -> None:
        self._signing = signing
        self._families = families
        self._opaque = opaque
        self._revoked = revoked
        self._clients = clients
        self._consumers = consumers

    def read(self, text: str) -> ReadToken | None:
        """None for what is no token of this server's, has ended, or was revoked."""
        if text.startswith("weirr_"):
            token = self._refresh(text)
        elif text.startswith("weiro_"):
            token = self._of_store(text)
        else:
            token = self._jwt(text)
        if token is None or token.ends_s <= time.time() or not self._is_allowed(token):
            return None
        return token

    def read_access(self, text: str) -> ReadToken | None:
        """The same, of access tokens only."""
        token = self.read(text)
        return token if token is not None and token.kind != "refresh" else None

    def _is_allowed(self, token: ReadToken) -> bool:
        """Neither it nor its family is revoked, and its client may have tokens."""
        values = [value for value in (token.id, token.sid) if value]
        if self._revoked.ends(values):
            return False
        kept = self._clients.get(token.client)
        if kept is None or kept.record.disabled or token.issued_s * 1000 < kept.record.not_before_ms:
            return False
        owner = self._consumers.get(kept.record.consumer) if kept.record.consumer else None
        return owner is None or not owner.record.disabled

    def _jwt(self, text: str) -> ReadToken | None:
        claims = self._signing.verify(text, "at+jwt")
        if claims is None:
            return None
        audiences = claims["aud"]
        return ReadToken(
            kind="jwt",
            id=claims["jti"],
            client=claims["client_id"],
            subject=claims["sub"],
            scopes=tuple(claims["scope"].split()),
            audiences=(audiences,) if isinstance(audiences, str) else tuple(audiences),
            issued_s=claims["iat"],
            ends_s=claims["exp"],
            sid=claims.get("sid", ""),
            auth_time_s=claims.get("auth_time", 0),
            act=claims.get("act"),
        )

    def _of_store(self, text: str) -> ReadToken | None:
        secret = read_secret("weiro", text)
        token = self._opaque.get(secret) if secret else None
        if secret is None or token is None or not is_same(secret, token.hash):
            return None
        return ReadToken(
            kind="opaque",
            id=token.id,
            client=token.client,
            subject=token.subject,
            scopes=token.scopes,
            audiences=token.audiences,
            issued_s=token.created_ms // 1000,
            ends_s=token.expires_ms // 1000,
            sid=token.sid,
            act=json.loads(token.act) if token.act else None,
        )

    def _refresh(self, text: str) -> ReadToken | None:
        """An earlier one of the same family is none; asking about it does no harm."""
        family_id = family_of(text)
        family = self._families.read(sid_of(family_id)) if family_id else None
        if family is None or not hmac.compare_digest(hash_of(text), family.hash):
            return None
        record = family.record
        return ReadToken(
            kind="refresh",
            id=family.sid,
            client=record.client,
            subject=record.user,
            scopes=record.scopes,
            audiences=record.audiences,
            issued_s=record.created_ms // 1000,
            ends_s=family.ends_ms // 1000,
            sid=family.sid,
            auth_time_s=record.auth_time_s,
        )


def is_same(shown: SecretText, kept: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(shown.hash(), kept)
