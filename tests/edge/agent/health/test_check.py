"""What workers say is to be checked."""

from __future__ import annotations

from typing import Any

import pytest

from edge.agent.health.check import Check, read_checks
from edge.link.frames import FrameError

SAID = ["file", "orders", "http://a:1", "GET", "/healthz", 5000, 1000, [], ""]
CHECK = Check("file/orders", "http://a:1", "GET", "/healthz", 5000, 1000, (), "")


def test_it_is_read_as_said() -> None:
    assert read_checks([SAID]) == [CHECK]
    assert read_checks([]) == []


@pytest.mark.parametrize(
    "items",
    [
        None,
        [[]],
        ["text"],
        [SAID[:-1]],
        [[*SAID[:5], "5000", 1000, [], ""]],
        [[*SAID[:5], True, 1000, [], ""]],
        [[*SAID[:5], 0, 1000, [], ""]],
        [[*SAID[:5], 5000, 0, [], ""]],
        [[*SAID[:7], ["200"], ""]],
        [[1, *SAID[1:]]],
    ],
)
def test_anything_else_is_refused(items: Any) -> None:
    with pytest.raises(FrameError, match="checks that are none"):
        read_checks(items)


def test_every_field_makes_another_check_and_nothing_else_does() -> None:
    others = [
        CHECK._replace(**{name: value})
        for name, value in zip(Check._fields, [*"abcd", 1, 2, (200,), "e"], strict=True)
    ]
    assert len({CHECK.id, *(other.id for other in others)}) == len(others) + 1
    assert read_checks([SAID])[0].id == CHECK.id


def test_times_follow_from_the_interval() -> None:
    assert (CHECK.every_s, CHECK.turn_s, CHECK.lease_ms, CHECK.lasts_s) == (5.0, 5.0, 7500, 16.0)


def test_below_a_second_verdicts_and_leases_last_as_if_it_were_a_second() -> None:
    quick = CHECK._replace(every_ms=100, timeout_ms=100)
    assert (quick.every_s, quick.turn_s, quick.lease_ms, quick.lasts_s) == (0.1, 1.0, 1500, 3.1)


@pytest.mark.parametrize(
    ("expect", "status", "good"),
    [
        ((), 200, True),
        ((), 399, True),
        ((), 199, False),
        ((), 400, False),
        ((503,), 503, True),
        ((503,), 200, False),
    ],
)
def test_statuses_that_are_good(expect: tuple[int, ...], status: int, good: bool) -> None:
    assert CHECK._replace(expect=expect).is_good(status) is good
