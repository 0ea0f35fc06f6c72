"""Content codings as streams: bytes in, compressed bytes out, with bounded memory and in small steps.

Windows are 128 to 256 KiB, so an encoder holds at most about 2 MiB whatever passes through it. Levels are those at
which a worker still moves tens of megabytes a second. A long piece is taken in slices, and others run in between.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import brotli
import gevent
import zstandard

SLICE = 32 * 1024
"""Bytes that are compressed in one go: about a millisecond at most."""

_GZIP_LEVEL, _BROTLI_QUALITY, _ZSTD_LEVEL = 5, 4, 3
_WINDOW_LOG = 18
_GZIP_FORMAT = 16 + zlib.MAX_WBITS


class _Stream(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes:
        """Everything that went in so far can be read by the receiver."""

    def finish(self) -> bytes: ...


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_FORMAT)
        self.compress: Callable[[bytes], bytes] = self._stream.compress

    def flush(self) -> bytes:
        return self._stream.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._stream.flush(zlib.Z_FINISH)


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Compressor(quality=_BROTLI_QUALITY, lgwin=_WINDOW_LOG)
        self.compress: Callable[[bytes], bytes] = self._stream.process
        self.flush: Callable[[], bytes] = self._stream.flush
        self.finish: Callable[[], bytes] = self._stream.finish


class _Zstd:
    def __init__(self) -> None:
        parameters = zstandard.ZstdCompressionParameters.from_level(_ZSTD_LEVEL, window_log=_WINDOW_LOG)
        self._stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        self.compress: Callable[[bytes], bytes] = self._stream.compress

    def flush(self) -> bytes:
        return self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)


ENCODERS: Mapping[bytes, Callable[[], _Stream]] = MappingProxyType(
    {b"gzip": _Gzip, b"br": _Brotli, b"zstd": _Zstd}
)
"""By the name of the content coding (RFC 9110 §8.4.1, RFC 7932, RFC 8878)."""


class Encoder:
    """One body: ``encode`` piece by piece, then ``finish``."""

    __slots__ = ("_stream", "coding")

    def __init__(self, coding: bytes) -> None:
        """Raises KeyError for a coding that is not in ``ENCODERS``."""
        self._stream = ENCODERS[coding]()
        self.coding = coding

    def encode(self, data: bytes, *, flush: bool) -> bytes:
        """``flush``: what went in so far must not wait for more. Without it, the result may be empty."""
        stream = self._stream
        if len(data) <= SLICE:
            out = stream.compress(data)
            return out + stream.flush() if flush else out
        parts = []
        for start in range(0, len(data), SLICE):
            if start:
                gevent.sleep(0)
            parts.append(stream.compress(data[start : start + SLICE]))
        if flush:
            parts.append(stream.flush())
        return b"".join(parts)

    def finish(self) -> bytes:
        """The end of the body; never empty."""
        return self._stream.finish()
