"""``POST /oauth2/revoke``: a client gives a token up (RFC 7009). A refresh token goes with its family and every access
token of it, an access token alone.

It is on the store's disk when the answer says so, and with every node within a second.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from flask import Flask, Response

from auth.clients.client import Client
from auth.errors import NotNowError
from auth.grants.client_credentials import CONFIDENTIAL
from auth.server import FormRequest, server_of
from auth.services import Services
from auth.tokens.read import ReadToken
from weir.store.oauth.families import MARGIN_S

PATH = "/oauth2/revoke"


def add(app: Flask, _services: Services) -> None:
    app.add_url_rule(PATH, "revoke", answer, methods=["POST"], provide_automatic_options=False)


def answer() -> Response:
    response: Response = server_of().create_endpoint_response(Revocation.ENDPOINT_NAME)
    return response


class Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib has no types
    """What is unknown or no longer good is answered 200 (RFC 7009 §2.2), what is another client's is not."""

    CLIENT_AUTH_METHODS = (*CONFIDENTIAL, "none")

    def check_params(self, request: FormRequest, _client: Client) -> None:
        if "token" not in request.form:
            raise InvalidRequestError("The token is missing.")

    def query_token(self, token_string: str, _hint: str | None) -> ReadToken | None:
        found: ReadToken | None = self.server.services.reader.read(token_string)
        return found

    def revoke_token(self, token: ReadToken, _request: Any) -> None:
        services: Services = self.server.services
        if token.kind == "refresh":
            done: str = services.families.revoke(token.sid)
        elif token.kind == "opaque":
            services.opaque.revoke(token.id)
            done = "revoked"
        else:
            done = services.revoked.add(token.id, token.ends_s + MARGIN_S)
        if done == "full":
            raise NotNowError("Too many tokens are revoked already.")
        services.metrics.revoked(token.kind)
