"""What happened since the snapshot: a file of JSON lines that only grows, until the next snapshot begins another. Pure.

    ["p", incarnation, seq, Unix seconds, history]   everything was right then, up to that change; seq -1: nobody knows
    ["d", name]                                      a credential, consumer or client has changed
    ["r", value, end]                                a token or sign-in is revoked until then

The order says it all: a position stands behind the drops that led to it, so a reader never believes more than it has. A
last line without its end was cut off by a crash and counts as unwritten; anything else that cannot be read makes the
whole worthless, as a drop may be what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.agent.credentials.position import Position


class Damaged(ValueError):
    """Files that cannot be believed."""


@dataclass
class Replayed:
    """What a journal says."""

    position: Position | None = None
    confirmed_s: float = 0.0
    """Unix seconds."""
    history: str = ""
    drops: dict[str, None] = field(default_factory=dict)
    """In order."""
    revoked: dict[str, int] = field(default_factory=dict)


def position_line(position: Position, confirmed_s: float, history: str) -> bytes:
    return _line(["p", position.incarnation, position.seq, round(confirmed_s, 3), history])


def drop_line(name: str) -> bytes:
    return _line(["d", name])


def revoked_lines(values: Mapping[str, int]) -> list[bytes]:
    return [_line(["r", value, end]) for value, end in values.items()]


def replay(data: bytes) -> Replayed:
    """Raises Damaged."""
    found = Replayed()
    for line in data.split(b"\n")[:-1]:
        try:
            _take(found, json.loads(line))
        except ValueError as error:
            raise Damaged(f"the journal cannot be read: {error}") from error
    if found.position is None:
        raise Damaged("the journal does not say up to where it goes")
    return found


def _take(found: Replayed, row: Any) -> None:
    """Raises ValueError."""
    match row:
        case ["p", str(incarnation), int(seq), int() | float() as confirmed_s, str(history)]:
            found.position, found.confirmed_s = Position(incarnation, seq), float(confirmed_s)
            found.history = history
        case ["d", str(name)]:
            found.drops[name] = None
        case ["r", str(value), int(end)]:
            found.revoked[value] = end
        case _:
            raise ValueError("a line of an unknown kind")


def _line(row: list[Any]) -> bytes:
    return json.dumps(row).encode() + b"\n"
