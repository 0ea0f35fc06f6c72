"""Taking a large body onto the disk, in pieces."""

from __future__ import annotations

from typing import BinaryIO

from admin_api.problems import Refusal

PIECE = 1 << 20
"""Bytes read at a time."""


def receive(body: BinaryIO, file: BinaryIO, most: int) -> int:
    """How many bytes it was. Raises Refusal above ``most``; a body that breaks off raises what the framework does."""
    size = 0
    while piece := body.read(PIECE):
        size += len(piece)
        if size > most:
            raise Refusal(413, "body-too-large", f"The file is over {most} bytes.")
        file.write(piece)
    return size
