"""JSON that can be read in one way only."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.auth.jwt.strict_json import MAX_DEPTH, read_object


def test_an_object_is_read() -> None:
    assert read_object(b'{"a": [1, 2.5, true, null, "\\u00e9"]}') == {"a": [1, 2.5, True, None, "é"]}


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b'{"\\udc00":1}',
        b"[1]",
        b"1",
        b"",
        b"\xff",
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b"{}{}",
        b'{"a":1,}',
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_whatever_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^it (is|has) "):
        read_object(data)


def test_depth_has_a_bound() -> None:
    def nested(depth: int) -> bytes:
        return b'{"a":' + b"[" * depth + b"]" * depth + b"}"

    assert read_object(nested(MAX_DEPTH))
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(ValueError, match="it is"):
            read_object(nested(depth))


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=5), st.one_of(st.integers(-(2**63), 2**63), st.text(), st.booleans(), st.none())
    )
)
def test_what_others_write_is_read_as_they_mean_it(value: dict[str, object]) -> None:
    assert read_object(json.dumps(value).encode()) == value
    assert read_object(json.dumps(value, ensure_ascii=False).encode()) == value


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_lead_to_anything_but_an_object_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(read_object(data), dict)
