"""Shared secrets of consumers, for rules that ``require hmac`` (HTTP Message Signatures, RFC 9421, hmac-sha256).

A signature is made anew from the secret for every request, so it is kept: encrypted with the key ring.
"""

from __future__ import annotations

import msgspec

from weir.api.auth_values import KeyState, Life, state_of
from weir.api.operation import Operation, Page
from weir.models.auth.records import HmacKey as Record


class HmacKey(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """``keyid`` of the signature."""
    consumer: str
    created_ms: int
    created_by: str
    expires_ms: int = 0
    """0: never."""
    last_used_ms: int = 0
    state: KeyState


class HmacKeyPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[HmacKey, ...]
    """By id."""
    next: str = ""


class NewHmacKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    expires_in_s: Life = 0


class MadeHmacKey(msgspec.Struct, frozen=True, kw_only=True):
    key: HmacKey
    secret: str
    """Its ASCII bytes are the key of HMAC-SHA-256: shown this once."""


def hmac_key_of(record: Record, now_ms: int, last_used_ms: int) -> HmacKey:
    return HmacKey(
        id=record.id,
        consumer=record.consumer,
        created_ms=record.created_ms,
        created_by=record.created_by,
        expires_ms=record.expires_ms,
        last_used_ms=last_used_ms,
        state=state_of(now_ms, record.expires_ms, disabled=record.disabled),
    )


OPERATIONS = (
    Operation(
        id="hmac-keys.list",
        method="GET",
        path="/consumers/{name}/hmac",
        summary="Lists the HMAC keys of a consumer; never their secrets.",
        role="viewer",
        query=Page,
        result=HmacKeyPage,
        refusals=(404,),
    ),
    Operation(
        id="hmac-keys.create",
        method="POST",
        path="/consumers/{name}/hmac",
        summary="Makes an HMAC key and shows its secret this once.",
        role="editor",
        body=NewHmacKey,
        body_optional=True,
        result=MadeHmacKey,
        status=201,
        refusals=(404, 409),
    ),
    Operation(
        id="hmac-keys.revoke",
        method="DELETE",
        path="/consumers/{name}/hmac/{id}",
        summary="Ends an HMAC key for good.",
        role="editor",
        status=204,
        refusals=(404,),
    ),
)
