"""Reading rule files for commands: one clear sentence where a file cannot be read."""

from __future__ import annotations

import sys
from pathlib import Path

from weir.rules.bounds import MAX_TEXT

STDIN = "-"
MAX_BYTES = 4 * MAX_TEXT
"""No character of UTF-8 takes more than four."""


class Unreadable(Exception):
    """The file is not there, not readable, or not text; the message is one sentence."""


def read_text(name: str) -> str:
    """``-`` is standard input."""
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1) if name == STDIN else _read(Path(name))
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{name} has more than {MAX_BYTES} bytes")
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{name} is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise Unreadable(f"cannot read {name}: {error.strerror or error}") from None


def shown(name: str) -> str:
    """How messages call the file."""
    return "<stdin>" if name == STDIN else name


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
