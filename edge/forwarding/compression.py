"""What a rule's ``compress`` does to an answer: whether, as what, and which of its fields change.

Compressed is what is text-like and long enough, and what nobody has encoded, cut, signed or forbidden to change. Event
streams are left alone: they live for hours, and an encoder for each would hold memory for little gain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from edge.forwarding.encoders import ENCODERS, Encoder
from edge.http.framing import is_bodiless
from edge.http.head import Field, RequestHead
from edge.http.negotiate import best_coding, joined, weights
from edge.http.vary import with_vary

MIN_LENGTH = 1024
"""Bytes; what is shorter fits into one packet anyway."""

_TYPES = re.compile(
    rb"text/(?!event-stream$)[^;,]+|[^;,]+\+(?:json|xml|yaml)|image/bmp|font/(?:ttf|otf)|application/(?:"
    rb"json|json-seq|x-ndjson|ndjson|jsonlines|xml|javascript|x-javascript|ecmascript|wasm|yaml|x-yaml|toml|graphql|rtf|"
    rb"x-www-form-urlencoded)"
)
_NO_TRANSFORM = re.compile(rb"(?:^|[ \t,])no-transform(?:$|[ \t,;])", re.IGNORECASE)
_STOPPERS = frozenset(
    {b"content-encoding", b"content-range", b"content-md5", b"digest", b"content-digest", b"repr-digest"}
)
"""Encoded already, a part of a whole, or with a checksum of what it is now."""
_DROPPED = frozenset({b"accept-ranges", b"content-length"})
"""They speak of the body as it was."""


class Changed(NamedTuple):
    """The fields of an answer and how its body is encoded."""

    fields: list[Field]
    encoder: Encoder | None


class Compression:
    """Of one rule."""

    __slots__ = ("_codings",)

    def __init__(self, codings: Iterable[str]) -> None:
        """In order of preference. Raises ValueError for one that is not known."""
        self._codings = tuple(coding.encode("ascii") for coding in codings)
        for coding in self._codings:
            if coding not in ENCODERS:
                raise ValueError(f"compress: {coding.decode()} is not known")

    def begin(self, head: RequestHead, status: int, length: int | None, fields: list[Field]) -> Changed:
        """``fields`` and ``length`` are the answer's; None: not known yet."""
        if not may_be_compressed(status, length, fields):
            return Changed(fields, None)
        fields = with_vary(fields, b"Accept-Encoding")
        if head.method == b"HEAD" or head.version != "1.1" or _forbids(head.fields):
            return Changed(fields, None)
        coding = best_coding(weights(joined(head.fields, b"accept-encoding")), self._codings)
        if not coding:
            return Changed(fields, None)
        fields = [_weak(field) for field in fields if field[0] not in _DROPPED]
        fields.append((b"content-encoding", b"Content-Encoding", coding))
        return Changed(fields, Encoder(coding))


def may_be_compressed(status: int, length: int | None, fields: list[Field]) -> bool:
    """Whether the answer is one that some client could get compressed."""
    if status == 206 or is_bodiless(status) or (length is not None and length < MIN_LENGTH):
        return False
    if any(lower in _STOPPERS for lower, _, _ in fields) or _forbids(fields):
        return False
    return is_compressible(joined(fields, b"content-type"))


@lru_cache(maxsize=256)
def is_compressible(content_type: bytes) -> bool:
    """By the media type; an answer that does not say its type is not touched."""
    return _TYPES.fullmatch(content_type.partition(b";")[0].strip(b" \t").lower()) is not None


def _forbids(fields: list[Field]) -> bool:
    """``no-transform``, of either side (RFC 9111 §5.2.1.6, §5.2.2.6)."""
    return any(lower == b"cache-control" and _NO_TRANSFORM.search(value) for lower, _, value in fields)


def _weak(field: Field) -> Field:
    """The bytes are others, what they mean is the same (RFC 9110 §8.8.1)."""
    lower, name, value = field
    return (lower, name, b"W/" + value) if lower == b"etag" and value.startswith(b'"') else field
