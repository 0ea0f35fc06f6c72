"""The sealed file of verifiers and revoked tokens."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.agent.credentials.cache import Known
from edge.agent.credentials.journal import Damaged
from edge.agent.credentials.snapshot import ROWS, State, contents_of, sealed_pieces
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import RingKey

RING = KeyRing([RingKey(id="k1", purpose="node", key=b"1" * 32, created_ms=1)])
OTHER = KeyRing([RingKey(id="k1", purpose="node", key=b"2" * 32, created_ms=1)])
NAMES = [f"key:{number}" for number in range(ROWS + 1)]
VERIFIERS = [Known(b"packed %d" % number, number, "alice") for number in range(ROWS + 1)]
REVOKED = [{f"jti-{part}-{number}": number for number in range(3)} for part in range(3)]
STATE = State(NAMES, VERIFIERS, REVOKED)
PIECES = list(sealed_pieces(RING, STATE))
FILE = b"".join(PIECES)


def test_what_was_sealed_is_read_in_order() -> None:
    found = contents_of(RING, FILE)
    assert found.verifiers == list(zip(NAMES, VERIFIERS, strict=True))
    assert found.revoked == REVOKED[0] | REVOKED[1] | REVOKED[2]
    assert len(PIECES) == 1 + 2 + 3


def test_nothing_stands_in_it_in_clear() -> None:
    for text in (b"packed", b"key:1", b"alice", b"jti-"):
        assert text not in FILE


def test_an_empty_one_is_one() -> None:
    found = contents_of(RING, b"".join(sealed_pieces(RING, State([], [], []))))
    assert (found.verifiers, found.revoked) == ([], {})


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(FILE[:-1], id="cut"),
        pytest.param(b"".join(PIECES[:-1]), id="a piece less"),
        pytest.param(b"".join([*PIECES, PIECES[-1]]), id="a piece more"),
        pytest.param(b"".join([PIECES[0], PIECES[2], PIECES[1], *PIECES[3:]]), id="out of order"),
        pytest.param(b"".join([*list(sealed_pieces(RING, STATE))[:1], *PIECES[1:]]), id="of two"),
        pytest.param(b"\x00\x00\x00\x00" + FILE, id="an empty piece"),
        pytest.param(b"\xff\xff\xff\xff" + FILE, id="a piece too large"),
        pytest.param(b"\x00\x00\x00\x03abc", id="not sealed"),
    ],
)
def test_what_is_not_whole_is_not_believed(data: bytes) -> None:
    with pytest.raises(Damaged):
        contents_of(RING, data)


def test_another_ring_opens_nothing() -> None:
    for ring in (OTHER, KeyRing([])):
        with pytest.raises(Damaged):
            contents_of(ring, FILE)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, by: int) -> None:
    damaged = bytearray(FILE)
    damaged[place] ^= by
    with pytest.raises(Damaged):
        contents_of(RING, bytes(damaged))
