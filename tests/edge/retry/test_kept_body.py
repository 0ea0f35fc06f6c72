"""What is kept of a body."""

from __future__ import annotations

from edge.retry.kept_body import KeptBody


def test_what_fits_is_kept_to_the_last_byte() -> None:
    kept = KeptBody(5)
    assert kept.add(b"2\r\nab\r\n", 2)
    assert kept.add(b"3\r\ncde\r\n", 3)
    kept.end(b"0\r\n\r\n")
    assert kept.ended
    assert kept.take() == b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
    assert kept.take() == b""


def test_one_byte_too_many_and_nothing_is_held() -> None:
    kept = KeptBody(5)
    assert kept.add(b"abcde", 5)
    assert not kept.add(b"f", 1)
    assert kept.take() == b""


def test_what_comes_by_while_a_repetition_is_under_way_is_kept_too() -> None:
    kept = KeptBody(5)
    kept.add(b"abcde", 5)
    kept.hold()
    assert kept.add(b"fgh", 3)
    assert kept.take() == b"abcdefgh"
    assert not kept.add(b"i", 1)


def test_what_was_taken_still_counts() -> None:
    kept = KeptBody(5)
    kept.add(b"abc", 3)
    kept.take()
    assert kept.add(b"de", 2)
    assert not kept.add(b"f", 1)
