"""The Connection field (RFC 9110 §7.6.1): what it names belongs to this connection and is not passed on."""

from __future__ import annotations

from functools import lru_cache

from edge.http.head import Field

_OPTIONS = frozenset({b"keep-alive", b"close", b"upgrade", b"te"})


@lru_cache(maxsize=256)
def listed(values: tuple[bytes, ...]) -> frozenset[bytes]:
    """Lower-case names of fields to remove."""
    tokens = {token.strip(b" \t").lower() for value in values for token in value.split(b",")}
    return frozenset(tokens - _OPTIONS - {b""})


def without_listed(fields: list[Field], values: tuple[bytes, ...]) -> list[Field]:
    """``fields`` itself where nothing is named."""
    names = listed(values)
    return [field for field in fields if field[0] not in names] if names else fields
