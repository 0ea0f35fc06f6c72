"""Keys and OAuth 2 step by step: both pages are followed on one gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tutorial import Reader, follow
from tests.support.weir_up import WeirUp

pytestmark = pytest.mark.xdist_group("protect-an-api")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeirUp]:
    up = WeirUp(tmp_path_factory.mktemp("protected") / ".weir")
    try:
        yield up.ready()
    finally:
        up.close()


@pytest.fixture
def reader(up: WeirUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.chdir(tmp_path)
    return Reader(up, tmp_path)


def test_an_api_is_protected_with_a_key_as_the_page_says(reader: Reader) -> None:
    assert follow("protect-an-api.md", "orders.weir", reader) >= 16


def test_tokens_are_asked_for_and_accepted_as_the_page_says(reader: Reader) -> None:
    assert follow("oauth2.md", "orders.weir", reader) >= 12
