"""Which targets are drained, on the node's disk: written by the agent, read by its workers when they start.

So a worker, or a node, that starts while agent or store are away sends nothing to a target that was taken out of
service before. Ends are wall seconds there, since monotonic time does not outlive the machine.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

MAX_BYTES = 16 << 20
LONGEST_S = 7 * 86_400.0
"""What a file says of a later end is not believed: the clock was set, or it is damaged."""

log = logging.getLogger("weir.drains")


class Drained(NamedTuple):
    """One target of one upstream."""

    owner: str
    upstream: str
    url: str
    until: float
    """Monotonic seconds of this machine, which its processes share."""


class _File(msgspec.Struct, frozen=True):
    drains: tuple[tuple[str, str, str, float], ...]


_decoder = msgspec.msgpack.Decoder(_File)


def drains_path(versions: Path) -> Path:
    """Beside the directory of ``VersionFiles``."""
    return versions.parent / "drains"


def write_drains(path: Path, drains: Iterable[Drained]) -> None:
    """In place of what was there, whole or not at all. Raises OSError."""
    ahead = time.time() - time.monotonic()
    rows = tuple((one.owner, one.upstream, one.url, one.until + ahead) for one in drains)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.msgpack.encode(_File(rows)))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def read_drains(path: Path) -> tuple[Drained, ...]:
    """Those that are not over; none if there is no file, or one that cannot be read, which is said in the log."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError(f"it is over {MAX_BYTES} bytes")
        rows = _decoder.decode(data).drains
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        log.warning(
            "%s cannot be read, so no target counts as drained until the store says so: %s", path, error
        )
        return ()
    ahead, now = time.time() - time.monotonic(), time.monotonic()
    found = (Drained(owner, upstream, url, until - ahead) for owner, upstream, url, until in rows)
    return tuple(one for one in found if now < one.until <= now + LONGEST_S)
