"""What a node knows of credentials, over a restart: a sealed snapshot and a journal beside it, private to the user.

* What was dropped or revoked is in the journal within moments, so that it does not come back with a restart, also where
  the store is away then. What was learnt waits for the next snapshot: it can be read again.
* A snapshot is written seconds after something changed, the larger the later.
* Files are written in gevent's thread pool: the loop of the agent never waits for a disk.
* Without a key ring nothing is kept, and what an earlier life left is removed: its journal has a hole.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

import gevent
from gevent.event import Event

from edge.agent.credentials.journal import (
    Damaged,
    Replayed,
    drop_line,
    position_line,
    replay,
    revoked_lines,
)
from edge.agent.credentials.position import Position
from edge.agent.credentials.snapshot import PURPOSE, Contents, State, contents_of, sealed_pieces
from edge.agent.throttle import Throttle
from weir.secrets.errors import SecretsError
from weir.secrets.ring import KeyRing

SNAPSHOT_S = 10.0
"""Between two snapshots; so long again for each MiB."""
POSITION_S = 30.0
"""How much of the last confirmation a crash may cost."""
MAX_JOURNAL = 1 << 20
MAX_FILE = 256 << 20
TICK_S = 1.0

log = logging.getLogger("weir.agent.credentials")


class Standing(NamedTuple):
    """Up to where all of it is right, and when that was."""

    position: Position
    confirmed_s: float
    """Unix seconds."""
    history: str


class Left(NamedTuple):
    """By an earlier life of the agent, with what happened since its snapshot taken in."""

    contents: Contents
    standing: Standing
    drops: tuple[str, ...]


class Disk:
    """``run`` it in a greenlet of its own. ``state`` and ``standing`` tell what is to be kept, and neither blocks; the
    latter None as long as nothing is known."""

    def __init__(
        self,
        directory: Path,
        ring: KeyRing | None,
        *,
        state: Callable[[], State],
        standing: Callable[[], Standing | None],
        failed: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._snapshot = directory / "credentials"
        self._journal = directory / "credentials.journal"
        self._ring = ring if ring is not None and ring.has(PURPOSE) else None
        self._state = state
        self._standing = standing
        self._failed = failed
        self._clock = clock
        self._throttle = Throttle(log)
        self._lines: list[bytes] = []
        """Not written yet."""
        self._journal_bytes: int | None = None
        """None: the files on the disk are not of this life, or have a hole."""
        self._forgotten = 0
        """How often."""
        self._changed = True
        self._wake = Event()
        self._ended = False
        self._snapshot_at = self._positioned_at = float("-inf")
        self.snapshot_bytes = 0

    @property
    def is_kept(self) -> bool:
        """Whether there is a key to keep it with."""
        return self._ring is not None

    def load(self) -> Left | None:
        """None: there is nothing, or nothing that can be believed (which is said in the log). Raises OSError."""
        if self._ring is None:
            self.forgotten()
            return None
        for path in self._unfinished():
            path.unlink(missing_ok=True)
        try:
            snapshot, journal = _read(self._snapshot), _read(self._journal)
            left = _left(contents_of(self._ring, snapshot), replay(journal))
            os.truncate(
                self._journal, journal.rfind(b"\n") + 1
            )  # what was cut off must not begin the next line
        except FileNotFoundError:
            return None
        except Damaged as error:
            log.warning("what this node knew of credentials is not believed: %s", error)
            return None
        self._journal_bytes, self.snapshot_bytes = len(journal), len(snapshot)
        return left

    def dropped(self, names: Iterable[str]) -> None:
        """These have changed; to be written at once."""
        self._add([drop_line(name) for name in names])

    def revoked(self, values: Mapping[str, int]) -> None:
        """These are revoked; to be written at once."""
        self._add(revoked_lines(values))

    def learnt(self) -> None:
        """There is more to know; to be written some time."""
        self._changed = True

    def distrusted(self) -> None:
        """Nobody knows any more up to where it is right; to be written at once."""
        self._positioned_at = float("-inf")
        self._wake.set()

    def forgotten(self) -> None:
        """What is on the disk is worth nothing. Raises OSError."""
        self._forgotten += 1
        self._journal_bytes, self._changed = None, True
        self._lines.clear()
        for path in (self._journal, self._snapshot, *self._unfinished()):
            path.unlink(missing_ok=True)

    def run(self) -> None:
        """Until ``end``. Never kill it: a thread that writes goes on."""
        is_last = False
        while not is_last:
            self._wake.wait(TICK_S)
            self._wake.clear()
            is_last = self._ended
            try:
                self.step(last=is_last)
            except Exception:
                log.exception(
                    "what is known of credentials was not kept on disk, in a way that nobody foresaw"
                )
                self._give_up()

    def end(self) -> None:
        """Everything is written a last time, then ``run`` returns."""
        self._ended = True
        self._wake.set()

    def step(self, *, last: bool = False) -> None:
        """Writes what is due; ``last``: everything."""
        now = self._clock()
        if self._ring is None or self._standing() is None:
            self._lines.clear()
            return
        try:
            self._flush(now, anyway=last)
            if self._is_snapshot_due(now, last=last):
                self._write_snapshot(self._ring, now)
        except (OSError, SecretsError) as error:
            self._failed()
            self._throttle.warning(f"what is known of credentials cannot be kept on disk: {error}")
            self._give_up()

    def _unfinished(self) -> list[Path]:
        return list(self._snapshot.parent.glob(f".{self._snapshot.name}.*"))

    def _add(self, lines: list[bytes]) -> None:
        self._lines += lines
        self._changed = self._changed or bool(lines)
        if lines:
            self._wake.set()

    def _is_snapshot_due(self, now: float, *, last: bool) -> bool:
        is_lacking = self._journal_bytes is None or self._journal_bytes > MAX_JOURNAL
        wait_s = SNAPSHOT_S * (1 if is_lacking else 1 + self.snapshot_bytes / (1 << 20))
        return (self._changed or is_lacking) and (last or now >= self._snapshot_at + wait_s)

    def _flush(self, now: float, *, anyway: bool = False) -> list[bytes]:
        """What was dropped or revoked, and up to where that is; gives what it has written."""
        standing = self._standing()
        lines, self._lines = self._lines, []
        is_due = bool(lines) or anyway or now >= self._positioned_at + POSITION_S
        if self._journal_bytes is None or standing is None or not is_due:
            return lines
        self._positioned_at = now
        data = b"".join(lines) + position_line(*standing)
        _in_thread(_append, self._journal, data, bool(lines))
        if self._journal_bytes is not None:
            self._journal_bytes += len(data)
        return lines

    def _write_snapshot(self, ring: KeyRing, now: float) -> None:
        """What happens meanwhile goes to the journal that there is, too, so that a crash costs nothing."""
        state, standing, forgotten = self._state(), self._standing(), self._forgotten
        if standing is None:
            return
        self._changed, self._snapshot_at, self._positioned_at = False, now, now
        since: list[bytes] = []
        size = 0
        with _new_file(self._snapshot) as file:
            for piece in sealed_pieces(ring, state):
                _in_thread(file.write, piece)
                size += len(piece)
                since += self._flush(now)
            _in_thread(_sync, file)
            since += self._flush(now)
            journal = position_line(*standing) + b"".join(since)
            _in_thread(_put_in_place, Path(file.name), self._snapshot, journal, self._journal)
        if forgotten != self._forgotten:
            self.forgotten()  # again: this snapshot is of before
        else:
            self._journal_bytes, self.snapshot_bytes = len(journal), size

    def _give_up(self) -> None:
        """The files have a hole now."""
        try:
            self.forgotten()
        except OSError as error:
            log.debug("files that have a hole cannot be removed: %s", error)


def _left(contents: Contents, replayed: Replayed) -> Left:
    if replayed.position is None:
        raise Damaged("the journal does not say up to where it goes")
    return Left(
        Contents(contents.verifiers, contents.revoked | replayed.revoked),
        Standing(replayed.position, replayed.confirmed_s, replayed.history),
        tuple(replayed.drops),
    )


def _in_thread(work: Callable[..., object], *arguments: object) -> None:
    """Raises what ``work`` does, of OSError."""
    error = gevent.get_hub().threadpool.apply(_caught, (work, *arguments))
    if error is not None:
        raise error


def _caught(work: Callable[..., object], *arguments: object) -> OSError | None:
    """The pool prints whatever is raised."""
    try:
        work(*arguments)
    except OSError as error:
        return error
    return None


def _read(path: Path) -> bytes:
    """Raises FileNotFoundError, OSError, Damaged."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise Damaged(f"{path} is over {MAX_FILE >> 20} MiB")
    return data


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """Beside ``path``, mode 600, gone afterwards unless it was put in place."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file
        finally:
            Path(file.name).unlink(missing_ok=True)


def _append(path: Path, data: bytes, is_urgent: bool) -> None:
    with path.open("ab") as file:
        file.write(data)
        if is_urgent:
            _sync(file)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _put_in_place(new_snapshot: Path, snapshot: Path, journal: bytes, journal_path: Path) -> None:
    """The snapshot first: with the journal of before it is right, too."""
    with _new_file(journal_path) as file:
        file.write(journal)
        _sync(file)
        new_snapshot.replace(snapshot)
        _sync_directory(snapshot.parent)
        Path(file.name).replace(journal_path)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
