"""One row of the table of settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

Process: TypeAlias = Literal["up", "edge", "admin", "auth", "client"]
"""Who takes a setting; ``client`` is every command that works on a store or a gateway and then ends."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """``default`` is written as a person would write it and parsed like any other text; None is no value."""

    name: str
    parse: Callable[[str], object]
    placeholder: str = ""
    """What the help shows for the value; empty for a switch, which takes none."""
    default: str | None
    default_text: str = ""
    """What the help says of the default, where the default's own text would not explain it."""
    help: str
    processes: tuple[Process, ...]
    repeatable: bool = False
    """May be given more than once; its value is a tuple. The variable separates by spaces or commas."""

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return "WEIR_" + self.name.upper()

    @property
    def is_switch(self) -> bool:
        return not self.placeholder
