"""What the store keeps of consumers, their credentials, OAuth clients, users and foreign issuers: one struct for each.

No secret stands in clear: random ones as SHA-256 (``secret_text``), passwords as argon2id in PHC form, and what must be
read again (the key of an HMAC signature) encrypted with the key ring. Times are milliseconds of the store's clock; an
``expires_ms`` of 0 is no end.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

SCHEMA = 1


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What all have in common. A reader leaves alone fields that it does not know; a writer never drops them, as
    ``schema`` says who wrote."""

    schema: int = SCHEMA
    created_ms: int
    created_by: str = ""
    disabled: bool = False


class Consumer(Record, frozen=True, kw_only=True):
    """Who calls. Its ``name`` is its identity: limits, logs and the upstream see it."""

    name: str
    tags: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    """What its keys, passwords and signatures may, unless a key says less."""
    description: str = ""


class ApiKey(Record, frozen=True, kw_only=True):
    """``weir_<id>_<secret><checksum>``."""

    id: str
    consumer: str
    name: str = ""
    hash: str
    """SHA-256 of the whole text, hex."""
    scopes: tuple[str, ...] | None = None
    """A part of the consumer's; None: all of them."""
    expires_ms: int = 0
    replaces: str = ""
    """The key that it took the place of by a rotation."""


class BasicLogin(Record, frozen=True, kw_only=True):
    """User name and password of a consumer, for ``require basic``."""

    username: str
    consumer: str
    password: str
    """argon2id, PHC form."""


class HmacKey(Record, frozen=True, kw_only=True):
    """Shared secret of a consumer, for ``require hmac`` (RFC 9421, hmac-sha256)."""

    id: str
    """``keyid`` of the signature."""
    consumer: str
    sealed: bytes
    """The secret, encrypted with the key ring's purpose ``store``; bound to ``hmac:<id>``."""
    expires_ms: int = 0


ClientAuth: TypeAlias = Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
GrantType: TypeAlias = Literal[
    "authorization_code",
    "client_credentials",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
]


class OAuthClient(Record, frozen=True, kw_only=True):
    """An application that asks ``weir auth`` for tokens (RFC 7591 has the words)."""

    id: str
    """``client_id``."""
    name: str
    consumer: str = ""
    """Whom its tokens belong to at the edge; empty: nobody's, only the token itself counts."""
    auth: ClientAuth = "client_secret_basic"
    hash: str = ""
    """SHA-256 of the secret's whole text, hex; empty where there is none."""
    previous_hash: str = ""
    previous_until_ms: int = 0
    """The secret before the last rotation, and how long it is still good."""
    jwks: str = ""
    """JSON Web Key Set of a private_key_jwt client."""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    """Where a person may be sent after signing out (OIDC RP-Initiated Logout 1.0)."""
    grants: tuple[GrantType, ...] = ("client_credentials",)
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    """Whom its tokens may be for; the first is the default. Empty: the issuer itself."""
    opaque: bool = False
    """Access tokens are opaque, not JWTs."""
    access_s: int = 600
    refresh_s: int = 14 * 86_400
    consent: bool = True
    """The user is asked; False for the operator's own applications."""
    not_before_ms: int = 0
    """All its tokens that were issued earlier are revoked."""


class User(Record, frozen=True, kw_only=True):
    """Who signs in at ``weir auth``."""

    name: str
    display_name: str = ""
    email: str = ""
    password: str
    """argon2id, PHC form."""
    scopes: tuple[str, ...] | None = None
    """What applications may be granted in the user's name; None: whatever the application may."""


class Issuer(Record, frozen=True, kw_only=True):
    """A foreign authorization server whose tokens rules may ask for."""

    name: str
    url: str
    """``iss``, exactly."""
    jwks_uri: str = ""
    """Empty: by discovery."""
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "Ed25519")
    consumer_claim: str = ""
    """The claim whose value names a consumer, such as ``azp``; empty: tokens belong to no consumer."""
    scope_claim: str = "scope"
    """A text with spaces, or a list: ``scope``, ``scp``, ``permissions``."""


class InitialToken(Record, frozen=True, kw_only=True):
    """``weiri_…``: allows dynamic registration of clients (RFC 7591 §3)."""

    id: str
    hash: str
    name: str = ""
    expires_ms: int = 0
    left: int = 1
    """How many clients may still be registered with it."""
    scopes: tuple[str, ...] = ()
    """What those clients may ask for at most."""
