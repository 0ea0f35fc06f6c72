"""What a node needs to judge a credential that was shown: the credential and its consumer, in one.

The agent makes it from the store, keeps it, and gives it to the workers; it is dropped when either changes.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

VerifierKind: TypeAlias = Literal["key", "basic", "hmac", "client", "opaque", "consumer"]


class Verifier(msgspec.Struct, frozen=True, kw_only=True):
    """``kind`` and ``id`` name it, as the feed does (topic ``credential``, id ``<kind>:<id>``).

    kind       id             secret
    key        id of the key  SHA-256 of the text, hex
    basic      user name      argon2id, PHC form
    hmac       key id         the secret, sealed with the key ring (latin-1)
    client     client_id      empty: its JWTs are verified by the issuer's keys
    opaque     id of token    SHA-256 of the text, hex
    consumer   name           empty: for tokens of foreign issuers
    """

    kind: VerifierKind
    id: str
    secret: str = ""
    consumer: str = ""
    tags: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    """Of a client: none, as a token says its own."""
    expires_ms: int = 0
    enabled: bool = True
    """Neither the credential nor its consumer is disabled."""
    not_before_ms: int = 0
    """Of a client: tokens that were issued earlier are revoked."""
    subject: str = ""
    """Of an opaque token: for whom."""
    client: str = ""
    """Of an opaque token: to whom."""
    audiences: tuple[str, ...] = ()
    """Of an opaque token: for what."""

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.id}"
