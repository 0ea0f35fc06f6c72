"""`weir schema` prints what is also in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.verbs import schema

PAGE = Path(__file__).parents[3] / "docs" / "schema" / "document-1.json"


def test_the_schema_in_the_documentation_is_the_one_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.run([]) == 0
    assert capsys.readouterr().out == PAGE.read_text(encoding="utf-8")
