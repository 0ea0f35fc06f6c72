"""Weighted lists of what a client takes (RFC 9110 §12.4.2): Accept and Accept-Encoding. Pure and bounded.

An element that is malformed counts as if it were not there; so does everything beyond the bounds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from edge.http.head import Field

MAX_LIST = 2 * 1024
"""Bytes that are looked at."""
MAX_ELEMENTS = 64

FULL = 1000
"""The weight 1; weights are whole thousandths."""

Weights = Mapping[bytes, int]
"""Lower-case name or range → weight; of one that comes twice, the higher."""

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_NAME = re.compile(rb"%b(?:/%b)?" % (_TOKEN, _TOKEN))
_WEIGHT = re.compile(rb"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def weights(value: bytes) -> Weights:
    """Of a field's value. Parameters other than ``q`` are not compared."""
    return _weights(value[:MAX_LIST])


def best_media_type(accept: Weights, offers: Sequence[tuple[bytes, ...]]) -> int:
    """The place of the offer that weighs most, the first of equals; 0 if none is taken (RFC 9110 §12.5.1).

    An offer is a media type and, behind it, others that ask for it too.
    """
    taken = [max(_media_weight(accept, media_type) for media_type in offer) for offer in offers]
    return taken.index(max(taken))


def best_coding(accept: Weights, offers: Sequence[bytes]) -> bytes:
    """The content coding that weighs most, the first of equals; ``b""`` is identity (RFC 9110 §12.5.3).

    A client that would rather have identity gets it; one that does not name it takes it as a last resort.
    """
    best, most = b"", accept.get(b"identity", 0)
    for coding in offers:
        weight = accept.get(coding, accept.get(b"*", 0))
        if weight > most or (weight == most and weight and not best):
            best, most = coding, weight
    return best


def joined(fields: Sequence[Field], name: bytes) -> bytes:
    """All values of the lower-case name, as one list (RFC 9110 §5.3)."""
    return b",".join([value for lower, _, value in fields if lower == name])


@lru_cache(maxsize=256)
def _weights(value: bytes) -> Weights:
    """Clients say few different things, again and again."""
    found: dict[bytes, int] = {}
    for element in value.split(b",", MAX_ELEMENTS)[:MAX_ELEMENTS]:
        name, *parameters = (part.strip(b" \t") for part in element.split(b";"))
        weight = _weight(parameters)
        if weight is not None and _NAME.fullmatch(name):
            name = name.lower()
            found[name] = max(weight, found.get(name, 0))
    return found


def _media_weight(accept: Weights, media_type: bytes) -> int:
    """By the most specific range that holds."""
    for wanted in (media_type, media_type.partition(b"/")[0] + b"/*", b"*/*"):
        if wanted in accept:
            return accept[wanted]
    return 0


def _weight(parameters: Sequence[bytes]) -> int | None:
    """``q``, 1 if it is not there; None if it is malformed."""
    for parameter in parameters:
        name, _, value = parameter.partition(b"=")
        if name in (b"q", b"Q"):
            return round(float(value) * FULL) if _WEIGHT.fullmatch(value) else None
    return FULL
