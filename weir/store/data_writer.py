"""Which server wrote an embedded store's data, and which servers can read it.

Files of a newer server are unreadable for an older one, and those of Valkey for Redis. Whoever has run Weir with the
wheel's Valkey and then installs Redis 7.0 must not find a store that ends at every start.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

LAST_SHARED = (7, 2)
"""Redis up to here, from where Valkey was forked, writes what every Valkey reads."""

_FILE = "writer.json"


class ServerVersion(NamedTuple):
    """``name`` is ``valkey`` or ``redis``; ``version`` is such as ``9.1.2``."""

    name: str
    version: str

    def text(self) -> str:
        return f"{self.name.capitalize()} {self.version}"

    def order(self) -> tuple[int, int]:
        """Major and minor: patch releases keep the format."""
        major, _, rest = self.version.partition(".")
        minor = rest.partition(".")[0]
        return (int(major) if major.isdecimal() else 0, int(minor) if minor.isdecimal() else 0)


def can_read(server: ServerVersion, writer: ServerVersion) -> bool:
    """Whether ``server`` may be started on what ``writer`` left."""
    if server.name == writer.name:
        return server.order() >= writer.order()
    return server.name == "valkey" and writer.order() <= LAST_SHARED


def writer_of(directory: Path) -> ServerVersion | None:
    """Who wrote the data in ``directory``; None if nothing says so."""
    try:
        content = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        return ServerVersion(str(content["name"]), str(content["version"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def record_writer(directory: Path, server: ServerVersion) -> None:
    """Before the server starts. Raises OSError."""
    draft = directory / f"{_FILE}.new"
    draft.write_text(json.dumps(server._asdict()) + "\n", encoding="utf-8")
    draft.replace(directory / _FILE)
