"""The token response for what a person allowed: an access token, and refresh and ID token where they belong to it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import InvalidGrantError

from auth.signing.schedule import LONGEST_TOKEN_S
from auth.tokens.audiences import audiences_left, audiences_of
from auth.tokens.granted import Granted
from auth.tokens.id_token import SignedIn, id_claims
from auth.tokens.scopes import scopes_of_user
from weir.models.auth.records import OAuthClient, User

if TYPE_CHECKING:
    from auth.services import Services


def check_allowed(client: OAuthClient, allowed_ms: int) -> None:
    """What was allowed before all tokens of the client were revoked is over too. Raises InvalidGrantError."""
    if allowed_ms < client.not_before_ms:
        raise InvalidGrantError("All that the client had is revoked.")


def granted_of(
    services: Services,
    client: OAuthClient,
    user: User,
    *,
    scopes: tuple[str, ...],
    audiences: tuple[str, ...],
    asked: list[str],
    family: str,
    auth_ms: int,
) -> Granted:
    """What was allowed, less what client or person may not any more. ``asked``: resources of this request (RFC 8707).

    Raises InvalidGrantError, and InvalidTargetError for a resource that was not allowed.
    """
    may = audiences_of(client, services.issuer)
    kept = tuple(each for each in audiences if each in may)
    left = scopes_of_user([scope for scope in scopes if scope in client.scopes], user.scopes)
    if not kept or (scopes and not left):
        raise InvalidGrantError("Nothing is left of what was granted.")
    return Granted(
        client=client,
        subject=user.name,
        scopes=left,
        audiences=audiences_left(asked, kept),
        family=family,
        auth_time_s=auth_ms // 1000,
    )


def issued(services: Services, granted: Granted, user: User, signed_in: SignedIn) -> dict[str, Any]:
    body = services.tokens.issue(granted, refresh="refresh_token" in granted.client.grants)
    if "openid" in granted.scopes:
        claims = id_claims(
            user,
            signed_in,
            issuer=services.issuer,
            client=granted.client.id,
            scopes=granted.scopes,
            access_token=body["access_token"],
            now_s=int(time.time()),
        )
        body["id_token"] = services.signing.sign(claims, "JWT")
    return body


def revoke(services: Services, sid: str) -> None:
    """All tokens that came of one word of a person's, whether there is a refresh token or not."""
    services.families.revoke(sid, LONGEST_TOKEN_S)
