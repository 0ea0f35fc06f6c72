from __future__ import annotations

from pathlib import Path

import pytest

from scripts.api_command import Mistake
from scripts.drafts import draft_of
from weir.models.document import Document
from weir.rules.json_form import to_json
from weir.rules.parser import parse

TEXT = "rule r { when any; respond 200 }\n"


def test_text_is_taken_as_it_is_also_where_it_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "x.weir"
    file.write_text("rule {")
    assert draft_of(str(file)) == "rule {"


def test_the_json_form_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(to_json(parse(TEXT).document))
    assert draft_of(str(file)) == parse(TEXT).document
    assert isinstance(draft_of(str(file)), Document)


def test_a_json_form_that_is_none_is_said(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"definitions": 7}')
    with pytest.raises(Mistake, match=r"x\.json"):
        draft_of(str(file))
