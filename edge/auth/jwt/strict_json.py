"""JSON as tokens and key sets must have it: one object, each name once, only finite numbers, UTF-8.

Readers differ in what they make of a name that stands twice, of ``NaN`` or of half a surrogate pair: whatever two
readers could understand in two ways is refused (RFC 8725 §2.4, §3.10).
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 16
"""Objects and lists inside each other."""


def read_object(data: bytes) -> dict[str, Any]:
    """Raises ValueError, without any of the text in it."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no JSON that can be read in one way only") from error
    if not isinstance(value, dict):
        raise ValueError("it is JSON, but no object")
    _check(value, MAX_DEPTH)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number too large")
    return number


def _check(value: Any, left: int) -> None:
    """Depth, and that every text is one: ``\\ud800`` alone is no character."""
    if left < 0:
        raise ValueError(f"it is more than {MAX_DEPTH} deep")
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError("it has a text that is no Unicode") from error
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check(name, left)
            _check(inner, left - 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, left - 1)
