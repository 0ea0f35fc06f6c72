"""Verifiers and revoked tokens as one file, sealed with the key ring in pieces. Knows bytes and the ring, no disk.

A piece is four bytes of length (big-endian) and what was sealed. The first says how many follow; each is bound to its
place and to the file that it was written for, so pieces of two files never mix.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar

import msgspec

from edge.agent.credentials.cache import Known
from edge.agent.credentials.journal import Damaged
from weir.secrets.errors import SecretsError
from weir.secrets.ring import KeyRing

PURPOSE = "node"
ROWS = 1000
"""In one piece."""
MAX_PIECE = 64 << 20

_LENGTH = struct.Struct(">I")


class State(NamedTuple):
    """What is to be written."""

    names: Sequence[str]
    """Those used last at the end."""
    known: Sequence[Known]
    revoked: Sequence[Mapping[str, int]]
    """In parts."""


class Contents(NamedTuple):
    """What was read. Those verifiers used last at the end."""

    verifiers: list[tuple[str, Known]]
    revoked: dict[str, int]


class _Head(msgspec.Struct, frozen=True):
    schema: Literal[1]
    id: str
    pieces: int


class _Piece(msgspec.Struct, frozen=True):
    verifiers: list[tuple[str, Known]] = []
    revoked: list[tuple[str, int]] = []


_T = TypeVar("_T")
_encode = msgspec.msgpack.Encoder().encode
_head_of = msgspec.msgpack.Decoder(_Head).decode
_piece_of = msgspec.msgpack.Decoder(_Piece).decode


def sealed_pieces(ring: KeyRing, state: State) -> Iterator[bytes]:
    """The file in parts; little work lies between two. Raises NoKey."""
    count = -(-len(state.names) // ROWS) + len(state.revoked)
    head = _Head(1, secrets.token_hex(8), count)
    yield _framed(ring.seal(PURPOSE, _encode(head), _bound("head", 0)))
    for number, piece in enumerate(_split(state), 1):
        yield _framed(ring.seal(PURPOSE, _encode(piece), _bound(head.id, number)))


def contents_of(ring: KeyRing, data: bytes) -> Contents:
    """Raises Damaged for what is not whole, or was not sealed with this ring."""
    try:
        pieces = _pieces(data)
        head = _opened(ring, next(pieces), _bound("head", 0), _head_of)
        found = [
            _opened(ring, piece, _bound(head.id, number), _piece_of) for number, piece in enumerate(pieces, 1)
        ]
    except (StopIteration, SecretsError, msgspec.MsgspecError) as error:
        raise Damaged(f"the snapshot cannot be read: {error}") from error
    if len(found) != head.pieces:
        raise Damaged(f"the snapshot has {len(found)} pieces of {head.pieces}")
    return Contents(
        [row for piece in found for row in piece.verifiers],
        {value: end for piece in found for value, end in piece.revoked},
    )


def _split(state: State) -> Iterator[_Piece]:
    for first in range(0, len(state.names), ROWS):
        place = slice(first, first + ROWS)
        yield _Piece(verifiers=list(zip(state.names[place], state.known[place], strict=True)))
    for part in state.revoked:
        yield _Piece(revoked=list(part.items()))


def _opened(ring: KeyRing, piece: bytes, bound: str, decode: Callable[[bytes], _T]) -> _T:
    return decode(ring.open(PURPOSE, piece, bound))


def _pieces(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        if len(data) < at + _LENGTH.size:
            raise Damaged("the snapshot ends inside a piece")
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if not 0 < length <= MAX_PIECE or len(data) < at + length:
            raise Damaged("the snapshot ends inside a piece")
        yield data[at : at + length]
        at += length


def _framed(sealed: bytes) -> bytes:
    return _LENGTH.pack(len(sealed)) + sealed


def _bound(file: str, number: int) -> str:
    return f"credentials:{file}:{number}"
