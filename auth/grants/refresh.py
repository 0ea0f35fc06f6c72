"""The next access token for a refresh token, and the next refresh token with it (RFC 6749 §6, RFC 9700 §4.14.2)."""

from __future__ import annotations

import hmac
from typing import Any

import msgspec
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from auth.errors import RefreshReusedError
from auth.grants.client_credentials import CONFIDENTIAL
from auth.people.tokens import granted_of
from auth.tokens.granted import Granted
from auth.tokens.scopes import scopes_asked
from weir.models.auth.records import OAuthClient
from weir.models.auth.secret_text import hash_of
from weir.store.oauth.families import Family, family_of, sid_of


class Refresh(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]  # Authlib has no types
    """Everything is judged before the one step that uses the token up: a request that is refused for its scope may be
    sent again."""

    GRANT_TYPE = "refresh_token"
    TOKEN_ENDPOINT_AUTH_METHODS = (*CONFIDENTIAL, "none")

    def validate_token_request(self) -> None:
        self.authenticate_token_endpoint_client()
        client: OAuthClient = self.request.client.record
        if not self.request.client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("The client may not use refresh tokens.")
        text = self.request.form.get("refresh_token")
        if not text:
            raise InvalidRequestError("The refresh_token is missing.")
        family_id = family_of(text)
        family = self.server.services.families.read(sid_of(family_id)) if family_id else None
        if family is None or family.record.client != client.id:
            # Somebody else's token is not a reuse: whoever has it could not have used it.
            raise InvalidGrantError("The refresh token is unknown, has ended or was revoked.")
        self.shown, self.family = hash_of(text), family
        if not hmac.compare_digest(self.shown, family.hash):
            # Before anything else about the request: whatever it asks for, the token is an old one.
            self.server.services.families.revoke(family.sid)
            raise RefreshReusedError
        self.granted = self._granted(client, family_id, family)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        body = self.server.services.tokens.renew(self.family, self.shown, self.granted)
        return 200, body, self.TOKEN_RESPONSE_HEADER

    def _granted(self, client: OAuthClient, family_id: str, family: Family) -> Granted:
        """What of the family's the client and the user may still have. Raises OAuth2Error."""
        record, services = family.record, self.server.services
        user = services.users.get(record.user)
        if user is None or user.record.disabled or record.created_ms < client.not_before_ms:
            services.families.revoke(family.sid)
            raise InvalidGrantError("The refresh token is unknown, has ended or was revoked.")
        granted = granted_of(
            services,
            client,
            user.record,
            scopes=record.scopes,
            audiences=record.audiences,
            asked=self.request.several("resource", "audience"),
            family=family_id,
            auth_ms=record.auth_time_s * 1000,
        )
        scopes = scopes_asked(self.request.form.get("scope"), granted.scopes)
        return msgspec.structs.replace(granted, scopes=scopes)
