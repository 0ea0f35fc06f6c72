"""Token exchange (RFC 8693): a service that was called with a token gets one for the next service, never with more.

The subject stays. The client that exchanges is the actor: its id is in ``act``, with whoever acted before inside.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from auth.grants.client_credentials import CONFIDENTIAL
from auth.tokens.audiences import audiences_asked, audiences_of
from auth.tokens.granted import Granted
from auth.tokens.read import ReadToken
from auth.tokens.scopes import scopes_asked
from weir.models.auth.records import OAuthClient

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name
JWT = "urn:ietf:params:oauth:token-type:jwt"
MAX_ACTORS = 5
"""One inside the other."""


class TokenExchange(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]  # Authlib has no types
    GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL

    def validate_token_request(self) -> None:
        self.authenticate_token_endpoint_client()
        client: OAuthClient = self.request.client.record
        if not self.request.client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("The client may not exchange tokens.")
        form, services = self.request.form, self.server.services
        if form.get("subject_token_type") not in (ACCESS_TOKEN, JWT):
            raise InvalidRequestError("The subject_token_type is not an access token.")
        if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
            raise InvalidRequestError("The requested_token_type is not an access token.")
        if "actor_token" in form or "actor_token_type" in form:
            raise InvalidRequestError("An actor_token is not supported: the client is the actor.")
        token = services.reader.read_access(form.get("subject_token", ""))
        if token is None or not may_exchange(token, client.id, services.issuer):
            raise InvalidGrantError("The subject_token is not one that this client may exchange.")
        self.granted = Granted(
            client=client,
            subject=token.subject,
            scopes=scopes_asked(
                form.get("scope"), [scope for scope in token.scopes if scope in client.scopes]
            ),
            audiences=audiences_asked(
                self.request.several("resource", "audience"), audiences_of(client, services.issuer)
            ),
            kept_sid=token.sid,
            auth_time_s=token.auth_time_s,
            act=acting(token, client.id),
            ends_s=token.ends_s,
        )

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        body = self.server.services.tokens.issue(self.granted)
        return 200, body | {"issued_token_type": ACCESS_TOKEN}, self.TOKEN_RESPONSE_HEADER


def may_exchange(token: ReadToken, client_id: str, issuer: str) -> bool:
    """A client may exchange what was issued to it, or sent to it: a token for it, or for all behind this issuer."""
    return token.client == client_id or client_id in token.audiences or issuer in token.audiences


def acting(token: ReadToken, client_id: str) -> dict[str, Any] | None:
    """The claim ``act``; none where nobody acts for another. Raises InvalidRequestError for too long a chain."""
    if token.act is None and token.subject == client_id:
        return None
    depth, inner = 1, token.act
    while isinstance(inner, dict):
        depth, inner = depth + 1, inner.get("act")
    if depth > MAX_ACTORS:
        raise InvalidRequestError("Too many have acted for the subject already.")
    return {"sub": client_id, "act": token.act} if token.act else {"sub": client_id}
