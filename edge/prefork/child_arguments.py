"""The command line that the supervisor gives its children: inherited sockets, the link, and what it was told itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from edge.settings import EdgeSettings


class ChildArguments(NamedTuple):
    fds: tuple[int, ...]
    """Listening sockets, already bound."""
    link: Path
    """The unix socket where agent and workers meet."""
    settings: EdgeSettings


def write(fds: Sequence[int], link: Path, argv: Sequence[str]) -> list[str]:
    """``argv`` is the supervisor's own; a child reads it again, so that no secret moves to another place."""
    return [",".join(map(str, fds)), str(link), *argv]


def read(argv: Sequence[str], environ: Mapping[str, str]) -> ChildArguments:
    """The reverse of ``write``."""
    fds, link, *rest = argv
    return ChildArguments(
        tuple(int(fd) for fd in fds.split(",")), Path(link), EdgeSettings.from_arguments(rest, environ)
    )
