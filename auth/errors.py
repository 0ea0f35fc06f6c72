"""Errors of OAuth 2 that Authlib has no class for. Descriptions are ASCII without quotation marks (RFC 6749 §5.2)."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidGrantError, OAuth2Error


class UnknownClientError(InvalidClientError):  # type: ignore[misc]  # Authlib has no types
    """RFC 6749 §5.2 ``invalid_client``: always 401, with the challenge that RFC 7617 §2 demands."""

    status_code = 401

    def get_headers(self) -> list[tuple[str, str]]:
        return [*OAuth2Error.get_headers(self), ("WWW-Authenticate", 'Basic realm="weir", charset="UTF-8"')]


class RefreshReusedError(InvalidGrantError):  # type: ignore[misc]
    """RFC 9700 §4.14.2: two have had it, and nobody knows which of them may."""

    description = "The refresh token was used before; its family is revoked."


class InvalidTargetError(OAuth2Error):  # type: ignore[misc]
    """RFC 8707 §2: a resource that the client's tokens may not be for."""

    error = "invalid_target"


class InvalidTokenError(OAuth2Error):  # type: ignore[misc]
    """RFC 6750 §3.1: the bearer token of this very request."""

    error = "invalid_token"
    status_code = 401

    def get_headers(self) -> list[tuple[str, str]]:
        challenge = f'Bearer realm="weir", error="{self.error}", error_description="{self.description}"'
        return [*super().get_headers(), ("WWW-Authenticate", challenge)]


class NotNowError(OAuth2Error):  # type: ignore[misc]
    """The store is away, or something is full: the same request may succeed later."""

    error = "temporarily_unavailable"
    status_code = 503
    description = "The server cannot answer that now."
    wait_s = 1

    def get_headers(self) -> list[tuple[str, str]]:
        return [*super().get_headers(), ("Retry-After", str(self.wait_s))]


class TooManyFailuresError(NotNowError):
    """Too many wrong credentials of a client, or from an address, within a minute."""

    status_code = 429
    description = "Too many wrong credentials; wait."

    def __init__(self, wait_s: int) -> None:
        super().__init__()
        self.wait_s = wait_s
