"""A key ring opens what it sealed, where it was sealed for, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weir.secrets.ring import KeyRing, NoKey, Unreadable, key_id
from weir.secrets.ring_file import RingKey, ensure_ring, new_key, write_ring


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([new_key(purpose) for purpose in ("store", "signing", "node")])


def test_what_is_sealed_opens_with_the_same_ring_purpose_and_place(ring: KeyRing) -> None:
    sealed = ring.seal("store", b"a secret", "hmac:a")
    assert b"a secret" not in sealed
    assert ring.open("store", sealed, "hmac:a") == b"a secret"


def test_sealing_twice_gives_two_texts(ring: KeyRing) -> None:
    assert ring.seal("store", b"same", "x") != ring.seal("store", b"same", "x")


@pytest.mark.parametrize("bound", ["hmac:b", "", "hmac:a ", "signing:a"])
def test_what_is_moved_to_another_place_does_not_open(ring: KeyRing, bound: str) -> None:
    with pytest.raises(Unreadable, match=bound.strip() or "of $"):
        ring.open("store", ring.seal("store", b"a secret", "hmac:a"), bound)


def test_what_is_sealed_for_one_purpose_does_not_open_for_another(ring: KeyRing) -> None:
    with pytest.raises(NoKey):
        ring.open("signing", ring.seal("store", b"a", "x"), "x")


def test_a_key_that_stands_for_two_purposes_does_not_mix_them() -> None:
    key = new_key("store")
    both = KeyRing([key, RingKey(id=key.id, purpose="node", key=key.key, created_ms=0)])
    with pytest.raises(Unreadable):
        both.open("node", both.seal("store", b"a", "x"), "x")


@settings(max_examples=60, deadline=None)
@given(data=st.data(), plain=st.binary(max_size=64))
def test_no_change_of_a_sealed_text_opens(data: st.DataObject, plain: bytes) -> None:
    ring = KeyRing([new_key("store")])
    sealed = ring.seal("store", plain, "x")
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[at] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(changed), sealed[:at], sealed + b"\0"):
        with pytest.raises((Unreadable, NoKey)):
            ring.open("store", wrong, "x")


@pytest.mark.parametrize(
    "junk", [b"", b"\x01", b"\x01\xff", b"\x02" + bytes(60), b"\x01\x02\xff\xff" + bytes(40)]
)
def test_bytes_that_were_never_sealed_are_said_to_be_that(ring: KeyRing, junk: bytes) -> None:
    with pytest.raises(Unreadable, match="not sealed with a key ring"):
        ring.open("store", junk, "x")


def test_the_newest_key_seals_and_older_ones_still_open() -> None:
    old, new = new_key("store", 1000), new_key("store", 2000)
    sealed = KeyRing([old]).seal("store", b"a", "x")
    both = KeyRing([new, old])
    assert both.open("store", sealed, "x") == b"a"
    assert key_id(both.seal("store", b"a", "x")) == new.id
    with pytest.raises(NoKey, match=f"no key {old.id} for store"):
        KeyRing([new]).open("store", sealed, "x")


def test_a_key_that_has_not_begun_opens_but_does_not_seal_yet() -> None:
    now, later = new_key("store"), new_key("store", time.time_ns() // 1_000_000 + 3_600_000)
    ring = KeyRing([now, later])
    assert ring.newest("store") == now
    assert ring.open("store", KeyRing([later]).seal("store", b"a", "x"), "x") == b"a"


def test_a_purpose_without_a_key_is_said_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    write_ring(path, [new_key("store")])
    ring = KeyRing.read(path)
    assert ring.has("store")
    assert not ring.has("tls")
    with pytest.raises(NoKey, match=f"the key ring {path} has no key for tls"):
        ring.seal("tls", b"a", "x")


def test_a_ring_in_use_sees_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    keys = ensure_ring(path)
    here, elsewhere = KeyRing.read(path), KeyRing.read(path)
    added = new_key("store")
    write_ring(path, [*keys, added])
    sealed = elsewhere.seal("store", b"a", "x")
    assert key_id(sealed) == added.id
    assert here.open("store", sealed, "x") == b"a"


def test_a_file_that_was_lost_or_spoiled_leaves_the_ring_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    ensure_ring(path)
    ring = KeyRing.read(path)
    sealed = ring.seal("store", b"a", "x")
    path.write_text("{")
    assert ring.open("store", sealed, "x") == b"a"
    assert ring.seal("store", b"a", "x")
    path.unlink()
    assert ring.has("store")


def test_no_key_is_shown_by_repr() -> None:
    key = new_key("store")
    shown = repr(key) + repr(KeyRing([key])) + str(key)
    assert repr(key.key) not in shown
    assert key.key.hex() not in shown
