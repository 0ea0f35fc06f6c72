"""The tutorial's steps are run as they stand, in their order, and say what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tutorial import Reader, follow, pattern
from tests.support.weir_up import WeirUp


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    monkeypatch.chdir(tmp_path)
    up = WeirUp(tmp_path / ".weir")
    try:
        yield Reader(up.ready(), tmp_path)
    finally:
        up.close()


def test_every_step_does_what_the_page_says(reader: Reader) -> None:
    assert follow("admin-tutorial.md", "shop.weir", reader) >= 16


def test_dots_stand_for_anything_in_a_line_and_alone_for_lines() -> None:
    assert re.fullmatch(pattern(["a … c", "…", "z"]), "a b c\nx\ny\nz\n")
    assert re.fullmatch(pattern(["…", "z"]), "z\n")
    assert not re.fullmatch(pattern(["a … c"]), "a b\nc\n")
