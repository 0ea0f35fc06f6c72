"""``like`` patterns: ``{name}`` is one segment of a path, ``{name...}`` at the end is the rest of it."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

_CAPTURE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(\.\.\.)?\}")


class Segment(NamedTuple):
    """One segment of a pattern: literal text, or the name under which the request's segment is captured."""

    kind: Literal["literal", "one", "rest"]
    text: str


def like_segments(pattern: str) -> tuple[Segment, ...]:
    """Raises ValueError with a sentence for what is not a pattern."""
    if not pattern.startswith("/"):
        raise ValueError('a path pattern begins with "/"')
    segments = tuple(_segment(text) for text in pattern[1:].split("/"))
    names: set[str] = set()
    for segment in segments:
        if segment.kind != "literal" and segment.text in names:
            raise ValueError(f'the name "{segment.text}" stands twice in the pattern')
        names.add(segment.text if segment.kind != "literal" else "")
    if any(segment.kind == "rest" for segment in segments[:-1]):
        raise ValueError('"{…...}" takes the rest of the path, so it stands at the end')
    return segments


def like_names(pattern: str) -> frozenset[str]:
    """What a pattern captures; raises as ``like_segments`` does."""
    return frozenset(segment.text for segment in like_segments(pattern) if segment.kind != "literal")


def _segment(text: str) -> Segment:
    match = _CAPTURE.fullmatch(text)
    if match:
        return Segment("rest" if match.group(2) else "one", match.group(1))
    if "{" in text or "}" in text:
        raise ValueError(f'"{text}" mixes text and braces; a capture is a whole segment such as "{{id}}"')
    return Segment("literal", text)
