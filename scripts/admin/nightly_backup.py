"""Back everything up into a folder, keep the newest files, and verify all of them. Made for cron and systemd timers.

    python nightly_backup.py /var/backups/weir                      # keeps 14 files
    python nightly_backup.py /var/backups/weir --keep 60 --name prod

    17 3 * * *  weir  WEIR_ADMIN_URL=https://admin.internal WEIR_TOKEN=… python nightly_backup.py /var/backups/weir

A file is called ``<name>-20261123T031700Z.weir-backup``, mode 600, and has its name only when it is whole: it is
written beside, synced, verified (each holds the SHA-256 of everything before its end) and moved. Older files go only
when a new one is there, only those of this name, and a damaged one does not count as one of those to keep. Two runs on
one folder do not meet: the second ends at once. What is in a backup and how to load it: ``docs/backup.md``.

Where the admin API is and who asks is found as the ``weir`` command finds it: --url and WEIR_TOKEN, the saved login
(``weir login``), or a gateway on this machine (--state). The token needs the role admin.

Exit codes: 0 a new backup is there and all are whole; 1 a new one is there, but an older one is damaged; 2 wrong
arguments, no access, another run, or the disk refuses; 3 the API is away or broke off: the folder is as it was.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from weir.client import access
from weir.client.client import Client
from weir.client.errors import ApiError, Refused

FINE, DAMAGED, BAD_INPUT, AWAY = 0, 1, 2, 3
SUFFIX = ".weir-backup"
LENGTH = 4
"""Bytes before each frame of the file: its length, big-endian."""
LARGEST = 256 * 1024 * 1024
"""Bytes of a frame; the program that writes them has a smaller bound."""


class Damaged(Exception):
    """A file is no whole backup; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    folder = Path(options.folder)
    try:
        found = access.find(os.environ, url=options.url, state=Path(options.state))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(folder), Client.at(found) as weir:
            written = write(folder, name_of(options.name, datetime.now(UTC)), weir.backup.download())
            print(f"{written}: {written.stat().st_size} bytes, verified")
            damaged = tidy(folder, options.name, options.keep)
    except (access.NoAccess, Refused, ValueError, OSError) as error:
        return failed(BAD_INPUT, error)
    except (ApiError, Damaged) as error:
        return failed(AWAY, f"no new backup: {error}")
    for path, why in damaged:
        print(f"nightly_backup: {path} is damaged: {why}", file=sys.stderr)
    return DAMAGED if damaged else FINE


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="nightly_backup.py"
    )
    made.add_argument("folder", help="where the files are kept; made if it is not there")
    made.add_argument("--keep", type=at_least_one, default=14, metavar="N", help="newest files to keep (14)")
    made.add_argument("--name", type=plain_name, default="weir", help="what file names begin with (weir)")
    made.add_argument("--url", default="", help="address of the admin API")
    made.add_argument(
        "--state",
        default=os.environ.get("WEIR_STATE", "").strip() or ".weir",
        metavar="DIR",
        help="state directory of a gateway on this machine (default: WEIR_STATE, else .weir)",
    )
    return made


def at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number, 1 or more")
    return int(text)


def plain_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", text):
        raise argparse.ArgumentTypeError("letters, digits, dots, _ and -")
    return text


def name_of(name: str, now: datetime) -> str:
    return f"{name}-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One run at a time. Raises OSError for a second one."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(f"another run works on {folder}") from None
        yield


def write(folder: Path, name: str, pieces: Iterable[bytes]) -> Path:
    """Whole and verified, or not at all. Raises OSError, Damaged, and what ``pieces`` raise."""
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".new-", suffix=SUFFIX)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            verify(file)
        path = Path(temporary).replace(folder / name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
    return path


def verify(file: BinaryIO) -> None:
    """Frame by frame to the last, which has the digest of those before. Raises Damaged."""
    digest, frames = hashlib.sha256(), 0
    while True:
        length = int.from_bytes(head := file.read(LENGTH), "big")
        if len(head) < LENGTH or length > LARGEST or len(body := file.read(length)) < length:
            raise Damaged("it is cut off")
        last = last_frame(body)
        if last is not None:
            break
        digest.update(head + body)
        frames += 1
    if last != (digest.digest(), frames) or frames == 0:
        raise Damaged("its digest is another one: it was altered")
    if file.read(1):
        raise Damaged("something follows its end")


def last_frame(body: bytes) -> tuple[bytes, int] | None:
    """Digest and number of the frames before; None for any other frame."""
    try:
        _, digest, frames = msgspec.msgpack.decode(body, type=tuple[str, bytes, int])
    except msgspec.MsgspecError:
        return None
    return digest, frames


def tidy(folder: Path, name: str, keep: int) -> list[tuple[Path, str]]:
    """Removes what is older than the newest ``keep`` whole ones; gives those that are damaged, which stay."""
    form = re.compile(rf"{re.escape(name)}-\d{{8}}T\d{{6}}Z{re.escape(SUFFIX)}")
    whole, damaged = 0, []
    for path in sorted((path for path in folder.iterdir() if form.fullmatch(path.name)), reverse=True):
        if whole >= keep:
            path.unlink()
            continue
        try:
            with path.open("rb") as file:
                verify(file)
            whole += 1
        except Damaged as error:
            damaged.append((path, str(error)))
    return damaged


def failed(code: int, error: Exception | str) -> int:
    print(f"nightly_backup: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
