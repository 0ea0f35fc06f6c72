"""A client that acts for itself (RFC 6749 §4.4)."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant

from auth.tokens.audiences import audiences_asked, audiences_of
from auth.tokens.granted import Granted
from auth.tokens.scopes import scopes_asked

CONFIDENTIAL = ("client_secret_basic", "client_secret_post", "private_key_jwt")


class ClientCredentials(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    """Authlib proves the client and that it may; no refresh token (RFC 6749 §4.4.3)."""

    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL

    def validate_requested_scope(self) -> None:
        client, services = self.request.client.record, self.server.services
        self.granted = Granted(
            client=client,
            subject=client.id,
            scopes=scopes_asked(self.request.form.get("scope"), client.scopes),
            audiences=audiences_asked(
                self.request.several("resource", "audience"), audiences_of(client, services.issuer)
            ),
        )

    def generate_token(self, **_: Any) -> dict[str, Any]:
        body: dict[str, Any] = self.server.services.tokens.issue(self.granted)
        return body

    def save_token(self, _token: dict[str, Any]) -> None:
        """What has to be kept is, by the time it is made."""
