"""Which language a page is in: the one that the browser likes best of those there are (RFC 9110 §12.5.4). Pure."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]
TAGS: dict[Language, str] = {"en": "en", "zh": "zh-Hans"}
"""As ``lang`` of a page says it."""
MAX_RANGES = 20
_RANGE = re.compile(
    r"\s*([A-Za-z*]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?\s*"
)


def language_of(accept_language: str) -> Language:
    """English where nothing is said, and for any language that no page is in."""
    best: tuple[float, Language] = (0.0, "en")
    for text in accept_language.split(",")[:MAX_RANGES]:
        match = _RANGE.fullmatch(text)
        if match is None:
            continue
        quality = float(match[2] or 1)
        name: Language | None = (
            "zh" if match[1].lower() == "zh" else "en" if match[1].lower() in ("en", "*") else None
        )
        if name is not None and quality > best[0]:
            best = (quality, name)
    return best[1]
