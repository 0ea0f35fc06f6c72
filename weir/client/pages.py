"""Lists that come in pages: ``{items: […], next: ""}``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from weir.client.errors import BadAnswer

Item_co = TypeVar("Item_co", covariant=True)
Item = TypeVar("Item")


class PageOf(Protocol[Item_co]):
    @property
    def items(self) -> tuple[Item_co, ...]: ...

    @property
    def next(self) -> str: ...


def every(fetch: Callable[[str], PageOf[Item]]) -> Iterator[Item]:
    """All items, page after page as they are asked for; ``fetch`` takes a cursor, "" for the first page."""
    cursor = ""
    while True:
        page = fetch(cursor)
        yield from page.items
        if not page.next:
            return
        if page.next == cursor:
            raise BadAnswer("the list has a page that leads to itself")
        cursor = page.next
