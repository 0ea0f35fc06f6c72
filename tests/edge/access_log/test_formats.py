"""Every format that the setting knows is there."""

from __future__ import annotations

import pytest

from edge.access_log.formats import FORMATS
from weir.settings.values import log_format


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_has_its_word_in_the_settings(name: str) -> None:
    assert log_format(name) == name
