"""``like`` patterns."""

from __future__ import annotations

import pytest

from weir.rules.patterns import Segment, like_names, like_segments


def test_segments_are_literal_one_or_the_rest() -> None:
    assert like_segments("/u/{id}/{rest...}") == (
        Segment("literal", "u"),
        Segment("one", "id"),
        Segment("rest", "rest"),
    )
    assert like_segments("/") == (Segment("literal", ""),)
    assert like_names("/u/{id}/{rest...}") == {"id", "rest"}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", 'begins with "/"'),
        ("{a}", 'begins with "/"'),
        ("/{a}/{a}", '"a" stands twice'),
        ("/{a}/{a...}", '"a" stands twice'),
        ("/{a...}/b", "at the end"),
        ("/{a}b", "mixes text and braces"),
        ("/{}", "mixes text and braces"),
        ("/{1a}", "mixes text and braces"),
        ("/{a....}", "mixes text and braces"),
        ("/a}", "mixes text and braces"),
    ],
)
def test_what_is_no_pattern(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        like_segments(pattern)


def test_a_pattern_of_thousands_of_names_is_looked_at_once() -> None:
    assert len(like_names("".join(f"/{{n{number}}}" for number in range(20_000)))) == 20_000
