"""docs/settings.md says what the table says."""

from __future__ import annotations

from pathlib import Path

from weir.settings.page import page
from weir.settings.table import SETTINGS

ROOT = Path(__file__).parents[3]


def test_the_page_is_in_step_with_the_table():
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page(), (
        "write it again: python -m weir.settings.page > docs/settings.md"
    )


def test_every_setting_has_a_line():
    for setting in SETTINGS:
        assert f"`{setting.variable}`" in page()
