"""The file of a backup: frames of msgpack, each behind its length, and the SHA-256 of everything before the last one.

Frames: ``["weir-backup", header]``, then ``[type, key, expires_ms, items]`` with type ``hash`` (field, value, …),
``zset`` (member, score, …), ``stream`` ([id, [field, value, …]], …) or ``string`` ([bytes]), then
``["forget", key, 0, fields]`` for fields of a hash that belong to nothing, then ``["end", digest, frames]``.
Keys stand without ``weir:<cluster>:``. A key may come in several frames. Nothing is trusted before the end was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import msgspec

FORMAT = "weir-backup"
SCHEMA = 1
MAX_FRAME = 80 * 1024 * 1024
"""Bytes: more than the largest chunk."""
TYPES = ("hash", "zset", "stream", "string", "forget")
_LENGTH = 4


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What the first frame says."""

    schema: int = SCHEMA
    program: str
    """The version of Weir that wrote it."""
    cluster: str
    incarnation: str
    number: int
    """Of the version that was current when it began; the one in the file may be a later one."""
    time_ms: int
    """Wall clock of the writer."""


class Entry(NamedTuple):
    """One frame between the first and the last."""

    type: str
    key: str
    expires_ms: int
    """Wall milliseconds; 0: never."""
    items: list[Any]


class Unreadable(Exception):
    """The file is no backup, cut off, or altered; one sentence."""


class Writer:
    """Makes the frames of one file, in order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._frames = 0

    def header(self, header: Header) -> bytes:
        return self._frame([FORMAT, header])

    def entry(self, entry: Entry) -> bytes:
        return self._frame(list(entry))

    def end(self) -> bytes:
        """The last frame."""
        return self._frame(["end", self._hash.digest(), self._frames])

    def _frame(self, content: list[Any]) -> bytes:
        body = msgspec.msgpack.encode(content)
        if len(body) > MAX_FRAME:
            raise ValueError(f"a frame of {len(body)} bytes; at most {MAX_FRAME} fit")
        frame = len(body).to_bytes(_LENGTH, "big") + body
        self._hash.update(frame)
        self._frames += 1
        return frame


def verify(file: BinaryIO) -> Header:
    """Reads all of it, one frame at a time. Raises Unreadable."""
    digest = hashlib.sha256()
    header: Header | None = None
    for count, (frame, content) in enumerate(_frames(file)):
        if header is None:
            header = _header(content)
        elif content[0] == "end":
            if content[1:] != [digest.digest(), count]:
                raise Unreadable("the backup was altered: its contents do not have the checksum at its end")
            if file.read(1):
                raise Unreadable("something follows the end of the backup")
            return header
        else:
            _entry(content)
        digest.update(frame)
    raise Unreadable(
        "the backup is cut off: its end is missing" if header else "this is no backup: it is empty"
    )


def entries(file: BinaryIO) -> Iterator[Entry]:
    """Of a file that was verified, from its beginning."""
    for _, content in _frames(file):
        if content[0] == "end":
            return
        if content[0] != FORMAT:
            yield _entry(content)


def _frames(file: BinaryIO) -> Iterator[tuple[bytes, list[Any]]]:
    """Each as it stands in the file, and read."""
    while head := file.read(_LENGTH):
        length = int.from_bytes(head, "big")
        if not 0 < length <= MAX_FRAME:
            raise Unreadable(f"this is no backup, or an altered one: a frame of {length} bytes")
        body = file.read(length) if len(head) == _LENGTH else b""
        if len(body) < length:
            raise Unreadable("the backup is cut off in the middle of a frame")
        try:
            content = msgspec.msgpack.decode(body)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Unreadable(f"the backup was altered: {error}") from error
        if not isinstance(content, list) or not content:
            raise Unreadable("this is no backup, or an altered one: a frame that is no list")
        yield head + body, content


def _header(content: list[Any]) -> Header:
    if len(content) != 2 or content[0] != FORMAT or not isinstance(content[1], dict):
        raise Unreadable("this is no backup of Weir")
    schema = content[1].get("schema")
    if schema != SCHEMA:
        raise Unreadable(
            f"the backup has the format {schema!r}; this program reads {SCHEMA}: use a newer one"
        )
    try:
        return msgspec.convert(content[1], Header)
    except msgspec.ValidationError as error:
        raise Unreadable(f"the backup's header cannot be read: {error}") from error


def _entry(content: list[Any]) -> Entry:
    if len(content) != len(Entry._fields):
        raise Unreadable("the backup has a frame of another shape")
    entry = Entry(*content)
    if entry.type not in TYPES or not isinstance(entry.key, str) or not isinstance(entry.items, list):
        raise Unreadable("the backup has a frame of another shape")
    if type(entry.expires_ms) is not int:
        raise Unreadable("the backup has a frame of another shape")
    return entry
