from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.models.auth.records import ApiKey, HmacKey, User
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.record_bytes import checked_id, decode_record, encode_record, etag_of, index_members, sha1_of
from weir.store.record_kinds import HMACS, KEYS

KEY = ApiKey(id="k", consumer="alice", hash="00", created_ms=1, scopes=())


def test_a_record_reads_back() -> None:
    assert decode_record(KEYS, encode_record(KEY)) == KEY
    assert decode_record(KEYS, encode_record(KEY)).scopes == ()


def test_scripts_can_read_every_record(client: Client) -> None:
    """Their msgpack knows no bytes."""
    sealed = HmacKey(id="h", consumer="alice", sealed=bytes(range(256)), created_ms=1)
    data = encode_record(sealed)
    assert decode_record(HMACS, data) == sealed
    with client.session("k") as session:
        unpacked = session.call("EVAL", "return cmsgpack.unpack(ARGV[1]).consumer", 0, data)
    assert unpacked == b"alice"


def test_what_is_replaced_leaves_the_fields_that_are_not_known() -> None:
    before = msgspec.msgpack.encode({**msgspec.structs.asdict(KEY), "later": "x"})
    after = msgspec.msgpack.decode(encode_record(msgspec.structs.replace(KEY, name="n"), before))
    assert (after["later"], after["name"], after["consumer"]) == ("x", "n", "alice")


def test_without_such_fields_the_bytes_are_those_of_a_new_record() -> None:
    assert encode_record(KEY, encode_record(msgspec.structs.replace(KEY, name="n"))) == encode_record(KEY)


def test_an_index_has_every_record_and_those_with_a_consumer_under_it() -> None:
    user = User(name="ann", password="x", created_ms=1)
    pairs = [b"k", encode_record(KEY), b"ann", encode_record(user)]
    assert list(index_members(pairs)) == [(b"ik", 0.0), (b"oalice\0k", 0.0), (b"iann", 0.0)]
    with pytest.raises(StoreError, match="cannot be read"):
        list(index_members([b"k", b"\x01"]))


@given(st.text(max_size=300))
def test_an_id_that_is_taken_cannot_be_mistaken_for_two(text: str) -> None:
    try:
        checked_id(text)
    except StoreError:
        return
    assert text
    assert not set(text) & {"\0", "\1", "\n"}
    assert len(text.encode()) <= 256


def test_two_states_have_two_names() -> None:
    assert etag_of(b"a") != etag_of(b"b")
    assert (len(etag_of(b"a")), len(sha1_of(b"a"))) == (16, 40)
