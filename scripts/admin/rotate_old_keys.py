"""Rotate every API key that is older than some days; each old one stays good for a while.

    python rotate_old_keys.py --older 90                                   # says which ones, changes nothing
    python rotate_old_keys.py --older 90 --rotate --out new-keys.csv       # the old ones end after 7 days
    python rotate_old_keys.py --older 90 --rotate --out k.jsonl --format json --overlap 14 --consumer acme

A new key is shown once, so it is in the file (mode 600) before the next one is made. A line with the state ``begun``
comes before each rotation and one with ``done`` and the key after it. If the script is interrupted, by whatever, run it
again with the same file: what is done stays, and a rotation that began and whose key nobody has is made again (the key
that was lost is revoked; the old one is still good, that is what the overlap is for). Give the keys to their owners,
then delete the file.

Left alone are keys that are disabled or have ended, and keys that another one has replaced already.

Where the admin API is and who asks is found as the ``weir`` command finds it: --url and WEIR_TOKEN, the saved login
(``weir login``), or a gateway on this machine (--state). The token needs the role editor; viewer without --rotate.

Exit codes: 0 rotated, or nothing to do; 1 some are listed that would be rotated; 2 wrong arguments, no access, or the
file cannot be written; 3 the API is away: run it again; 130 stopped by a person: run it again.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from weir.api.keys import AllKeysQuery, Key, KeyRotation, MadeKey
from weir.client import access
from weir.client.client import Client
from weir.client.errors import ApiError, Missing, NotAllowed, OutcomeUnknown, Refused

FINE, FINDINGS, BAD_INPUT, AWAY, STOPPED = 0, 1, 2, 3, 130
DAY_MS = 86_400_000
COLUMNS = ("state", "time_ms", "consumer", "name", "old_id", "old_ends_ms", "new_id", "key", "expires_ms")


class NotPossible(Exception):
    """What was asked for cannot be done; the message says why."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file."""

    state: str
    """``begun`` or ``done``."""
    time_ms: int
    consumer: str
    name: str
    old_id: str
    old_ends_ms: int = 0
    new_id: str = ""
    key: str = ""
    expires_ms: int = 0

    def cells(self) -> list[object]:
        return [getattr(self, column) for column in COLUMNS]


class Due(NamedTuple):
    """A key to rotate."""

    key: Key
    lost: Key | None
    """What it was replaced by in a rotation that this script began, and whose text nobody has."""


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    stop = Stop()
    try:
        found = access.find(os.environ, url=options.url, state=Path(options.state))
        with Client.at(found) as weir:
            if not options.rotate:
                return listed(due(weir, options, ()))
            with opened(options) as file:
                return rotated(weir, options, file, stop)
    except (access.NoAccess, NotPossible, NotAllowed, Refused, ValueError, OSError) as error:
        return failed(BAD_INPUT, error)
    except ApiError as error:
        return failed(AWAY, f"{error}; run it again with the same file")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="rotate_old_keys.py"
    )
    made.add_argument("--older", type=days, required=True, metavar="N", help="made more than N days ago")
    made.add_argument("--rotate", action="store_true", help="do it; without this they are only listed")
    made.add_argument("--out", metavar="FILE", default="", help="where the new keys are written")
    made.add_argument(
        "--format", choices=("csv", "json"), default="csv", help="of the file; json: one a line"
    )
    made.add_argument(
        "--overlap", type=overlap, default=7, metavar="N", help="days that old keys stay good, 1 to 90 (7)"
    )
    made.add_argument("--consumer", default="", metavar="NAME", help="only keys of this one")
    made.add_argument("--url", default="", help="address of the admin API")
    made.add_argument(
        "--state",
        default=os.environ.get("WEIR_STATE", "").strip() or ".weir",
        metavar="DIR",
        help="state directory of a gateway on this machine (default: WEIR_STATE, else .weir)",
    )
    return made


def days(text: str) -> int:
    """Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) > 36_500:
        raise argparse.ArgumentTypeError("a number of days")
    return int(text)


def overlap(text: str) -> int:
    """Never without: an old key must be good until its owner has the new one. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 1 <= int(text) <= 90:
        raise argparse.ArgumentTypeError("a number of days from 1 to 90")
    return int(text)


class Stop:
    """Ctrl-C and SIGTERM are heeded between two keys, never between a key and its line."""

    def __init__(self) -> None:
        self.asked = False
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, self._note)

    def _note(self, *_: object) -> None:
        self.asked = True


def due(weir: Client, options: argparse.Namespace, lines: Iterable[Line]) -> list[Due]:
    """The oldest first."""
    keys = list(weir.keys.every(AllKeysQuery(limit=500, consumer=options.consumer or None)))
    return due_of(keys, open_rotations(lines), int(time.time() * 1000) - options.older * DAY_MS)


def due_of(keys: list[Key], begun: dict[str, int], before_ms: int) -> list[Due]:
    """Pure. ``begun``: ids whose rotation this script began and did not see done, and when."""
    successors = {key.replaces: key for key in keys if key.replaces}
    found = []
    for key in sorted(keys, key=lambda key: key.created_ms):
        successor = successors.get(key.id)
        is_lost = successor is not None and key.id in begun
        if key.state in ("expired", "disabled") or (successor is not None and not is_lost):
            continue
        if key.created_ms < before_ms:
            found.append(Due(key, successor))
    return found


def open_rotations(lines: Iterable[Line]) -> dict[str, int]:
    begun: dict[str, int] = {}
    for line in lines:
        if line.state == "begun":
            begun[line.old_id] = line.time_ms
        else:
            begun.pop(line.old_id, None)
    return begun


def listed(found: list[Due]) -> int:
    """As CSV; no secret is known."""
    print(csv_text(("id", "consumer", "name", "created_ms", "expires_ms", "last_used_ms")), end="")
    for key, _ in found:
        cells = (key.id, key.consumer, key.name, key.created_ms, key.expires_ms, key.last_used_ms)
        print(csv_text(cells), end="")
    print(f"{len(found)} keys would be rotated; --rotate --out FILE does it", file=sys.stderr)
    return FINDINGS if found else FINE


@contextlib.contextmanager
def opened(options: argparse.Namespace) -> Iterator[IO[str]]:
    """For reading what an earlier run wrote, and writing behind it. Raises NotPossible and OSError."""
    if not options.out:
        raise NotPossible("--rotate needs --out FILE: new keys are shown once")
    path = Path(options.out)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8", newline="") as file:
        found = os.fstat(file.fileno())
        if found.st_mode & 0o077 or found.st_uid != os.getuid():
            raise NotPossible(f"{path} can be read by others: name another file, or chmod 600 it")
        yield file


def rotated(weir: Client, options: argparse.Namespace, file: IO[str], stop: Stop) -> int:
    known = read_lines(file, options.format)
    if not known and options.format == "csv":
        append(file, csv_text(COLUMNS))
    done = 0
    for key, lost in due(weir, options, known):
        if stop.asked:
            print(f"stopped; {done} keys are rotated. Run it again with the same file.", file=sys.stderr)
            return STOPPED
        now_ms = int(time.time() * 1000)
        begun = Line(state="begun", time_ms=now_ms, consumer=key.consumer, name=key.name, old_id=key.id)
        append(file, text_of(begun, options.format))
        made = rotate(weir, key, lost, options.overlap)
        if made is None:
            continue
        append_key(weir, file, begun, made, options)
        done += 1
        print(f"{key.consumer}: {key.id} is replaced by {made.key.id}", file=sys.stderr)
    print(f"{done} keys are rotated: {options.out}", file=sys.stderr)
    return FINE


def rotate(weir: Client, key: Key, lost: Key | None, overlap_days: int) -> MadeKey | None:
    """None if it was revoked meanwhile. Raises ApiError."""
    rotation = KeyRotation(overlap_s=overlap_days * 86_400)
    if lost is not None:
        with contextlib.suppress(Missing):
            weir.keys.revoke(lost.id)
    try:
        return weir.keys.rotate(key.id, rotation)
    except Missing:
        print(f"{key.consumer}: {key.id} is gone meanwhile", file=sys.stderr)
        return None
    except OutcomeUnknown:
        # Whether it was made can be seen; its text cannot any more.
        for other in weir.keys.every(AllKeysQuery(limit=500, consumer=key.consumer)):
            if other.replaces == key.id:
                weir.keys.revoke(other.id)
        return weir.keys.rotate(key.id, rotation)


def append_key(weir: Client, file: IO[str], begun: Line, made: MadeKey, options: argparse.Namespace) -> None:
    """A key that cannot be written down is revoked again: the old one is still good. Raises NotPossible."""
    line = msgspec.structs.replace(
        begun,
        state="done",
        old_ends_ms=made.key.created_ms + options.overlap * DAY_MS,
        new_id=made.key.id,
        key=made.secret,
        expires_ms=made.key.expires_ms,
    )
    try:
        append(file, text_of(line, options.format))
    except OSError as error:
        weir.keys.revoke(made.key.id)
        text = f"{options.out} cannot be written ({error.strerror or error}); the new key was revoked again"
        raise NotPossible(
            f"{text}, the old one, {begun.old_id}, is good for another {options.overlap} days"
        ) from error


def append(file: IO[str], text: str) -> None:
    """On the disk when it returns. Raises OSError."""
    file.write(text)
    file.flush()
    os.fsync(file.fileno())


def text_of(line: Line, form: str) -> str:
    return msgspec.json.encode(line).decode() + "\n" if form == "json" else csv_text(line.cells())


def csv_text(cells: Iterable[object]) -> str:
    """RFC 4180; nothing that a spreadsheet would take for a formula."""
    text = io.StringIO(newline="")
    safe = [f"'{cell}" if str(cell).startswith(("=", "+", "-", "@", "\t", "\r")) else cell for cell in cells]
    csv.writer(text).writerow(safe)
    return text.getvalue()


def read_lines(file: IO[str], form: str) -> list[Line]:
    """Of an earlier run; a last line that broke off is cut, its rotation counts as begun. Raises NotPossible."""
    text = file.read()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        os.ftruncate(file.fileno(), len(whole.encode()))
    try:
        if form == "json":
            return [msgspec.json.decode(line, type=Line) for line in whole.splitlines()]
        return [
            msgspec.convert(row, Line, strict=False) for row in csv.DictReader(io.StringIO(whole, newline=""))
        ]
    except msgspec.MsgspecError as error:
        raise NotPossible(f"what stands in the file was not written by this script ({error})") from error


def failed(code: int, error: Exception | str) -> int:
    print(f"rotate_old_keys: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
