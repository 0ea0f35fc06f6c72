"""API keys of consumers, ``weir_…``: only a hash is stored, so they are shown once."""

from __future__ import annotations

import msgspec

from weir.api.auth_values import ConsumerName, KeyState, Life, Line, Overlap, Scopes, state_of
from weir.api.operation import Operation, Page
from weir.models.auth.records import ApiKey


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a key."""

    id: str
    name: str = ""
    consumer: str
    scopes: tuple[str, ...] | None = None
    """null: all of the consumer's."""
    created_ms: int
    created_by: str
    expires_ms: int = 0
    """0: never."""
    last_used_ms: int = 0
    """To the minute, and a minute or so late; 0: not known to have been used."""
    state: KeyState
    replaces: str = ""
    """The key in whose place it was made."""


class KeyPage(msgspec.Struct, frozen=True, kw_only=True):
    """By id. With a filter a page may have fewer items than ``limit``, even none; the end is where ``next`` is
    empty."""

    items: tuple[Key, ...]
    next: str = ""


class KeysQuery(Page, frozen=True, forbid_unknown_fields=True):
    state: KeyState | None = None


class AllKeysQuery(KeysQuery, frozen=True, forbid_unknown_fields=True):
    consumer: ConsumerName | None = None


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Line = ""
    """What it is for; need not be unique."""
    scopes: Scopes | None = None
    """A part of the consumer's; null: all that it has at a time."""
    expires_in_s: Life = 0


class KeyRotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    expires_in_s: Life | None = None
    """Of the new key; null: as long as the old one was made for."""
    overlap_s: Overlap = 0
    """How long the old one is still good; 0: it ends at once."""


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    key: Key
    secret: str
    """The key itself, ``weir_…``: shown this once."""


def key_of(record: ApiKey, now_ms: int, last_used_ms: int) -> Key:
    return Key(
        id=record.id,
        name=record.name,
        consumer=record.consumer,
        scopes=record.scopes,
        created_ms=record.created_ms,
        created_by=record.created_by,
        expires_ms=record.expires_ms,
        last_used_ms=last_used_ms,
        state=state_of(now_ms, record.expires_ms, disabled=record.disabled),
        replaces=record.replaces,
    )


OPERATIONS = (
    Operation(
        id="keys.list",
        method="GET",
        path="/keys",
        summary="Lists API keys, by id; never their secrets.",
        role="viewer",
        query=AllKeysQuery,
        result=KeyPage,
    ),
    Operation(
        id="keys.list_of",
        method="GET",
        path="/consumers/{name}/keys",
        summary="Lists the API keys of a consumer, by id.",
        role="viewer",
        query=KeysQuery,
        result=KeyPage,
        refusals=(404,),
    ),
    Operation(
        id="keys.create",
        method="POST",
        path="/consumers/{name}/keys",
        summary="Makes an API key and shows it this once.",
        role="editor",
        body=NewKey,
        body_optional=True,
        result=MadeKey,
        status=201,
        refusals=(404, 409, 422),
    ),
    Operation(
        id="keys.get",
        method="GET",
        path="/keys/{id}",
        summary="Gives what is known of an API key.",
        role="viewer",
        result=Key,
        refusals=(404,),
    ),
    Operation(
        id="keys.rotate",
        method="POST",
        path="/keys/{id}/rotate",
        summary="Makes a key with the rights of another, which ends at once or after an overlap.",
        role="editor",
        body=KeyRotation,
        body_optional=True,
        result=MadeKey,
        status=201,
        refusals=(404, 409),
    ),
    Operation(
        id="keys.disable",
        method="POST",
        path="/keys/{id}/disable",
        summary="Takes a key out of use, until it is enabled again.",
        role="editor",
        result=Key,
        refusals=(404,),
    ),
    Operation(
        id="keys.enable",
        method="POST",
        path="/keys/{id}/enable",
        summary="Lets a disabled key be used again.",
        role="editor",
        result=Key,
        refusals=(404,),
    ),
    Operation(
        id="keys.revoke",
        method="DELETE",
        path="/keys/{id}",
        summary="Ends a key for good; no node accepts it after a second.",
        role="editor",
        status=204,
        refusals=(404,),
    ),
)
