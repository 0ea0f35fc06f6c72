"""The file of a key ring: JSON ``{"keys": [{"id", "purpose", "key", "created_ms"}]}``, keys of 32 bytes in base64.

Only its owner may read it. One exception: a file of root's that a group may read, as Kubernetes mounts a secret for a
process that is not root. It is always replaced whole, by a rename.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from weir.secrets.errors import BadRing

RING, EDGE_RING = "secrets.json", "edge-secrets.json"
"""Names in a state directory: the ring that ``weir up`` makes, and what its edge gets of it."""
PURPOSES = ("store", "signing", "node", "tls")
"""What a new ring has keys for. A ring may have others, of a newer Weir."""
EDGE_PURPOSES = ("store", "node", "tls")
"""The edge never holds the key of the signing keys."""
KEY_BYTES = 32
MAX_KEYS = 1000
MAX_BYTES = 1024 * 1024
_ID = re.compile(r"[0-9a-z]{1,32}")
_PURPOSE = re.compile(r"[a-z]{1,32}")

FileMark: TypeAlias = tuple[int, int, int]
"""Of a file as it is: another one after every change."""


class RingKey(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    purpose: str
    key: bytes
    created_ms: int
    """From when it seals; in the future for one that is still being handed out."""

    def __repr__(self) -> str:
        return f"RingKey({self.id}, {self.purpose})"


class _File(msgspec.Struct):
    keys: list[RingKey]


def new_key(purpose: str, created_ms: int | None = None) -> RingKey:
    now_ms = time.time_ns() // 1_000_000
    return RingKey(
        id=secrets.token_hex(5),
        purpose=purpose,
        key=secrets.token_bytes(KEY_BYTES),
        created_ms=now_ms if created_ms is None else created_ms,
    )


def read_ring(path: Path) -> tuple[tuple[RingKey, ...], FileMark]:
    """Raises BadRing, in a sentence that says what to do."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            _check_mode(path, found)
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadRing(f"the key ring {path} cannot be read: {error.strerror}") from error
    return read_keys(data, str(path)), _mark(found)


def read_keys(data: bytes, where: str) -> tuple[RingKey, ...]:
    """Raises BadRing. The text of the error shows nothing of the data."""
    if len(data) > MAX_BYTES:
        raise BadRing(f"the key ring {where} is larger than {MAX_BYTES // 1024} KiB")
    try:
        keys = msgspec.json.decode(data, type=_File).keys
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadRing(f'{where} is no key ring: it must be JSON like {{"keys": […]}}') from error
    if len(keys) > MAX_KEYS:
        raise BadRing(f"the key ring {where} has more than {MAX_KEYS} keys")
    for number, key in enumerate(keys):
        if not _ID.fullmatch(key.id) or not _PURPOSE.fullmatch(key.purpose) or len(key.key) != KEY_BYTES:
            raise BadRing(f"entry {number + 1} of the key ring {where} is no key of {KEY_BYTES} bytes")
    if len({key.id for key in keys}) != len(keys):
        raise BadRing(f"the key ring {where} has two keys of the same id")
    return tuple(keys)


def ring_bytes(keys: Iterable[RingKey]) -> bytes:
    """What stands in a file with these keys."""
    return msgspec.json.format(msgspec.json.encode(_File(list(keys))), indent=2) + b"\n"


def mark_of(path: Path) -> FileMark:
    """Raises BadRing if it is not there."""
    try:
        return _mark(path.stat())
    except OSError as error:
        raise BadRing(f"the key ring {path} cannot be read: {error.strerror}") from error


def write_ring(path: Path, keys: Iterable[RingKey]) -> None:
    """Replaces the file, mode 600, and waits for the disk. Raises BadRing."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write_new(draft, keys)
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BadRing(f"the key ring {path} cannot be written: {error.strerror}") from error


def ensure_ring(path: Path, purposes: Sequence[str] = PURPOSES) -> tuple[RingKey, ...]:
    """The keys of the file, which is made if it is not there; a purpose that it lacks gets a key. Raises BadRing."""
    if not path.exists():
        keys = tuple(new_key(purpose) for purpose in purposes)
        if _write_once(path, keys):
            return keys
    keys, _ = read_ring(path)
    lacking = [purpose for purpose in purposes if all(key.purpose != purpose for key in keys)]
    if lacking:
        keys = (*keys, *(new_key(purpose) for purpose in lacking))
        write_ring(path, keys)
    return keys


def without_signing(keys: Iterable[RingKey]) -> tuple[RingKey, ...]:
    """What the edge may have."""
    return tuple(key for key in keys if key.purpose != "signing")


def keep_edge_ring(path: Path, keys: Iterable[RingKey]) -> None:
    """``path`` has what the edge may have of ``keys``. Raises BadRing."""
    wanted = without_signing(keys)
    if not path.exists() or read_ring(path)[0] != wanted:
        write_ring(path, wanted)


def _write_once(path: Path, keys: Sequence[RingKey]) -> bool:
    """False: somebody else made it meanwhile, and theirs counts."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write_new(draft, keys)
        os.link(draft, path)
        _sync_folder(path.parent)
    except FileExistsError:
        return False
    except OSError as error:
        raise BadRing(f"the key ring {path} cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
    return True


def _write_new(path: Path, keys: Iterable[RingKey]) -> None:
    text = ring_bytes(keys)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_mode(path: Path, found: os.stat_result) -> None:
    """Raises BadRing."""
    if not stat.S_ISREG(found.st_mode):
        raise BadRing(f"the key ring {path} is no file")
    mode = stat.S_IMODE(found.st_mode)
    mounted = found.st_uid == 0 and os.geteuid() != 0 and not mode & 0o037
    if mode & 0o077 and not mounted:
        raise BadRing(f"the key ring {path} may be read by others (mode {mode:o}); run: chmod 600 {path}")
    if found.st_uid not in (0, os.geteuid()):
        raise BadRing(f"the key ring {path} belongs to another user")


def _mark(found: os.stat_result) -> FileMark:
    return found.st_ino, found.st_mtime_ns, found.st_size
