"""What one clause of the language is: how it begins, reads, prints, where it may stand, and how it is explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from weir.models.node import Clause
from weir.rules.cursor import Cursor

Place: TypeAlias = Literal["rule", "upstream", "defaults"]
"""A kind of block; what may stand in a rule may stand in a group."""


class Braces(NamedTuple):
    """The printed form of a clause that has a block: ``head { items }``."""

    head: str
    items: Sequence[Clause | str]


class Syntax(NamedTuple):
    """One clause. ``word`` is its first word, by which it is found."""

    word: str
    kinds: tuple[type[Clause], ...]
    read: Callable[[Cursor], Clause]
    """Begins behind the first word."""
    write: Callable[[Any], str | Braces]
    places: frozenset[Place]
    form: str
    """The grammar in one line, for the reference."""
    meaning: str
    """One sentence, for the reference."""
    examples: tuple[str, ...]
    """Each is one canonical clause."""


RULE: frozenset[Place] = frozenset({"rule"})
UPSTREAM: frozenset[Place] = frozenset({"upstream"})
DEFAULTS: frozenset[Place] = frozenset({"defaults"})
EVERYWHERE: frozenset[Place] = RULE | UPSTREAM | DEFAULTS
