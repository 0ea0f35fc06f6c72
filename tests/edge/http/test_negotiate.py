"""What a client takes, by RFC 9110 §12.4.2, §12.5.1 and §12.5.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.http.negotiate import MAX_ELEMENTS, MAX_LIST, best_coding, best_media_type, joined, weights

OFFERS = ((b"application/problem+json", b"application/json"), (b"text/html",), (b"text/plain",))
JSON, HTML, TEXT = range(3)
CHROME = b"text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"gzip", {b"gzip": 1000}),
        (b"GZip;q=0.5 , br ;\tQ=1.000", {b"gzip": 500, b"br": 1000}),
        (b"text/html;level=1;q=0.3", {b"text/html": 300}),
        (b"a;q=0, b;q=0., c;q=0.001, d;q=1", {b"a": 0, b"b": 0, b"c": 1, b"d": 1000}),
        (b"a;q=0.1, a;q=0.2", {b"a": 200}),
        (b"a;q=2, b;q=-1, c;q=1.1, d;q=0.1234, e;q=, f;q=x, g;q= 1", {}),
        (b", ,;q=1, a b, /x, x/, \xff, ok", {b"ok": 1000}),
        (b"*/*, text/*, *", {b"*/*": 1000, b"text/*": 1000, b"*": 1000}),
        (b"", {}),
    ],
)
def test_a_list_is_read_element_by_element(value: bytes, expected: dict[bytes, int]) -> None:
    assert weights(value) == expected


@pytest.mark.parametrize("more", [0, 1])
def test_elements_are_bounded(more: int) -> None:
    value = b"a," * (MAX_ELEMENTS - 1 + more) + b"last"
    assert (b"last" in weights(value)) is (more == 0)


@pytest.mark.parametrize("more", [0, 1])
def test_bytes_are_bounded(more: int) -> None:
    value = b"x" * (MAX_LIST - 5 + more) + b",last"
    assert (b"last" in weights(value)) is (more == 0)


@given(st.binary(max_size=200))
def test_nothing_that_comes_makes_it_fail(value: bytes) -> None:
    assert all(0 <= weight <= 1000 for weight in weights(value).values())


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (CHROME, HTML),
        (b"*/*", JSON),
        (b"application/json, text/plain, */*", JSON),
        (b"text/plain", TEXT),
        (b"text/*", HTML),
        (b"text/*;q=0.5, text/plain", TEXT),
        (b"text/html;q=0, text/*", TEXT),
        (b"text/html;q=0.5, application/problem+json;q=0.5", JSON),
        (b"text/html;q=0.5, */*;q=0.4", HTML),
        (b"application/json;q=0.2, text/html;q=0.1", JSON),
        (b"image/png", JSON),
        (b"*/*;q=0", JSON),
        (b"nonsense;;", JSON),
    ],
)
def test_the_media_type_that_weighs_most_is_taken(accept: bytes, expected: int) -> None:
    assert best_media_type(weights(accept), OFFERS) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (b"gzip, deflate, br, zstd", b"zstd"),
        (b"gzip, br", b"br"),
        (b"gzip;q=1, br;q=0.5", b"gzip"),
        (b"gzip;q=0.1", b"gzip"),
        (b"*", b"zstd"),
        (b"*;q=0.1, gzip", b"gzip"),
        (b"zstd;q=0, *", b"br"),
        (b"identity, gzip", b"gzip"),
        (b"identity, gzip;q=0.5", b""),
        (b"identity;q=0.5, gzip;q=0.6", b"gzip"),
        (b"identity;q=0, gzip;q=0.001", b"gzip"),
        (b"identity;q=0", b""),
        (b"gzip;q=0", b""),
        (b"*;q=0", b""),
        (b"deflate, compress", b""),
        (b"", b""),
    ],
)
def test_the_coding_that_weighs_most_is_taken(accept: bytes, expected: bytes) -> None:
    assert best_coding(weights(accept), (b"zstd", b"br", b"gzip")) == expected


def test_several_fields_are_one_list() -> None:
    fields = [(b"accept", b"Accept", b"a"), (b"x", b"X", b"y"), (b"accept", b"accept", b"b;q=0.1")]
    assert joined(fields, b"accept") == b"a,b;q=0.1"
    assert joined(fields, b"missing") == b""
