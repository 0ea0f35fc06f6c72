"""Templates: ``{name}`` inside redirect locations, rewritten paths and header values; ``{{`` and ``}}`` are braces."""

from __future__ import annotations

import re
from typing import NamedTuple

TEMPLATE_NAMES: frozenset[str] = frozenset(
    {"uri", "path", "query", "host", "method", "scheme", "ip", "consumer", "request_id", "rule"}
)
"""What every template may name, beside the captures of its rule."""

_PART = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]|[^{}]+")


class Part(NamedTuple):
    """Literal text, or a name whose value goes there."""

    text: str
    is_name: bool


def template_parts(text: str) -> tuple[Part, ...]:
    """Raises ValueError with a sentence where a brace stands alone."""
    parts: list[Part] = []
    for match in _PART.finditer(text):
        piece = match.group()
        if match.group(1):
            parts.append(Part(match.group(1), is_name=True))
        elif piece in ("{", "}"):
            raise ValueError(f'a "{piece}" that belongs to no name; a literal one is written "{piece * 2}"')
        else:
            parts.append(Part(piece[0] if piece in ("{{", "}}") else piece, is_name=False))
    return tuple(parts)


def template_names(text: str) -> frozenset[str]:
    """The names that a template uses; raises as ``template_parts`` does."""
    return frozenset(part.text for part in template_parts(text) if part.is_name)
