"""Names, scopes, tags and lives: what the resources of consumers, credentials, clients and users share.

A pattern ends in ``$(?!\\n)``: Python's ``$`` alone also stands before a line feed, JSON Schema's does not.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

DAY_S = 86_400
MAX_LIFE_S = 3650 * DAY_S
"""Ten years."""
MAX_OVERLAP_S = 90 * DAY_S
SOON_MS = 7 * DAY_S * 1000
"""What ends within it is ``expiring``."""
MAX_LIST = 32
"""Tags or scopes."""

_END = r"$(?!\n)"

ConsumerName = Annotated[str, msgspec.Meta(max_length=64, pattern=rf"^[a-z0-9][a-z0-9._-]{{0,63}}{_END}")]
UserName = Annotated[str, msgspec.Meta(max_length=128, pattern=rf"^[a-z0-9][a-z0-9._@+-]{{0,127}}{_END}")]
"""Also of a basic login; an e-mail address may be one."""
IssuerName = ConsumerName
Tag = Annotated[str, msgspec.Meta(max_length=64, pattern=rf"^[A-Za-z0-9][A-Za-z0-9._:/-]{{0,63}}{_END}")]
Tags = Annotated[tuple[Tag, ...], msgspec.Meta(max_length=MAX_LIST)]
Scope = Annotated[str, msgspec.Meta(max_length=64, pattern=rf"^[!#-\[\]-~]{{1,64}}{_END}")]
"""RFC 6749 §3.3: visible ASCII without quotation mark and backslash."""
Scopes = Annotated[tuple[Scope, ...], msgspec.Meta(max_length=MAX_LIST)]
ScopeText = Annotated[
    str, msgspec.Meta(max_length=MAX_LIST * 65, pattern=rf"^([!#-\[\]-~]+( [!#-\[\]-~]+)*)?{_END}")
]
"""Scopes with single spaces between them, as OAuth has them."""
Line = Annotated[str, msgspec.Meta(max_length=256, pattern=rf"^[^\x00-\x1f\x7f]*{_END}")]
"""Text for people, without line breaks."""
Life = Annotated[int, msgspec.Meta(ge=0, le=MAX_LIFE_S)]
"""Seconds; 0: without end."""
Overlap = Annotated[int, msgspec.Meta(ge=0, le=MAX_OVERLAP_S)]
Password = Annotated[str, msgspec.Meta(min_length=8, max_length=256)]
"""Taken as it is, in UTF-8; never answered."""
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern=rf"^[!-~]+{_END}")]

KeyState: TypeAlias = Literal["active", "expiring", "expired", "disabled"]
"""Of a credential itself; that its consumer may be disabled is another matter. ``expiring``: within 7 days."""


def state_of(now_ms: int, expires_ms: int, *, disabled: bool) -> KeyState:
    if disabled:
        return "disabled"
    if not expires_ms:
        return "active"
    if expires_ms <= now_ms:
        return "expired"
    return "expiring" if expires_ms - now_ms <= SOON_MS else "active"
