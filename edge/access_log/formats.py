"""The formats by name: what each takes of an exchange on its path, and how lines are made of many of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from edge.access_log import combined_lines, json_lines

if TYPE_CHECKING:
    from edge.exchange import Exchange


class Format(NamedTuple):
    """``take`` gets the monotonic second of the end, ``encode`` Unix time when that clock was 0."""

    take: Callable[[Exchange, float], tuple[Any, ...]]
    encode: Callable[[Sequence[tuple[Any, ...]], float], bytes]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "json": Format(json_lines.take, json_lines.encode),
        "combined": Format(combined_lines.take, combined_lines.encode),
    }
)
