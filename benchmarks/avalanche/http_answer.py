"""The status of an answer whose body has a length, once the whole of it is there."""

from __future__ import annotations

import re

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def status_of(got: bytes) -> int | None:
    """None while something is missing. Raises ValueError for what no gateway here answers."""
    head, end, body = got.partition(b"\r\n\r\n")
    if not end:
        return None
    length = LENGTH.search(head)
    if length is None:
        raise ValueError("an answer without Content-Length")
    return int(head[9:12]) if len(body) >= int(length[1]) else None
