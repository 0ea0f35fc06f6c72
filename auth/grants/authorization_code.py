"""The code that a person's browser brought (RFC 6749 §4.1.3), with the proof that whoever shows it asked for it (PKCE).

Whoever shows a code uses it up, whatever becomes of it. Shown again it revokes the tokens that it brought: also those
that are being made at the same moment, for it is asked afterwards whether the code was shown again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from auth.grants.client_credentials import CONFIDENTIAL
from auth.people.person import Person
from auth.people.tokens import check_allowed, granted_of, issued, revoke
from auth.services import Services
from auth.tokens.id_token import SignedIn
from weir.models.auth.records import OAuthClient
from weir.store.oauth.codes import CodeRecord
from weir.store.oauth.families import new_family, sid_of

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
MAX_CODE = 128


class AuthorizationCode(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]  # Authlib has no types
    GRANT_TYPE = "authorization_code"
    TOKEN_ENDPOINT_AUTH_METHODS = (*CONFIDENTIAL, "none")

    def validate_token_request(self) -> None:
        self.authenticate_token_endpoint_client()
        client: OAuthClient = self.request.client.record
        if not self.request.client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("The client may not use authorization codes.")
        form = self.request.form
        for name in ("code", "code_verifier"):
            if name not in form:
                raise InvalidRequestError(f"The {name} is missing.")
        self.code, self.family = form["code"], new_family()
        self.record = self._taken(client)
        check_request(self.record, client, form)
        check_allowed(client, self.record.allowed_ms)
        self.person = self._person()
        self.granted = granted_of(
            self.server.services,
            client,
            self.person.user,
            scopes=self.record.scopes,
            audiences=self.record.audiences,
            asked=self.request.several("resource", "audience"),
            family=self.family,
            auth_ms=self.record.auth_ms,
        )

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        services: Services = self.server.services
        signed_in = SignedIn(
            auth_time_s=self.record.auth_ms // 1000,
            sid=self.record.sid,
            nonce=self.record.nonce,
            code=self.code,
        )
        body = issued(services, self.granted, self.person.user, signed_in)
        if not services.people.codes.is_settled(self.code, sid_of(self.family)):
            revoke(services, sid_of(self.family))
            raise InvalidGrantError("The code was used twice; its tokens are revoked.")
        return 200, body, self.TOKEN_RESPONSE_HEADER

    def _taken(self, client: OAuthClient) -> CodeRecord:
        """Raises InvalidGrantError."""
        services: Services = self.server.services
        taken = services.people.codes.take(self.code[: MAX_CODE + 1], sid_of(self.family))
        if taken is not None and taken.record is None:
            revoke(services, taken.family)
        if taken is None or taken.record is None or taken.record.client != client.id:
            raise InvalidGrantError("The code is unknown, too old or was used before.")
        return taken.record

    def _person(self) -> Person:
        """Who allowed it, as they are now. Raises InvalidGrantError."""
        person: Person | None = self.server.services.people.people.by_login(self.record.login)
        if person is None or person.user.name != self.record.user:
            raise InvalidGrantError("The person who allowed it is signed out.")
        return person


def check_request(record: CodeRecord, client: OAuthClient, form: dict[str, str]) -> None:
    """Raises InvalidGrantError for another request than the code was made for."""
    asked = form.get("redirect_uri", "")
    is_same = asked == record.redirect_uri if record.redirect_uri else asked in ("", *client.redirect_uris)
    if not is_same:
        raise InvalidGrantError("The redirect_uri is not that of the authorization request.")
    if not is_proven(form["code_verifier"], record.challenge):
        raise InvalidGrantError("The code_verifier is not that of the authorization request.")


def is_proven(verifier: str, challenge: str) -> bool:
    """RFC 7636 §4.6, S256."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(made, challenge.encode())
