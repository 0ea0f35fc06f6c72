"""What this node last published of its rules file, on disk: so that a restart does not undo a newer publish."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from weir.processes import run_file

log = logging.getLogger("weir.agent")


class Published(msgspec.Struct, frozen=True):
    """``hash`` is the SHA-256 of the file's bytes, ``incarnation`` the store's data it was published into."""

    hash: str
    incarnation: str


class ConfigMemory:
    """One small file, written whole. A file that cannot be read counts as no memory: the rules are published again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = self._read()

    def holds(self, content_hash: str, incarnation: str) -> bool:
        """Whether exactly this content was published into this store before."""
        return self._last == Published(content_hash, incarnation)

    def remember(self, content_hash: str, incarnation: str) -> None:
        """Raises ``OSError``; what was remembered before stays then."""
        published = Published(content_hash, incarnation)
        if published != self._last:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            run_file.write(self._path, msgspec.structs.asdict(published))
            self._last = published

    def moved(self, incarnation: str) -> None:
        """A person chose another store's data: what was published counts as published there too."""
        if self._last is not None:
            self.remember(self._last.hash, incarnation)

    def forget(self) -> None:
        """The file is published again at the next look."""
        self._path.unlink(missing_ok=True)
        self._last = None

    def _read(self) -> Published | None:
        try:
            content = run_file.read(self._path)
            return None if content is None else msgspec.convert(content, Published)
        except (OSError, msgspec.ValidationError) as error:
            log.warning("%s cannot be read (%s): the rules file counts as new", self._path, error)
            return None
