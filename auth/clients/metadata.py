"""What a client says of itself when it registers (RFC 7591 §2), checked, and as a record. Pure.

Fields that are unknown here are left out, as the RFC demands; those that are known must be right.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from authlib.oauth2.rfc6749 import OAuth2Error

from weir.models.auth.public_keys import problem_of as problem_of_keys
from weir.models.auth.records import ClientAuth, GrantType, InitialToken, OAuthClient
from weir.models.auth.redirect_uris import problem_of as problem_of_uri
from weir.models.auth.secret_text import SecretText

MAX_URIS = 20
CODE = "authorization_code"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
OFFERED = (CODE, "client_credentials", "refresh_token", DEVICE)
"""Grants that may be asked for without the operator: whoever exchanges tokens must be known."""


class InvalidMetadata(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """RFC 7591 §3.2.2."""

    error = "invalid_client_metadata"


class InvalidRedirectUri(OAuth2Error):  # type: ignore[misc]
    """RFC 7591 §3.2.2."""

    error = "invalid_redirect_uri"


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The known fields."""

    client_name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    redirect_uris: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_URIS)] = ()
    post_logout_redirect_uris: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_URIS)] = ()
    """OpenID Connect RP-Initiated Logout 1.0 §3.1."""
    grant_types: Annotated[tuple[GrantType, ...], msgspec.Meta(min_length=1, max_length=5)] = (
        "authorization_code",
    )
    response_types: Annotated[tuple[str, ...], msgspec.Meta(max_length=5)] | None = None
    token_endpoint_auth_method: ClientAuth = "client_secret_basic"  # noqa: S105 - the name of a method
    scope: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None


def read_metadata(body: bytes) -> Metadata:
    """Raises InvalidMetadata and InvalidRedirectUri."""
    try:
        metadata = msgspec.json.decode(body, type=Metadata)
    except msgspec.DecodeError:
        raise InvalidMetadata("The body is no JSON object, or a field in it has a wrong form.") from None
    check_grants(metadata)
    check_redirects(metadata)
    check_keys(metadata)
    return metadata


def check_grants(metadata: Metadata) -> None:
    grants = metadata.grant_types
    if not set(grants) <= set(OFFERED):
        raise InvalidMetadata("A grant type is not offered to clients that register themselves.")
    responses = ("code",) if CODE in grants else ()
    if metadata.response_types is not None and tuple(metadata.response_types) != responses:
        raise InvalidMetadata("The response_types do not belong to the grant_types.")
    if "refresh_token" in grants and not {CODE, DEVICE} & set(grants):
        raise InvalidMetadata("A refresh_token comes with another grant only.")
    if metadata.token_endpoint_auth_method == "none" and "client_credentials" in grants:  # noqa: S105
        raise InvalidMetadata("A public client has no client credentials.")
    if not metadata.client_name.isprintable():
        raise InvalidMetadata("The client_name has control characters.")


def check_redirects(metadata: Metadata) -> None:
    for uri in (*metadata.redirect_uris, *metadata.post_logout_redirect_uris):
        if problem_of_uri(uri):
            raise InvalidRedirectUri(
                "A redirect_uri is neither https, nor http on loopback, nor of a private scheme."
            )
    if CODE in metadata.grant_types and not metadata.redirect_uris:
        raise InvalidRedirectUri("The grant authorization_code needs redirect_uris.")


def check_keys(metadata: Metadata) -> None:
    if metadata.jwks_uri is not None:
        raise InvalidMetadata("A jwks_uri is not fetched; send the keys as jwks.")
    has_method = metadata.token_endpoint_auth_method == "private_key_jwt"  # noqa: S105
    if has_method != (metadata.jwks is not None):
        raise InvalidMetadata("With private_key_jwt there is a jwks, and only with it.")
    if metadata.jwks is not None and problem_of_keys(metadata.jwks):
        raise InvalidMetadata("The jwks is not a set of public keys.")


def record_of(
    metadata: Metadata, client_id: str, secret: SecretText | None, initial: InitialToken, now_ms: int
) -> OAuthClient:
    """Raises InvalidMetadata for scopes that the initial token does not allow."""
    return OAuthClient(
        id=client_id,
        name=metadata.client_name or client_id,
        auth=metadata.token_endpoint_auth_method,
        hash=secret.hash() if secret else "",
        jwks=json.dumps(metadata.jwks) if metadata.jwks is not None else "",
        redirect_uris=metadata.redirect_uris,
        post_logout_redirect_uris=metadata.post_logout_redirect_uris,
        grants=metadata.grant_types,
        scopes=scopes_of(metadata.scope, initial.scopes),
        created_ms=now_ms,
        created_by=f"initial token {initial.id}",
    )


def scopes_of(asked: str | None, allowed: Sequence[str]) -> tuple[str, ...]:
    """All that are allowed where none is asked for."""
    if asked is None:
        return tuple(allowed)
    words = tuple(dict.fromkeys(asked.split()))
    if not set(words) <= set(allowed):
        raise InvalidMetadata("The scope asks for more than the initial token allows.")
    return words


def answer_of(record: OAuthClient, secret: SecretText | None) -> dict[str, Any]:
    """RFC 7591 §3.2.1: what was registered, and the secret for the only time."""
    answer: dict[str, Any] = {
        "client_id": record.id,
        "client_id_issued_at": record.created_ms // 1000,
        "client_name": record.name,
        "redirect_uris": list(record.redirect_uris),
        "post_logout_redirect_uris": list(record.post_logout_redirect_uris),
        "grant_types": list(record.grants),
        "response_types": ["code"] if CODE in record.grants else [],
        "token_endpoint_auth_method": record.auth,
        "scope": " ".join(record.scopes),
    }
    if record.jwks:
        answer["jwks"] = json.loads(record.jwks)
    if secret is not None:
        answer |= {"client_secret": secret.text(), "client_secret_expires_at": 0}
    return answer
