"""Foreign authorization servers whose tokens rules may ask for: Keycloak, Auth0, Entra, another Weir."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from weir.api.auth_values import IssuerName, Url
from weir.api.operation import Operation, Page
from weir.models.auth.records import Issuer as Record

Algorithm: TypeAlias = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"
]
"""Of signatures; none that needs a shared secret."""
Algorithms = Annotated[tuple[Algorithm, ...], msgspec.Meta(min_length=1, max_length=11)]
Claim = Annotated[str, msgspec.Meta(max_length=128, pattern=r"^[!-~]*$(?!\n)")]
USUAL: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256", "Ed25519")


class IssuerBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it: what is left out has its default."""

    url: Url
    """``iss`` of its tokens, exactly: https, or http on this machine."""
    jwks_uri: Url | None = None
    """Where its keys are; null: by discovery."""
    algorithms: Algorithms = USUAL
    consumer_claim: Claim = ""
    """The claim whose value names a consumer, such as ``azp``; empty: tokens belong to no consumer."""
    scope_claim: Claim = "scope"
    """A text with spaces, or a list: ``scope``, ``scp``, ``permissions``."""
    disabled: bool = False


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    url: str
    jwks_uri: str | None = None
    algorithms: tuple[str, ...]
    consumer_claim: str = ""
    scope_claim: str = "scope"
    disabled: bool = False
    created_ms: int
    created_by: str
    etag: str


class IssuerPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Issuer, ...]
    """By name."""
    next: str = ""


class IssuerCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look at; it need not be registered."""

    url: Url
    jwks_uri: Url | None = None


class FoundKey(msgspec.Struct, frozen=True, kw_only=True):
    kid: str
    kty: str
    alg: str = ""
    """Empty: it does not say."""


class IssuerFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What the admin API found; nodes look from where they are."""

    ok: bool
    """Tokens of this issuer can be verified."""
    problem: str = ""
    """Why not, in one sentence."""
    metadata_url: str = ""
    """Where the document of discovery was; empty without discovery."""
    jwks_uri: str = ""
    keys: tuple[FoundKey, ...] = ()
    """Those that can verify a signature."""
    milliseconds: int = 0
    """That it took."""


def issuer_of(record: Record, etag: str) -> Issuer:
    return Issuer(
        name=record.name,
        url=record.url,
        jwks_uri=record.jwks_uri or None,
        algorithms=record.algorithms,
        consumer_claim=record.consumer_claim,
        scope_claim=record.scope_claim,
        disabled=record.disabled,
        created_ms=record.created_ms,
        created_by=record.created_by,
        etag=etag,
    )


def check_name(name: str) -> str:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(name, IssuerName)


OPERATIONS = (
    Operation(
        id="issuers.list",
        method="GET",
        path="/issuers",
        summary="Lists foreign issuers, by name.",
        role="viewer",
        query=Page,
        result=IssuerPage,
    ),
    Operation(
        id="issuers.get",
        method="GET",
        path="/issuers/{name}",
        summary="Gives a foreign issuer.",
        role="viewer",
        result=Issuer,
        etag=True,
        refusals=(404,),
    ),
    Operation(
        id="issuers.replace",
        method="PUT",
        path="/issuers/{name}",
        summary="Registers or changes a foreign issuer; nodes fetch its keys.",
        role="editor",
        body=IssuerBody,
        result=Issuer,
        precondition=True,
        etag=True,
        refusals=(404, 409, 412, 422),
    ),
    Operation(
        id="issuers.delete",
        method="DELETE",
        path="/issuers/{name}",
        summary="Removes a foreign issuer; its tokens are refused within a second unless a rule names it.",
        role="editor",
        precondition=True,
        status=204,
        refusals=(404, 412),
    ),
    Operation(
        id="issuers.check",
        method="POST",
        path="/issuer-check",
        summary="Fetches an issuer's metadata and keys as a node would, and says what it found.",
        role="admin",
        body=IssuerCheck,
        result=IssuerFindings,
        refusals=(422,),
    ),
)
