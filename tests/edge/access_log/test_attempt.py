"""Attempts as the log shows them."""

from __future__ import annotations

import msgspec

from edge.access_log.attempt import Attempt, attempt_of, milliseconds


def test_the_attempt_that_served_is_shown_without_what_is_not_special() -> None:
    assert attempt_of(("u", 200, 10.0, 10.5, "http://t", True)) == Attempt(
        "http://t", 500.0, 200, reused=True
    )
    assert msgspec.to_builtins(attempt_of(("u", 0, 10.0, 10.5, "http://t", False))) == {
        "target": "http://t",
        "ms": 500.0,
    }


def test_milliseconds_have_microseconds_behind_the_point() -> None:
    assert milliseconds(0.0012349) == 1.234
