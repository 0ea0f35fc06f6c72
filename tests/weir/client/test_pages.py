from __future__ import annotations

import msgspec
import pytest

from weir.client.errors import BadAnswer
from weir.client.pages import every


class Numbers(msgspec.Struct, frozen=True):
    items: tuple[int, ...]
    next: str = ""


PAGES = {"": Numbers((1, 2), "b"), "b": Numbers((), "c"), "c": Numbers((3,))}


def test_pages_are_read_to_the_last_and_only_as_they_are_asked_for() -> None:
    asked: list[str] = []

    def fetch(cursor: str) -> Numbers:
        asked.append(cursor)
        return PAGES[cursor]

    numbers = every(fetch)
    assert (next(numbers), asked) == (1, [""])
    assert (list(numbers), asked) == ([2, 3], ["", "b", "c"])


def test_a_page_that_leads_to_itself_is_not_read_for_ever() -> None:
    with pytest.raises(BadAnswer):
        list(every(lambda _: Numbers((1,), "x")))
