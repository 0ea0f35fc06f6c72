"""Origins of scripts and the patterns that allow them."""

from __future__ import annotations

import pytest

from weir.routing.origins import Origins


@pytest.mark.parametrize(
    ("pattern", "origin", "allowed"),
    [
        ("*", "https://a.test", True),
        ("*", "null", True),
        ("null", "null", True),
        ("https://a.test", "https://a.test", True),
        ("https://a.test", "http://a.test", False),
        ("https://a.test", "https://a.test:8443", False),
        ("https://a.test", "https://a.test.evil.test", False),
        ("https://a.test", "https://A.test", False),
        ("https://a.test", "null", False),
        ("https://*.a.test", "https://x.a.test", True),
        ("https://*.a.test", "https://x.y.a.test", False),
        ("https://*.a.test", "https://a.test", False),
        ("https://*.a.test", "https://.a.test", False),
        ("https://*.a.test", "https://evila.test", False),
        ("https://*.a.test", "https://evil.test/.a.test", False),
        ("https://*.a.test", "https://evil.test?.a.test", False),
        ("https://*.a.test", "https://u@x.a.test", False),
        ("https://*.a.test", "http://x.a.test", False),
        ("https://*.a.test", "https://x.a.test:8443", False),
        ("https://*.a.test:8443", "https://x.a.test:8443", True),
        ("https://**.a.test", "https://x.y.a.test", True),
        ("https://**.a.test", "https://x..a.test", False),
        ("https://**.a.test", "https://a.test", False),
        ("https://**.a.test", "https://evil.test/x.a.test", False),
        ("https://*.a.test", "https://x.a.test\n", False),
    ],
)
def test_a_pattern_allows_what_it_says(pattern: str, origin: str, allowed: bool) -> None:
    assert (origin in Origins([pattern])) is allowed


def test_one_of_several_is_enough() -> None:
    origins = Origins(["https://a.test", "https://*.b.test"])
    assert "https://a.test" in origins
    assert "https://x.b.test" in origins
    assert not origins.everybody
