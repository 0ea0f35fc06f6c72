"""A client's record as Authlib asks for it."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import ClientMixin

from weir.models.auth.records import OAuthClient


class Client(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    """Every answer follows from the record. Redirections are no business of Authlib's here (``auth.people``)."""

    def __init__(self, record: OAuthClient) -> None:
        self.record = record

    def get_client_id(self) -> str:
        return self.record.id

    def get_allowed_scope(self, scope: str | None) -> str:
        """Scopes are narrowed before (``auth.tokens.scopes``)."""
        return scope or ""

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == self.record.auth

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and self.check_grant_type("authorization_code")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.record.grants
