"""Every content coding comes back as it went in, and hides nothing from a receiver that waits."""

from __future__ import annotations

import random
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.forwarding.encoders import ENCODERS, SLICE, Encoder
from weir.models.rule_clauses import Compress
from weir.rules.clauses.traffic import ENCODINGS

CODINGS = sorted(ENCODERS)


class Decoder:
    """A receiver that reads what has come so far."""

    def __init__(self, coding: bytes) -> None:
        self.read = {
            b"gzip": lambda: zlib.decompressobj(16 + zlib.MAX_WBITS).decompress,
            b"br": lambda: brotli.Decompressor().process,
            b"zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
        }[coding]()


def text(size: int) -> bytes:
    words = [b"weir", b"river", b"flood", b"gate", b"%d"]
    chosen = random.Random(1).choices(words, k=size // 4 + 1)
    return b" ".join(word % number if b"%" in word else word for number, word in enumerate(chosen))[:size]


def test_the_language_and_the_encoders_name_the_same_codings() -> None:
    assert {name.encode() for name in ENCODINGS} == set(ENCODERS)
    assert Compress(encodings=("gzip", "br", "zstd")).encodings


@pytest.mark.parametrize("coding", CODINGS)
@settings(max_examples=20, deadline=None)
@given(pieces=st.lists(st.tuples(st.binary(max_size=5_000), st.booleans()), max_size=8))
def test_pieces_come_back_as_they_were(coding: bytes, pieces: list[tuple[bytes, bool]]) -> None:
    encoder, decoder = Encoder(coding), Decoder(coding)
    out = b"".join(encoder.encode(data, flush=flush) for data, flush in pieces) + encoder.finish()
    assert decoder.read(out) == b"".join(data for data, _ in pieces)


@pytest.mark.parametrize("coding", CODINGS)
def test_after_a_flush_the_receiver_has_everything(coding: bytes) -> None:
    encoder, decoder = Encoder(coding), Decoder(coding)
    for number in range(20):
        piece = b'{"event": %d}\n' % number
        assert decoder.read(encoder.encode(piece, flush=True)) == piece


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("size", [0, 1, SLICE, SLICE + 1, 3 * SLICE])
def test_a_long_piece_is_taken_in_slices_and_others_run_in_between(
    coding: bytes, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("edge.forwarding.encoders.gevent.sleep", pauses.append)
    encoder, data = Encoder(coding), text(size)
    assert Decoder(coding).read(encoder.encode(data, flush=False) + encoder.finish()) == data
    assert len(pauses) == max(0, -(-size // SLICE) - 1)


@pytest.mark.parametrize("coding", CODINGS)
def test_text_gets_much_shorter(coding: bytes) -> None:
    data = text(200_000)
    encoder = Encoder(coding)
    assert len(encoder.encode(data, flush=False) + encoder.finish()) < len(data) / 2


@pytest.mark.parametrize("coding", CODINGS)
def test_what_is_held_back_is_bounded(coding: bytes) -> None:
    """Noise cannot be compressed, so what went in and did not come out is held."""
    noise = random.Random(1)
    encoder, held = Encoder(coding), 0
    for _ in range(100):
        held += SLICE - len(encoder.encode(noise.randbytes(SLICE), flush=False))
        assert held < 1024 * 1024


def test_an_unknown_coding_is_refused() -> None:
    with pytest.raises(KeyError):
        Encoder(b"deflate")
