"""Sums of what workers saw."""

from __future__ import annotations

from typing import Any

import pytest

from edge.agent.health.evidence import MAX_TARGETS, Collected, read_gone
from edge.link.frames import FrameError
from weir.store.health import MAX_GONE, Evidence, Member

ONE = Member("file/u", "http://a:1")


def said(good: int, bad: int, row: int, url: str = ONE.url) -> list[Any]:
    return ["file", "u", url, 3, 10.0, 5, 30_000, good, bad, row]


def test_one_worker() -> None:
    collected = Collected()
    collected.add([said(3, 2, 1)])
    assert collected.take() == [Evidence(ONE, 3, 10.0, 5, 30_000, 3, 2, 1)]
    assert collected.take() == []


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        ([(0, 2, 2), (0, 3, 7)], (0, 5, 9)),
        ([(1, 2, 2), (0, 3, 7)], (1, 5, 2)),
        ([(0, 2, 2), (4, 3, 1)], (4, 5, 1)),
        ([(1, 2, 2), (4, 3, 1)], (5, 5, 1)),
    ],
)
def test_a_good_answer_anywhere_ends_the_row(
    workers: list[tuple[int, int, int]], expected: tuple[int, int, int]
) -> None:
    collected = Collected()
    for worker in workers:
        collected.add([said(*worker)])
    (found,) = collected.take()
    assert (found.good, found.bad, found.row) == expected


def test_what_is_kept_is_bounded() -> None:
    collected = Collected()
    collected.add([said(0, 1, 1, f"http://a:{port}") for port in range(MAX_TARGETS + 5)])
    assert len(collected.take()) == MAX_TARGETS


def test_who_is_gone() -> None:
    assert read_gone([["file", "u", ONE.url]]) == {ONE}
    assert len(read_gone([["file", "u", f"http://a:{port}"] for port in range(MAX_GONE + 5)])) == MAX_GONE


@pytest.mark.parametrize(
    "items", [None, 5, {}, [1], [["file", "u"]], [["file", "u", 1]], [["file", "u", "a\nb"]]]
)
def test_anybody_else_is_refused(items: Any) -> None:
    with pytest.raises(FrameError, match="targets that are gone"):
        read_gone(items)


@pytest.mark.parametrize(
    "items",
    [
        None,
        5,
        [[]],
        [said(0, 1, 1)[:-1]],
        [said(-1, 1, 1)],
        [said(0, 1, 1, "http://a b")],
        [[1, *said(0, 1, 1)[1:]]],
        [[*said(0, 1, 1)[:-1], True]],
        [[*said(0, 1, 1)[:4], "x", *said(0, 1, 1)[5:]]],
    ],
)
def test_anything_else_is_refused(items: Any) -> None:
    with pytest.raises(FrameError, match="evidence that is none"):
        Collected().add(items)
