"""docs/metrics.md is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from edge.agent.metrics_page import page
from edge.telemetry.families import FAMILIES

PAGE = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert page() == PAGE, "run make docs"


def test_every_metric_of_a_question_is_in_a_table() -> None:
    tables, _, questions = PAGE.partition("## Questions")
    for name in re.findall(r"\bweir_[a-z_]+", questions):
        assert f"`{re.sub('_(bucket|sum|count)$', '', name)}`" in tables, name


def test_every_family_is_there_once() -> None:
    for family in FAMILIES:
        assert PAGE.count(f"| `{family.name}` |") == 1
