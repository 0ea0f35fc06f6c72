"""Sums over periods, their order and their pages."""

from __future__ import annotations

import pytest

from admin_api.problems import Refusal
from admin_api.traffic.figures import figures
from admin_api.traffic.sums import ordered, page, sums, total
from tests.support.usage import counted
from weir.models.usage import RULE
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.usage import Period
from weir.store.usage_read import Usage

MINUTES = [Period("minute", 100 + number) for number in range(3)]


def test_what_is_wanted_is_added_up(client: Client, keys: Keys) -> None:
    counted(client, keys, MINUTES[0], {"rapi/a": [1], "rapi/b": [5]})
    counted(client, keys, MINUTES[2], {"rapi/a": [2, 7], "tapi/a x": [9]})
    found = sums(Usage(client, keys), MINUTES, RULE, lambda name: name.endswith("a"))
    assert {name: numbers[:2] for name, numbers in found.items()} == {"api/a": [3, 7]}
    assert total([[1] * 26, [2] * 26]) == [3] * 26


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["a", "b", "c"]),
        ("requests", ["b", "a", "c"]),
        ("errors", ["c", "a", "b"]),
        ("limited", ["a", "b", "c"]),
    ],
)
def test_items_have_an_order(sort: str, expected: list[str]) -> None:
    each = {"a": [4, 0, 0, 1], "b": [9], "c": [0, 0, 0, 2]}
    items = [(name, figures(numbers + [0] * (26 - len(numbers)), 1.0)) for name, numbers in each.items()]
    found = ordered(items, sort, lambda item: item[0], lambda item: item[1])  # type: ignore[arg-type]
    assert [name for name, _ in found] == expected


def test_pages_follow_one_another_to_the_end() -> None:
    items = list(range(5))
    assert page(items, 2, "") == ((0, 1), "2")
    assert page(items, 2, "2") == ((2, 3), "4")
    assert page(items, 2, "4") == ((4,), "")
    assert page(items, 2, "99") == ((), "")


@pytest.mark.parametrize("cursor", ["-1", "x", "1" * 8, "٣"])
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(Refusal) as refused:
        page([1], 1, cursor)
    assert refused.value.status == 400
