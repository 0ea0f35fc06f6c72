"""The bytes of a chunk, as the store and every node's disk hold them: ``[schema, chunk]`` in msgpack.

The bytes follow from the document: fields come in the order of their class, options in the order in which they were
written. So equal chunks have equal bytes, and one name: the SHA-256 of the bytes.
"""

from __future__ import annotations

import hashlib

import msgspec

from weir.models.document import LANGUAGE
from weir.models.version import Chunk

SCHEMA = 1
MAX_CHUNK_BYTES = 16 * 1024 * 1024

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Chunk)
_envelope = msgspec.msgpack.Decoder(tuple[int, msgspec.Raw])


def encode_chunk(chunk: Chunk) -> bytes:
    """Raises ValueError, in one sentence, for a chunk that no reader would take."""
    data = _encoder.encode((SCHEMA, chunk))
    if len(data) > MAX_CHUNK_BYTES:
        raise ValueError(f"{len(chunk.definitions)} definitions make {len(data)} bytes; at most 16 MiB fit")
    return data


def decode_chunk(data: bytes) -> Chunk:
    """Raises ValueError, in one sentence, for anything but a chunk that this code understands."""
    if len(data) > MAX_CHUNK_BYTES:
        raise ValueError(f"a chunk of {len(data)} bytes is refused; at most 16 MiB are read")
    try:
        schema, body = _envelope.decode(data)
        if schema > SCHEMA:
            raise ValueError(f"the chunk has schema {schema}; this program reads up to {SCHEMA}: update it")
        chunk = _decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"the chunk cannot be read: {error}") from error
    if chunk.language > LANGUAGE:
        raise ValueError(f"the chunk is in language {chunk.language}; this program reads up to {LANGUAGE}")
    return chunk


def content_hash(data: bytes) -> str:
    """SHA-256 of a chunk, or of anything else that is named by its content; 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
