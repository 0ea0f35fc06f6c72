"""What this node knows of issuers, on its disk: a restart verifies tokens before it has reached anybody.

Public keys are no secret, but whoever could write here could sign tokens: mode 600, like all of the node's.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from edge.agent.issuers.issuer import Terms

MAX_BYTES = 64 << 20

log = logging.getLogger("weir.agent.issuers")


class Own(msgspec.Struct, frozen=True):
    """This cluster's own issuer."""

    url: str
    jwks: dict[str, Any]


class Row(msgspec.Struct, frozen=True):
    """A foreign one. ``registered``: its terms are a person's."""

    terms: Terms
    registered: bool
    jwks: dict[str, Any] | None = None
    fetched_s: float = 0.0


class Known(msgspec.Struct, frozen=True):
    own: Own | None = None
    rows: tuple[Row, ...] = ()


_decoder = msgspec.msgpack.Decoder(Known)


def write_known(path: Path, known: Known) -> None:
    """In place of what was there, whole or not at all. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.msgpack.encode(known))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def read_known(path: Path) -> Known:
    """Nothing where there is no file, or none that can be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        return _decoder.decode(data) if len(data) <= MAX_BYTES else Known()
    except FileNotFoundError:
        return Known()
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s cannot be read (%s): issuers are asked anew", path, error)
        return Known()
