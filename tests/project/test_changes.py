"""Fragments of the changelog are named so that a release can gather them."""

import re
from pathlib import Path

import pytest

from tests.support.tree import ROOT, tracked

FRAGMENTS = [path for path in tracked("changes/*") if path.name != "README.md"]


@pytest.mark.parametrize("path", FRAGMENTS, ids=str)
def test_a_fragment_says_its_kind_and_is_short(path: Path) -> None:
    assert re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed|removed|security)\.md", path.name)
    assert 0 < len((ROOT / path).read_text().split()) <= 100
