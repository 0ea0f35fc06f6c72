"""What an answer says about being asked again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.retry.pushback import SILENT, Pushback, pushback_of

NOW = 784_111_777.0
"""Sun, 06 Nov 1994 08:49:37 GMT."""


def said(*fields: tuple[str, str]) -> Pushback:
    return pushback_of(
        [(name.lower().encode(), name.encode(), value.encode()) for name, value in fields], NOW
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("X-Weir-Retry", "never", Pushback(never=True)),
        ("X-Weir-Retry", " Never ", Pushback(never=True)),
        ("X-Weir-Retry", "soon", SILENT),
        ("grpc-retry-pushback-ms", "250", Pushback(after_s=0.25)),
        ("grpc-retry-pushback-ms", "-1", Pushback(never=True)),
        ("grpc-retry-pushback-ms", "x", Pushback(never=True)),
        ("grpc-retry-pushback-ms", "9" * 10, Pushback(never=True)),
        ("Retry-After", "0", Pushback(after_s=0.0)),
        ("Retry-After", "120", Pushback(after_s=120.0)),
        ("Retry-After", "9" * 5000, Pushback(after_s=9_999_999_999.0)),
        ("Retry-After", "Sun, 06 Nov 1994 08:49:40 GMT", Pushback(after_s=3.0)),
        ("Retry-After", "Sun, 06 Nov 1994 08:49:30 GMT", Pushback(after_s=0.0)),
        ("Retry-After", "-1", SILENT),
        ("Retry-After", "1.5", SILENT),
        ("Retry-After", "later", SILENT),
        ("Retry-After", "Sun, 99 Nov 1994 08:49:40 GMT", SILENT),
        ("Retry-After", "", SILENT),
        ("X-Other", "never", SILENT),
    ],
)
def test_each_field(name: str, value: str, expected: Pushback) -> None:
    assert said((name, value)) == expected


def test_the_longest_wait_counts_and_never_is_never() -> None:
    assert said(("Retry-After", "1"), ("grpc-retry-pushback-ms", "2500")) == Pushback(after_s=2.5)
    assert said(("X-Weir-Retry", "never"), ("Retry-After", "1")) == Pushback(True, 1.0)


@given(st.binary(max_size=60))
def test_no_value_is_an_error(value: bytes) -> None:
    for name in (b"retry-after", b"grpc-retry-pushback-ms", b"x-weir-retry"):
        after_s = pushback_of([(name, name, value)], NOW).after_s
        assert after_s is None or after_s >= 0
