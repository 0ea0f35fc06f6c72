"""Steps of pages are run as they stand, in their order, and say what the page says: all on one gateway."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tutorial import Reader, follow, pattern
from tests.support.weir_up import WeirUp

pytestmark = pytest.mark.xdist_group("tutorials")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeirUp]:
    up = WeirUp(tmp_path_factory.mktemp("tutorials") / ".weir")
    try:
        yield up.ready()
    finally:
        up.close()


@pytest.fixture
def reader(up: WeirUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.chdir(tmp_path)
    return Reader(up, tmp_path)


def test_a_running_gateway_is_changed_as_the_tour_says(reader: Reader) -> None:
    """First: it begins with version 1."""
    assert follow("admin-tutorial.md", "shop.weir", reader) >= 16


def test_an_api_is_protected_with_a_key_as_the_page_says(reader: Reader) -> None:
    assert follow("protect-an-api.md", "orders.weir", reader) >= 16


def test_tokens_are_asked_for_and_accepted_as_the_page_says(reader: Reader) -> None:
    assert follow("oauth2.md", "orders.weir", reader) >= 12


def test_dots_stand_for_anything_in_a_line_and_alone_for_lines() -> None:
    assert re.fullmatch(pattern(["a … c", "…", "z"]), "a b c\nx\ny\nz\n")
    assert re.fullmatch(pattern(["…", "z"]), "z\n")
    assert not re.fullmatch(pattern(["a … c"]), "a b\nc\n")
