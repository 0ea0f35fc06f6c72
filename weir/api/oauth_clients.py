"""Applications that ask ``weir auth`` for tokens, in the words of RFC 7591. A secret is shown once."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from weir.api.auth_values import ConsumerName, Line, Overlap, ScopeText, Url
from weir.api.operation import Operation, Page
from weir.models.auth.records import ClientAuth, GrantType
from weir.models.auth.records import OAuthClient as Record

MAX_URIS = 20
MAX_AUDIENCES = 20

RedirectUris = Annotated[tuple[Url, ...], msgspec.Meta(max_length=MAX_URIS)]
Audiences = Annotated[tuple[Url, ...], msgspec.Meta(max_length=MAX_AUDIENCES)]
Grants = Annotated[tuple[GrantType, ...], msgspec.Meta(min_length=1, max_length=5)]
AccessLife = Annotated[int, msgspec.Meta(ge=60, le=86_400)]
RefreshLife = Annotated[int, msgspec.Meta(ge=60, le=365 * 86_400)]


class OAuthClientBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it: what is left out has its default."""

    client_name: Annotated[Line, msgspec.Meta(min_length=1)]
    """Users see it when they are asked for their consent."""
    consumer: ConsumerName | None = None
    """Whom its tokens belong to at the edge; null: nobody's, only the token itself counts."""
    token_endpoint_auth_method: ClientAuth = "client_secret_basic"  # noqa: S105 - the name of a method
    """``none``: a public client, such as an app in a browser. Fixed once the client exists."""
    redirect_uris: RedirectUris = ()
    """Compared as they stand: https, http on this machine (of any port there), or a scheme such as com.example.app."""
    post_logout_redirect_uris: RedirectUris = ()
    """Where users may be sent back to when they sign out (OpenID Connect RP-Initiated Logout)."""
    grant_types: Grants = ("client_credentials",)
    scope: ScopeText = ""
    """What it may ask for at most."""
    jwks: dict[str, Any] | None = None
    """Its public keys, for ``private_key_jwt``."""
    audiences: Audiences = ()
    """Whom its tokens may be for; the first is the default. Empty: the issuer itself."""
    opaque: bool = False
    """Access tokens are opaque, not JWTs."""
    access_s: AccessLife = 600
    """Life of an access token."""
    refresh_s: RefreshLife = 14 * 86_400
    """Life of a refresh token and those that follow it."""
    consent: bool = True
    """Users are asked; false for the operator's own applications."""
    disabled: bool = False


class OAuthClient(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a client."""

    client_id: str
    client_name: str
    consumer: str | None = None
    token_endpoint_auth_method: ClientAuth
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ()
    scope: str = ""
    jwks: dict[str, Any] | None = None
    audiences: tuple[str, ...] = ()
    opaque: bool = False
    access_s: int
    refresh_s: int
    consent: bool = True
    disabled: bool = False
    has_secret: bool = False
    previous_until_ms: int = 0
    """The secret before the last rotation is good until then; 0: there is none."""
    not_before_ms: int = 0
    """Tokens that were issued earlier are revoked; 0: none is."""
    created_ms: int
    created_by: str
    etag: str


class OAuthClientPage(msgspec.Struct, frozen=True, kw_only=True):
    """By id. With a filter a page may have fewer items than ``limit``, even none; the end is where ``next`` is
    empty."""

    items: tuple[OAuthClient, ...]
    next: str = ""


class OAuthClientsQuery(Page, frozen=True, forbid_unknown_fields=True):
    q: Line = ""
    """In the id or the name, in any case of letters."""
    consumer: ConsumerName | None = None


class MadeOAuthClient(msgspec.Struct, frozen=True, kw_only=True):
    client: OAuthClient
    client_secret: str = ""
    """``weirc_…``: shown this once; empty for a client that has none."""


class SecretRotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    overlap_s: Overlap = 0
    """How long the old secret is still good."""


class RevokedTokens(msgspec.Struct, frozen=True, kw_only=True):
    not_before_ms: int
    """Every token that was issued before is refused: access tokens by all nodes, refresh tokens by ``weir auth``."""


def client_of(record: Record, etag: str) -> OAuthClient:
    return OAuthClient(
        client_id=record.id,
        client_name=record.name,
        consumer=record.consumer or None,
        token_endpoint_auth_method=record.auth,
        redirect_uris=record.redirect_uris,
        post_logout_redirect_uris=record.post_logout_redirect_uris,
        grant_types=record.grants,
        scope=" ".join(record.scopes),
        jwks=msgspec.json.decode(record.jwks, type=dict[str, Any]) if record.jwks else None,
        audiences=record.audiences,
        opaque=record.opaque,
        access_s=record.access_s,
        refresh_s=record.refresh_s,
        consent=record.consent,
        disabled=record.disabled,
        has_secret=bool(record.hash),
        previous_until_ms=record.previous_until_ms,
        not_before_ms=record.not_before_ms,
        created_ms=record.created_ms,
        created_by=record.created_by,
        etag=etag,
    )


OPERATIONS = (
    Operation(
        id="oauth-clients.list",
        method="GET",
        path="/oauth-clients",
        summary="Lists OAuth clients, by id; never their secrets.",
        role="viewer",
        query=OAuthClientsQuery,
        result=OAuthClientPage,
    ),
    Operation(
        id="oauth-clients.create",
        method="POST",
        path="/oauth-clients",
        summary="Registers an OAuth client and shows its secret this once.",
        role="editor",
        body=OAuthClientBody,
        result=MadeOAuthClient,
        status=201,
        refusals=(409, 422),
    ),
    Operation(
        id="oauth-clients.get",
        method="GET",
        path="/oauth-clients/{id}",
        summary="Gives what is known of an OAuth client.",
        role="viewer",
        result=OAuthClient,
        etag=True,
        refusals=(404,),
    ),
    Operation(
        id="oauth-clients.replace",
        method="PUT",
        path="/oauth-clients/{id}",
        summary="Changes what an OAuth client may do; its id, secret and way to authenticate stay.",
        role="editor",
        body=OAuthClientBody,
        result=OAuthClient,
        precondition=True,
        etag=True,
        refusals=(404, 409, 412, 422),
    ),
    Operation(
        id="oauth-clients.delete",
        method="DELETE",
        path="/oauth-clients/{id}",
        summary="Removes an OAuth client; none of its tokens is accepted after a second.",
        role="editor",
        precondition=True,
        status=204,
        refusals=(404, 412),
    ),
    Operation(
        id="oauth-clients.rotate_secret",
        method="POST",
        path="/oauth-clients/{id}/rotate-secret",
        summary="Makes another secret and shows it this once; the old one ends, at once or after an overlap.",
        role="editor",
        body=SecretRotation,
        body_optional=True,
        result=MadeOAuthClient,
        status=201,
        refusals=(404, 409),
    ),
    Operation(
        id="oauth-clients.revoke_tokens",
        method="POST",
        path="/oauth-clients/{id}/revoke-tokens",
        summary="Revokes all tokens that an OAuth client has; it may ask for new ones.",
        role="editor",
        result=RevokedTokens,
        refusals=(404,),
    ),
)
