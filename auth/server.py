"""Authlib's authorization server over our clients and tokens: it finds the grant and words the errors; who the client
is, what is granted, and every atomic step are ours.

Parameters come from the body only, each once (RFC 6749 §3.2): a secret in a query would be in every log.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, cast

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error, UnsupportedGrantTypeError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from flask import Flask, Response, current_app, g, request

from auth.clients.client import Client
from weir.serving.access_log import say_who

if TYPE_CHECKING:
    from auth.services import Services

FORM = "application/x-www-form-urlencoded"
REPEATABLE = frozenset({"resource", "audience"})
"""RFC 8707 §2, RFC 8693 §2.1."""
EXTENSION = "weir-oauth"


class FormRequest(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """The form of the current request, read once and checked."""

    def __init__(self, issuer: str) -> None:
        # Not the address as this process sees it, which may be behind a proxy that speaks TLS: Authlib wants https.
        super().__init__(request.method, issuer + request.path, headers=request.headers)
        self.fields = single_fields()
        self.payload = BasicOAuth2Payload(self.fields)

    @property
    def form(self) -> dict[str, str]:
        return self.fields

    @property
    def args(self) -> dict[str, str]:
        return {}

    def several(self, *names: str) -> list[str]:
        """All values of the parameters that may stand more than once."""
        return [value for name in names for value in request.form.getlist(name)]


class OAuthServer(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """One for each worker; it keeps nothing of a request."""

    def __init__(self, services: Services, grants: Iterable[type], endpoints: Iterable[type]) -> None:
        super().__init__()
        self.services = services
        for grant in grants:
            self.register_grant(grant)
        for endpoint in endpoints:
            self.register_endpoint(endpoint)

    @property
    def grant_types(self) -> tuple[str, ...]:
        """All that are registered."""
        return tuple(grant.GRANT_TYPE for grant, _ in self._token_grants)

    def query_client(self, client_id: str) -> Client | None:
        kept = self.services.clients.get(client_id)
        return Client(kept.record) if kept else None

    def authenticate_client(
        self, asked: FormRequest, methods: Collection[str], _endpoint: str = "token"
    ) -> Client:
        """``methods`` has ``none`` where a client without a secret will do."""
        record = self.services.authentication.authenticate(
            request.headers.get("Authorization", ""),
            asked.form,
            request.remote_addr or "",
            public="none" in methods,
        )
        say_who(record.id)
        asked.client, asked.auth_method = Client(record), record.auth
        return cast(Client, asked.client)

    def get_token_grant(self, asked: FormRequest) -> Any:
        if not asked.form.get("grant_type"):
            raise InvalidRequestError("The grant_type is missing.")
        try:
            return super().get_token_grant(asked)
        except UnsupportedGrantTypeError:
            raise UnsupportedGrant from None

    def handle_error_response(self, asked: FormRequest, error: OAuth2Error) -> Response:
        g.oauth_error = error
        return cast(Response, super().handle_error_response(asked, error))

    def create_oauth2_request(self, _request: object) -> FormRequest:
        return FormRequest(self.services.issuer)

    def handle_response(self, status: int, body: Any, headers: Iterable[tuple[str, str]]) -> Response:
        text = json.dumps(body) if isinstance(body, dict) else body
        return Response(text, status=status, headers=list(headers))

    def send_signal(self, *_arguments: object, **_named: object) -> None:
        """Nobody listens."""


class UnsupportedGrant(UnsupportedGrantTypeError):  # type: ignore[misc]
    """Does not repeat what a stranger wrote."""

    description = "The grant_type is not supported."

    def __init__(self) -> None:
        super().__init__("")


def single_fields() -> dict[str, str]:
    """Of the form of the current request. Raises InvalidRequestError."""
    if request.mimetype != FORM:
        raise InvalidRequestError(f"The body is not {FORM}.")
    for name in request.form:
        if name not in REPEATABLE and len(request.form.getlist(name)) > 1:
            raise InvalidRequestError("A parameter stands more than once.")
    return {name: value for name, value in request.form.items() if value}


def server_of(app: Flask | None = None) -> OAuthServer:
    """Of ``app``, or of the application that answers now."""
    return cast(OAuthServer, (app or current_app).extensions[EXTENSION])
