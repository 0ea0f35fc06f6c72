"""Tells when a file has a new content that has settled, whatever way an editor writes it.

Editors truncate and write, or write another file and rename it over; a mounted configuration changes by a symbolic
link. So the path is looked at anew every time, and a content counts only if the file looked the same at two looks in a
row and while it was read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

from edge.versions.rules_file import read_file

Signature: TypeAlias = tuple[int, int, int, int]


class FileWatch:
    """One path; ``look`` is called now and then, and soon again while nothing ``is_settled``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: Signature | None = None
        self._taken: Signature | None = None

    def forget(self) -> None:
        """The content counts as new again, once it has settled."""
        self._seen = self._taken = None

    @property
    def is_settled(self) -> bool:
        """Whether the content was taken that the last look saw."""
        return self._taken is not None and self._taken == self._seen

    def look(self) -> bytes | None:
        """The content, once, when it is new and has settled; else None. Raises ``OSError`` if it cannot be read."""
        signature = _signature(self._path)
        if signature != self._seen:
            self._seen = signature
            return None
        if signature == self._taken:
            return None
        content = read_file(self._path)
        if _signature(self._path) != signature:
            return None
        self._taken = signature
        return content


def _signature(path: Path) -> Signature:
    status = os.stat(path)  # noqa: PTH116 - one system call, made some times a second
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
