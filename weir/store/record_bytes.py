"""Records as bytes: msgpack, what names a state of one, and which ids there may be. Pure.

Bytes stand in a record as base64 text: scripts read records too, and their msgpack knows no bytes.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence

import msgspec

from weir.models.auth.records import Record
from weir.store.errors import StoreError
from weir.store.record_kinds import Kind, R

MAX_RECORD_BYTES = 64 * 1024
MAX_ID_BYTES = 256
ETAG_DIGITS = 16


class _Owned(msgspec.Struct):
    consumer: str = ""


def encode_record(record: Record, before: bytes = b"") -> bytes:
    """``before``: what is replaced; its fields that this program does not know stay. Raises StoreError if it is too
    large."""
    fields = msgspec.msgpack.decode(before, type=dict[str, object]) if before else {}
    for known in record.__struct_fields__:
        fields.pop(known, None)
    data = msgspec.msgpack.encode(msgspec.to_builtins(record) | fields)
    if len(data) > MAX_RECORD_BYTES:
        raise StoreError(f"a record of {len(data)} bytes is over the limit of {MAX_RECORD_BYTES // 1024} KiB")
    return data


def decode_record(kind: Kind[R], data: bytes) -> R:
    """Raises StoreError for what this program cannot read."""
    try:
        return msgspec.convert(msgspec.msgpack.decode(data), type=kind.type)
    except msgspec.MsgspecError as error:
        raise StoreError(f"one of the {kind.name} in the store cannot be read: {error}") from error


def etag_of(data: bytes) -> str:
    """The first 16 hex digits of the SHA-256."""
    return hashlib.sha256(data).hexdigest()[:ETAG_DIGITS]


def sha1_of(data: bytes) -> str:
    """By which a script knows it: scripts have no SHA-256."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def index_members(pairs: Sequence[bytes]) -> Iterator[tuple[bytes, float]]:
    """What ``Keys.record_index`` has of records: id, bytes, id, bytes, …; each with its score."""
    for id_, data in zip(pairs[::2], pairs[1::2], strict=True):
        yield b"i" + id_, 0.0
        if owner := _owner(data):
            yield b"o" + owner.encode() + b"\0" + id_, 0.0


def _owner(data: bytes) -> str:
    try:
        return msgspec.msgpack.decode(data, type=_Owned).consumer
    except msgspec.MsgspecError as error:
        raise StoreError(f"a record in the store cannot be read: {error}") from error


def is_id(text: str) -> bool:
    """Not so: what could be taken for something else in the index or the feed, or is no UTF-8."""
    size = len(text.encode("utf-8", "surrogatepass"))
    return 0 < size <= MAX_ID_BYTES and not any(
        unicodedata.category(letter) in ("Cc", "Cs") for letter in text
    )


def checked_id(id_: str) -> str:
    """The same. Raises StoreError for what is none."""
    if not is_id(id_):
        raise StoreError(f"an id must have 1 to {MAX_ID_BYTES} bytes of UTF-8 and no control characters")
    return id_
