"""The Vary field (RFC 9110 §12.5.5): which request fields an answer depends on."""

from __future__ import annotations

from edge.http.head import Field


def with_vary(fields: list[Field], name: bytes) -> list[Field]:
    """``fields`` that say so; unchanged where they already do, or where they say ``*``."""
    wanted = (name.lower(), b"*")
    for lower, _, value in fields:
        if lower == b"vary" and any(part.strip(b" \t").lower() in wanted for part in value.split(b",")):
            return fields
    return [*fields, (b"vary", b"Vary", name)]
