"""``POST /oauth2/introspect``: what a token is (RFC 7662), for the client it was issued to, or is for.

To anybody else, and of anything that is not good (any more), the answer is ``{"active": false}`` and no more.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Flask, Response

from auth.clients.client import Client
from auth.grants.client_credentials import CONFIDENTIAL
from auth.server import FormRequest, server_of
from auth.services import Services
from auth.tokens.read import ReadToken

PATH = "/oauth2/introspect"


def add(app: Flask, _services: Services) -> None:
    app.add_url_rule(PATH, "introspect", answer, methods=["POST"], provide_automatic_options=False)


def answer() -> Response:
    response: Response = server_of().create_endpoint_response(Introspection.ENDPOINT_NAME)
    return response


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib has no types
    CLIENT_AUTH_METHODS = CONFIDENTIAL

    def check_params(self, request: FormRequest, _client: Client) -> None:
        """A ``token_type_hint`` only helps to look, so an unknown one does no harm (RFC 7662 §2.1)."""
        if "token" not in request.form:
            raise InvalidRequestError("The token is missing.")

    def query_token(self, token_string: str, _hint: str | None) -> ReadToken | None:
        found: ReadToken | None = self.server.services.reader.read(token_string)
        return found

    def check_permission(self, token: ReadToken, client: Client, _request: FormRequest) -> bool:
        if token.kind == "refresh":
            return token.check_client(client)
        return token.check_client(client) or client.record.id in token.audiences

    def create_introspection_payload(self, token: ReadToken | None) -> dict[str, Any]:
        return {"active": False} if token is None else described(token, self.server.services.issuer)


def described(token: ReadToken, issuer: str) -> dict[str, Any]:
    """RFC 7662 §2.2. An access token says its type, a refresh token has none."""
    found: dict[str, Any] = {
        "active": True,
        "iss": issuer,
        "sub": token.subject,
        "aud": token.audiences[0] if len(token.audiences) == 1 else list(token.audiences),
        "client_id": token.client,
        "scope": " ".join(token.scopes),
        "iat": token.issued_s,
        "exp": token.ends_s,
    }
    if token.kind != "refresh":
        found |= {"token_type": "Bearer", "jti": token.id}
    if token.subject != token.client:
        found["username"] = token.subject
    if token.act:
        found["act"] = token.act
    return found
