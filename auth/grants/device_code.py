"""A device that asks whether a person has allowed it (RFC 8628 §3.4)."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc8628 import (
    DEVICE_CODE_GRANT_TYPE,
    AuthorizationPendingError,
    ExpiredTokenError,
    SlowDownError,
)

from auth.grants.client_credentials import CONFIDENTIAL
from auth.people.tokens import check_allowed, granted_of, issued
from auth.services import Services
from auth.tokens.id_token import SignedIn
from weir.models.auth.records import OAuthClient
from weir.store.oauth.devices import Decision, DeviceRecord, Poll
from weir.store.oauth.families import new_family

MAX_CODE = 128
_SAID: dict[Poll, Any] = {
    "pending": lambda: AuthorizationPendingError("The person has not decided yet."),
    "slow": lambda: SlowDownError("The device asks too often; it has to wait five seconds longer."),
    "denied": lambda: AccessDeniedError("The person does not allow it."),
    "expired": lambda: ExpiredTokenError("The device_code is too old."),
}


class DeviceCode(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]  # Authlib has no types
    GRANT_TYPE = DEVICE_CODE_GRANT_TYPE
    TOKEN_ENDPOINT_AUTH_METHODS = (*CONFIDENTIAL, "none")

    def validate_token_request(self) -> None:
        self.authenticate_token_endpoint_client()
        client: OAuthClient = self.request.client.record
        if not self.request.client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("The client may not use device codes.")
        if "device_code" not in self.request.form:
            raise InvalidRequestError("The device_code is missing.")
        services: Services = self.server.services
        polled = services.people.devices.poll(self.request.form["device_code"][: MAX_CODE + 1], client.id)
        if polled.word in _SAID:
            raise _SAID[polled.word]()
        if polled.record is None or polled.decision is None:
            raise InvalidGrantError("The device_code is unknown or was used before.")
        self._read(client, polled.record, polled.decision)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        body = issued(self.server.services, self.granted, self.user, self.signed_in)
        return 200, body, self.TOKEN_RESPONSE_HEADER

    def _read(self, client: OAuthClient, record: DeviceRecord, decision: Decision) -> None:
        """Raises InvalidGrantError."""
        services: Services = self.server.services
        person = services.people.people.by_login(decision.login)
        if person is None or person.user.name != decision.user:
            raise InvalidGrantError("The person who allowed it is signed out.")
        check_allowed(client, decision.allowed_ms)
        self.user = person.user
        self.signed_in = SignedIn(auth_time_s=decision.auth_ms // 1000, sid=decision.sid)
        self.granted = granted_of(
            services,
            client,
            person.user,
            scopes=record.scopes,
            audiences=record.audiences,
            asked=self.request.several("resource", "audience"),
            family=new_family(),
            auth_ms=decision.auth_ms,
        )
